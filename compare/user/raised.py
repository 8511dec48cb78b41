"""Exceptions of the user's code, in one line."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..common.errors import UserError

PYTHON = str(Path(traceback.__file__).parent)
HERE = str(Path(__file__).parent.parent)


@contextmanager
def reported(what: str) -> Iterator[None]:
    """Turn an exception inside the block into a UserError: '`what` raised ...', with the user's file and line."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{what} raised {in_a_line(error)}{_where(error)}") from error


def in_a_line(error: BaseException) -> str:
    """Return 'ValueError: the first line of its message', 'ValueError' where it has none."""
    try:
        lines = str(error).splitlines()
    except Exception:  # what makes the message raises
        lines = []
    return f"{type(error).__name__}: {lines[0]}" if lines and lines[0] else type(error).__name__


def _where(error: BaseException) -> str:
    """Return ' (my_file.py, line 12)', the deepest line of the user's own code, or ''."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(HERE)]
    inside = ("<", PYTHON)  # what was generated, and Python's own library
    own = [f for f in frames if "site-packages" not in f.filename and not f.filename.startswith(inside)]
    frames = own or [f for f in frames if f.filename.startswith("<")]
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
