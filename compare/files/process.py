"""The parent's side: starts the child, waits, and tells a verdict from a crash, a loop, a raise or a print."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from ..common.words import printed_by_user
from .guard import NoAnswerError

ROOT = str(Path(__file__).resolve().parents[2])
START = (
    "import sys; root = sys.argv.pop(1); root in sys.path or sys.path.insert(0, root); "
    "from compare.files.child import main; main()"
)
KEPT = 20_000  # characters of the output of the user's code that are kept
TIMEOUT, MEMORY = 60.0, 4.0  # seconds and gigabytes that somebody's own file may take
GRACE = 5.0  # seconds beyond the time limit, in which the child says where it was
JUDGING = 3600.0  # seconds that judging may take beside: only a child that no longer answers takes so long


@dataclass(frozen=True)
class Outcome:
    """One file's answer: its report in plain form, the exit status, and what the file printed."""

    report: dict
    exit: int
    printed: str


def run(file, function=None, timeout=TIMEOUT, memory=MEMORY):
    """The Outcome of one file, judged in a child. timeout (seconds) and memory (GB) limit what its own code takes.

    Raises NoAnswerError, a UserError, where there is none: it raised, went beyond a limit, or ended before an answer;
    RuntimeError where the harness itself failed.
    """
    file = str(file)
    with tempfile.TemporaryDirectory(prefix="threeways-") as folder:
        answer, trace = Path(folder, "answer.json"), Path(folder, "trace")
        request = {
            "file": file,
            "function": function,
            "timeout": timeout,
            "memory": memory,
            "argv": sys.argv,
            "answer": str(answer),
            "trace": str(trace),
        }
        status, printed = _child(request, timeout + JUDGING)
        if not answer.exists():
            kind, said = no_answer(file, status, timeout, trace)
            raise NoAnswerError(kind, said + printed_by_user(printed))
        found = json.loads(answer.read_text(encoding="utf-8"))
    raise_failure(found, printed)
    return Outcome(found["report"], found["exit"], printed)


def raise_failure(found, printed=""):
    """Raise what a child's answer says went wrong: NoAnswerError for their code, RuntimeError for ours."""
    if "unusable" in found:
        raise NoAnswerError(found["kind"], found["unusable"] + printed_by_user(printed))
    if "bug" in found:
        error = RuntimeError(found["bug"])
        error.add_note(found["traceback"])
        raise error


def start(request, **pipes):
    """The child process, which leads a group of its own."""
    # A file written with jax is judged in float64, as everything else here.
    environment = {"JAX_ENABLE_X64": "1"} | os.environ | {"PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-P", "-c", START, ROOT, json.dumps(request)],
        env=environment | request.get("environment", {}),
        start_new_session=True,
        **pipes,
    )


def _child(request, seconds):
    """(exit status or None where it had to be ended, what it printed)."""
    child = start(request, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    printed = Printed(child.stdout)
    try:
        status = child.wait(seconds)
    except subprocess.TimeoutExpired:
        status = None
    finally:
        end(child)
        printed.close()
    return status, printed.text


class Printed:
    """What a stream says: read to the end, so that the child never waits for us; the beginning is kept."""

    def __init__(self, stream):
        self.stream, self.kept = stream, []
        self.reader = Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        size = 0
        while block := self.stream.read1(65536):
            if size < KEPT:
                self.kept.append(block[: KEPT - size])
                size += len(block)

    def close(self):
        """Wait for the end a moment: a process they left behind may still hold the other end."""
        self.reader.join(1.0)
        if not self.reader.is_alive():
            self.stream.close()

    @property
    def text(self):
        return b"".join(self.kept).decode("utf-8", "replace")


def end(child):
    """End the child and what it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    child.wait()


def no_answer(file, status, timeout, trace):
    """(kind, sentence): why a child that ended with `status` (None: it had to be ended) left no answer."""
    name = Path(file).name
    seen = trace.read_text(errors="replace") if trace.exists() else ""
    lines = re.findall(r'File "([^"]+)", line (\d+)', seen)
    own = next((line for where, line in lines if Path(where.split(", cell ")[0]).name == name), None)
    if status is None or seen:
        where = f" in {name}, line {own}" if own else f" ({name})"
        return "time", f"your code ran out of time after {timeout:g} s{where}; --timeout gives more"
    if status < 0:
        return "crashed", f"{name} ended with signal {signal.Signals(-status).name} before an answer"
    return "crashed", f"{name} ended with status {status} before an answer"
