"""The parent's side of a child process: its environment, its core, one question at a time."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..common.child import Child, ChildError

# The core comes first of all: XLA sizes its thread pool by the affinity it finds at import, OpenBLAS too.
BOOT = """
import os
cores = [int(core) for core in sys.argv[1].split(",") if core]
if cores and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, cores)
from compare.timing.child import main
main(sys.argv[2])
"""
LOOK_S = 0.3  # how long the cores are watched, to find an idle one
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class FailedError(Exception):
    """A child ended or answered with an error; the message is one line."""


def cores(threads: int) -> list[int]:
    """Return the `threads` idlest cores this process may use, the last of equals (the first take more interrupts).

    Empty where the system has no affinity call.
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


def _busy_ticks() -> dict[int, int]:
    """Return {core: hundredths of a second it has worked}, from Linux's /proc/stat; empty elsewhere."""
    try:
        lines = Path("/proc/stat").read_text().splitlines()
    except OSError:
        return {}
    fields = {line.split()[0][3:]: line.split()[1:] for line in lines if line.startswith("cpu")}
    return {int(core): sum(map(int, f[:3] + f[5:8])) for core, f in fields.items() if core}


def child_environment(threads: int, dtype: str, cache: Path, device: str = "cpu") -> dict[str, str]:
    """Return the variables that a child gets besides those of this process; frameworks read them when imported."""
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
    }
    if device == "cpu":
        variables["JAX_PLATFORMS"] = "cpu"
    else:  # each child would take three quarters of the GPU
        variables["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    return variables


class TimedChild(Child):
    """One contender in a process of its own. Use it as a context manager: it is killed on the way out."""

    def __init__(
        self, folder: Path, environment: dict[str, str], on_cores: Sequence[int], timeout_s: float = 300
    ):
        self.timeout_s = timeout_s
        super().__init__(BOOT, ",".join(map(str, on_cores)), str(folder), environment=environment)

    def request(self, do: str, **arguments: Any) -> dict:
        """Return the answer to one request. Raises FailedError where the child fails, dies or takes too long."""
        try:
            answer = self.ask({"do": do, **arguments}, self.timeout_s)
        except ChildError as error:
            raise FailedError(f"its process ended during {do!r}: {self._why(error)}") from error
        if "error" in answer:
            raise FailedError(answer["error"])
        return answer

    def _why(self, error: ChildError) -> str:
        if error.late:
            return f"killed after {self.timeout_s:g} s"
        if error.status == -getattr(signal, "SIGKILL", 9):
            return "killed, probably by the system for want of memory"
        return self.last_words()
