"""Describe an exception of the user's code in one line, with the line of the user's file."""

import contextlib
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..common.errors import UserError
from ..common.words import visible
from .surroundings import Surroundings

UNANSWERED = 70  # exit status
HARNESS = str(Path(__file__).resolve().parents[1])


# What Python says of a call whose arguments do not fit.
CALLED = re.compile(r"([\w.<>]+)\(\) (?:missing|takes|got) ")
KINDS = ("raised", "time", "memory", "crashed", "unusable")


class NoAnswerError(UserError):
    """The user's code gave no answer. kind: one of KINDS."""

    def __init__(self, kind: str, message: str):
        super().__init__(message)
        self.kind = kind


def guarded(
    file: str, work: Callable[..., dict[str, Any]], *arguments: Any, around: Surroundings | None = None
) -> dict[str, Any]:
    """Return work(*arguments), or why it failed: {"unusable", "kind"} for the user's code, {"bug"} for the harness.

    around: what the code shares with the harness; where it was changed, that is why the harness failed.
    """
    deepest = sys.getrecursionlimit()
    try:
        return work(*arguments)
    except UserError as error:
        return {"unusable": visible(str(error), "\n"), "kind": getattr(error, "kind", "unusable")}
    except BaseException as error:
        sys.setrecursionlimit(deepest)  # the user's code may have lowered it
        changed = around.restored() if around else None
        where = place(error, file)
        if where is None and changed:
            said = f"your code changed {changed}, which the check needs as it was"
            return {"unusable": f"{said}: {words(error, Path(file).name)}", "kind": "raised"}
        if where is None and isinstance(error, MemoryError):
            return {
                "unusable": "there is not enough memory for the check: give smaller arrays",
                "kind": "memory",
            }
        if where is None and (called := CALLED.match(_message(error))) and _defines(file, called[1]):
            return {"unusable": visible(f"your code: {error} ({Path(file).name})"), "kind": "raised"}
        if where is None:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {error} ({frame.name}, line {frame.lineno})"
            return {"bug": text, "traceback": traceback.format_exc()}
        return {"unusable": visible(words(error, where)), "kind": "raised"}


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """End this process at once where it cannot even answer: the one that asked says how it ended."""
    try:
        yield
    except BaseException:
        os._exit(UNANSWERED)


@contextlib.contextmanager
def told(file: str) -> Iterator[None]:
    """Raise NoAnswerError, with the line, for what the user's code raises inside; what is not theirs goes on."""
    try:
        yield
    except (UserError, KeyboardInterrupt):
        raise
    except BaseException as error:
        where = place(error, file)
        if where is None:
            raise
        raise NoAnswerError("raised", words(error, where)) from error


def place(error: BaseException, file: str) -> str | None:
    """Return the deepest line of the user's own, 'my_file.py, line 12', or None where none took part."""
    if isinstance(error, SyntaxError) and error.__traceback__ and not error.__traceback__.tb_next:
        return None
    if isinstance(error, SyntaxError) and error.filename and not error.filename.startswith(HARNESS):
        return f"{Path(error.filename).name}, line {error.lineno}"
    folder = str(Path(file).resolve().parent)
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if _is(f.filename, file) or _near(f.filename, folder)]
    return f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else None


def _is(filename: str, file: str) -> bool:
    """A cell of a notebook is '<path>, cell 3'."""
    names = (file, str(Path(file)), str(Path(file).resolve()))
    return filename in names or any(filename.startswith(f"{name}, cell ") for name in names)


def _near(filename: str, folder: str) -> bool:
    inside = filename.startswith(folder + os.sep)
    return inside and "site-packages" not in filename and not filename.startswith(HARNESS)


def words(error: BaseException, where: str) -> str:
    """Return 'your code raised ValueError: no (mine.py, line 7)'."""
    lines = _message(error).strip().splitlines()
    what = f": {lines[0]}" if lines and lines[0] else ""
    if isinstance(error, SystemExit):
        return f"your code ended the program (sys.exit{what}) ({where})"
    if isinstance(error, SyntaxError):
        return f"your code is not Python: {error.msg} ({where})"
    return f"your code raised {type(error).__name__}{what} ({where})"


def _defines(file: str, name: str) -> bool:
    """Return whether a file has a function of this qualified name, which was called with other arguments."""
    text = Path(file).read_text(encoding="utf-8", errors="replace") if Path(file).is_file() else ""
    return re.search(rf"\b{re.escape(name.rpartition('.')[2])}\b", text) is not None


def _message(error: BaseException) -> str:
    """Return an exception's message; '' where making it raises."""
    try:
        return str(error)
    except Exception:
        return ""
