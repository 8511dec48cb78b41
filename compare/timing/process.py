"""The parent's side of a child process: its environment, its core, one question at a time."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

# The core comes first of all: XLA sizes its thread pool by the affinity it finds at import, OpenBLAS too.
BOOT = """
import os, sys
cores = [int(core) for core in sys.argv[1].split(",") if core]
if cores and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, cores)
from compare.timing.child import main
main(sys.argv[2])
"""
LOOK_S = 0.3  # how long the cores are watched, to find an idle one
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class ChildError(Exception):
    """The child ended or gave an error; the message is one line."""


def cores(threads):
    """The `threads` idlest cores this process may use, the last of equals (the first take more interrupts).

    None where the system has no affinity call.
    """
    if not hasattr(os, "sched_getaffinity"):
        return []
    allowed = os.sched_getaffinity(0)
    before = _busy_ticks()
    time.sleep(LOOK_S if len(allowed) > threads else 0)
    after = _busy_ticks()
    # A tenth of the time more or less is no difference.
    load = {core: round(10 * (after.get(core, 0) - before.get(core, 0)) / (100 * LOOK_S)) for core in allowed}
    return sorted(sorted(allowed, key=lambda core: (load[core], -core))[:threads])


def _busy_ticks():
    """{core: hundredths of a second it has worked}, from Linux's /proc/stat; empty elsewhere."""
    try:
        lines = Path("/proc/stat").read_text().splitlines()
    except OSError:
        return {}
    fields = {line.split()[0][3:]: line.split()[1:] for line in lines if line.startswith("cpu")}
    return {int(core): sum(map(int, f[:3] + f[5:8])) for core, f in fields.items() if core}


def available():
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def child_environment(threads, dtype, cache, device="cpu"):
    """The variables a child starts with: threads, precision and caches, all read by frameworks at import."""
    root = str(Path(__file__).resolve().parents[2])
    variables = dict.fromkeys(THREAD_VARIABLES, str(threads))
    variables |= {
        # glibc keeps freed memory for the next arrays, as manual.steps.keep_memory asks it to.
        "MALLOC_MMAP_THRESHOLD_": str(1 << 25),
        "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
        "PJRT_NPROC": str(threads),  # XLA ignores OMP_NUM_THREADS
        "TORCHINDUCTOR_COMPILE_THREADS": "1",
        "TORCHINDUCTOR_CACHE_DIR": str(Path(cache) / "torch"),
        "JAX_COMPILATION_CACHE_DIR": str(Path(cache) / "jax"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "JAX_ENABLE_X64": str(int(dtype == "float64")),
        "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH")))),
    }
    if device == "cpu":
        variables["JAX_PLATFORMS"] = "cpu"
    else:
        variables["XLA_PYTHON_CLIENT_PREALLOCATE"] = (
            "false"  # each child would take three quarters of the GPU
        )
    return os.environ | variables


class Child:
    """One contender in a process of its own. Use as a context manager: it is killed on the way out."""

    def __init__(self, folder, environment, on_cores, timeout_s=300):
        self.timeout_s = timeout_s
        self.log = open(Path(folder) / f"child-{id(self)}.log", "w+", encoding="utf-8")  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, "-c", BOOT, ",".join(map(str, on_cores)), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env=environment,
            text=True,
            start_new_session=True,  # so that Ctrl-C reaches only us, and one kill reaches its compilers too
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def ask(self, do, **arguments):
        """The answer to one request. Raises ChildError where the child fails, dies or takes too long."""
        watchdog = threading.Timer(self.timeout_s, self._end)
        watchdog.daemon = True
        watchdog.start()
        try:
            self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except (BrokenPipeError, ValueError):
            line = ""
        finally:
            watchdog.cancel()
        if not line:
            raise ChildError(f"its process ended during {do!r}: {self._last_words()}")
        answer = json.loads(line)
        if "error" in answer:
            raise ChildError(answer["error"])
        return answer

    def kill(self):
        """End the child and whatever it started, at once."""
        self._end()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            try:
                stream.close()
            except OSError:
                continue
        self.log.close()

    def _end(self):
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except (AttributeError, ProcessLookupError):
                self.process.kill()

    def _last_words(self):
        if self.process.wait() == -getattr(signal, "SIGKILL", 9):
            return f"killed, by us after {self.timeout_s:g} s or by the system for memory"
        self.log.seek(0)
        lines = [line for line in self.log.read().splitlines() if line.strip()]
        return lines[-1][:200] if lines else f"exit status {self.process.poll()}"
