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

from ..errors import UserError

ROOT = str(Path(__file__).resolve().parents[2])
START = (
    "import sys; root = sys.argv.pop(1); root in sys.path or sys.path.insert(0, root); "
    "from compare.check_file.child import main; main()"
)
KEPT, LINES = 20_000, 6  # characters of their output that are kept, lines that are shown
GRACE = 5.0  # seconds beyond the time limit, in which the child says where it was


@dataclass(frozen=True)
class Outcome:
    """One file's answer: its report in plain form, the exit status, and what the file printed."""

    report: dict
    exit: int
    printed: str


def run(file, function=None, timeout=60.0):
    """The Outcome of one file, judged in a child. Raises UserError where there is none: it raised, ran out of
    time (seconds), or ended before an answer; RuntimeError where the harness itself failed."""
    file = str(file)
    with tempfile.TemporaryDirectory(prefix="threeways-") as folder:
        answer, trace = Path(folder, "answer.json"), Path(folder, "trace")
        request = {
            "file": file,
            "function": function,
            "timeout": timeout,
            "argv": sys.argv,
            "answer": str(answer),
            "trace": str(trace),
        }
        status, printed = _child(request, timeout)
        if not answer.exists():
            raise UserError(_no_answer(file, status, timeout, trace) + shown(printed))
        found = json.loads(answer.read_text(encoding="utf-8"))
    if "unusable" in found:
        raise UserError(found["unusable"] + shown(printed))
    if "bug" in found:
        error = RuntimeError(found["bug"])
        error.add_note(found["traceback"])
        raise error
    return Outcome(found["report"], found["exit"], printed)


def shown(printed):
    """What their code printed, shortened, as a paragraph; '' where it printed nothing."""
    # The check calls it many times: what it says again and again is shown once.
    lines = list(dict.fromkeys(line[:98] for line in printed.splitlines() if line.strip()))
    if not lines:
        return ""
    more = [f"... and {len(lines) - LINES} lines more"] if len(lines) > LINES else []
    return "\n\nYour code printed:\n" + "\n".join(f"  {line}" for line in lines[:LINES] + more)


def _child(request, timeout):
    """(exit status or None where it had to be ended, what it printed)."""
    # A file written with jax is judged in float64, as everything else here.
    environment = {"JAX_ENABLE_X64": "1"} | os.environ | {"PYTHONUNBUFFERED": "1"}
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", START, ROOT, json.dumps(request)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )
    printed = []
    reader = Thread(target=_read, args=(child.stdout, printed), daemon=True)
    reader.start()
    try:
        status = child.wait(timeout + GRACE)
    except subprocess.TimeoutExpired:
        status = None
    finally:
        _end(child)
        reader.join(1.0)
        if not reader.is_alive():  # else a process they left behind still holds the other end
            child.stdout.close()
    return status, b"".join(printed).decode("utf-8", "replace")


def _read(stream, kept):
    """Read to the end, so that the child never waits for us; keep the beginning."""
    size = 0
    while block := stream.read1(65536):
        if size < KEPT:
            kept.append(block[: KEPT - size])
            size += len(block)


def _end(child):
    """End the child and what it started: it leads a group of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    child.wait()


def _no_answer(file, status, timeout, trace):
    name = Path(file).name
    seen = trace.read_text(errors="replace") if trace.exists() else ""
    lines = re.findall(r'File "([^"]+)", line (\d+)', seen)
    own = next((line for where, line in lines if Path(where.split(", cell ")[0]).name == name), None)
    if status is None or seen:
        where = f" in {name}, line {own}" if own else f" ({name})"
        return f"your code ran out of time after {timeout:g} s{where}; --timeout gives more"
    if status < 0:
        return f"{name} ended with signal {signal.Signals(-status).name} before an answer"
    return f"{name} ended with status {status} before an answer"
