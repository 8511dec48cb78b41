"""What a user's code raised, in one line that names the line of the user's file."""

import contextlib
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..common.errors import UserError
from ..common.words import visible

HARNESS = str(Path(__file__).resolve().parents[1])


KINDS = ("raised", "time", "memory", "crashed", "unusable")


class NoAnswerError(UserError):
    """The user's code gave no answer. kind: one of KINDS."""

    def __init__(self, kind: str, message: str):
        super().__init__(message)
        self.kind = kind


def guarded(file: str, work: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """Return work(*arguments), or why it failed: {"unusable", "kind"} for the user's code, {"bug"} for the harness."""
    deepest = sys.getrecursionlimit()
    try:
        return work(*arguments)
    except UserError as error:
        return {"unusable": visible(str(error), "\n"), "kind": getattr(error, "kind", "unusable")}
    except BaseException as error:
        sys.setrecursionlimit(deepest)  # the user's code may have lowered it
        where = place(error, file)
        if where is None:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {error} ({frame.name}, line {frame.lineno})"
            return {"bug": text, "traceback": traceback.format_exc()}
        return {"unusable": visible(words(error, where)), "kind": "raised"}


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


def _message(error: BaseException) -> str:
    """Return an exception's message; '' where making it raises."""
    try:
        return str(error)
    except Exception:
        return ""
