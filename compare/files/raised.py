"""What a person's code raised, in their terms: one line, with the line of their own file."""

import os
import traceback
from pathlib import Path

HARNESS = str(Path(__file__).resolve().parents[1])


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


def words(error, where):
    """'your code raised ValueError: no (mine.py, line 7)'"""
    said = str(error).strip().splitlines()
    what = f": {said[0]}" if said and said[0] else ""
    if isinstance(error, SystemExit):
        return f"your code ended the program (sys.exit{what}) ({where})"
    if isinstance(error, SyntaxError):
        return f"your code is not Python: {error.msg} ({where})"
    return f"your code raised {type(error).__name__}{what} ({where})"
