"""The child process: loads a person's file and has it judged, leaving the answer as JSON in a file; or, where it
is judged outside (serving.py), calls it with the arrays it is sent.

Run by process.py. What the person's code does (raise, print, loop, end the process) happens here.
"""

import json
import os
import sys
import traceback
import warnings
from pathlib import Path

from ..common.errors import UserError
from .guard import GIGABYTE, Guard
from .raised import place, words


def main():
    """Read the request (JSON, the only argument), write the answer where it says."""
    request = json.loads(sys.argv[1])
    sys.argv = request["argv"]  # the command line that the report quotes
    with open(request["trace"], "w") as trace:
        memory = request["memory"] and int(request["memory"] * GIGABYTE)
        guard = Guard(request["timeout"], memory, trace, request["file"])
        if "answer" not in request:
            from .serving import serve

            return serve(request, guard)
        found = guarded(request["file"], lambda: _judged(request, guard))
    answer = Path(request["answer"])
    temporary = answer.with_suffix(".part")
    temporary.write_text(json.dumps(found, allow_nan=False), encoding="utf-8")
    os.replace(temporary, answer)


def guarded(file, work):
    """What `work()` gives, or why it gave nothing: {"unusable", "kind"} for their code, {"bug"} for ours."""
    try:
        return work()
    except UserError as error:
        return {"unusable": str(error), "kind": getattr(error, "kind", "unusable")}
    except BaseException as error:
        where = place(error, file)
        if where is None:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {error} ({frame.name}, line {frame.lineno})"
            return {"bug": text, "traceback": traceback.format_exc()}
        return {"unusable": words(error, where), "kind": "raised"}


def _judged(request, guard):
    from ..checks.gradients import check_gradients
    from ..common.results import plain
    from .loading import find, load

    with guard:
        module = load(request["file"])
        if not hasattr(module, "EXERCISE"):
            found = find(module, request["function"])
    if hasattr(module, "EXERCISE"):
        from ..teaching.exercise import judge

        judged = judge(module, guard.around)
        return {"report": plain(judged), "exit": judged.exit_code}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # it is called at other parameters than its own too
        report = check_gradients(guard.around(found.hand), found.params, found.x, found.y)
    result = plain(report)
    # The harness calls an adapter where a method takes (x, y) only: the person knows it by its own name.
    result["about"] |= {"file": request["file"], "function": found.name}
    return {"report": result, "exit": report.exit_code}
