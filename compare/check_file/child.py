"""The child process: loads a person's file, has it judged, and leaves the answer as JSON in a file.

Run by process.py. What the person's code does (raise, print, loop, end the process) happens here.
"""

import faulthandler
import json
import os
import sys
import traceback
import warnings
from pathlib import Path

from ..errors import UserError

HARNESS = str(Path(__file__).resolve().parents[1])


def main():
    """Read the request (JSON, the only argument), write the answer where it says."""
    request = json.loads(sys.argv[1])
    sys.argv = request["argv"]  # the command line that the report quotes
    answer = Path(request["answer"])
    with open(request["trace"], "w") as trace:
        faulthandler.dump_traceback_later(request["timeout"], exit=True, file=trace)
        found = _guarded(request)
        faulthandler.cancel_dump_traceback_later()
    temporary = answer.with_suffix(".part")
    temporary.write_text(json.dumps(found, allow_nan=False), encoding="utf-8")
    os.replace(temporary, answer)


def _guarded(request):
    try:
        return _judged(request)
    except UserError as error:
        return {"unusable": str(error)}
    except BaseException as error:
        where = place(error, request["file"])
        if where is None:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {error} ({frame.name}, line {frame.lineno})"
            return {"bug": text, "traceback": traceback.format_exc()}
        return {"unusable": _words(error, where)}


def _judged(request):
    from ..checking import check_gradients
    from ..results import plain
    from .loading import find, load

    found = find(load(request["file"]), request["function"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # it is called at other parameters than its own too
        report = check_gradients(found.hand, found.params, found.x, found.y)
    result = plain(report)
    # The harness calls an adapter where a method takes (x, y) only: the person knows it by its own name.
    result["about"] |= {"file": request["file"], "function": found.name}
    return {"report": result, "exit": report.exit_code}


def place(error, file):
    """'my_file.py, line 12': the deepest line of the person's own; None where no line of theirs took part."""
    if isinstance(error, SyntaxError) and not error.__traceback__.tb_next:
        return None
    if isinstance(error, SyntaxError) and error.filename and not error.filename.startswith(HARNESS):
        return f"{Path(error.filename).name}, line {error.lineno}"
    folder = str(Path(file).resolve().parent)
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if _is(f.filename, file) or _beside(f.filename, folder)]
    return f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else None


def _is(filename, file):
    """A cell of a notebook is '<path>, cell 3'."""
    return filename == file or filename.startswith(f"{file}, cell ") or filename == str(Path(file).resolve())


def _beside(filename, folder):
    return (
        filename.startswith(folder + os.sep)
        and "site-packages" not in filename
        and not filename.startswith(HARNESS)
    )


def _words(error, where):
    said = str(error).strip().splitlines()
    what = f": {said[0]}" if said and said[0] else ""
    if isinstance(error, SystemExit):
        return f"your code ended the program (sys.exit{what}) ({where})"
    if isinstance(error, SyntaxError):
        return f"your code is not Python: {error.msg} ({where})"
    return f"your code raised {type(error).__name__}{what} ({where})"
