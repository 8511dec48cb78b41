"""Load the cases of benchmarks/wild: mistakes that people made in public, and right code that was called wrong.

A case is a folder:

    case.toml    source, date, code and mistake in words, cause, the line, what is true; see Case
    right.py     the code in its author's form, in other words and values
    wrong.py     the same with the mistake; absent where right code was accused
    truth.py     how to call the file, where case.toml cannot say it; see normal.py
"""

import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....common.errors import UserError
from ....common.results import regular
from ....common.shapes import check

FOLDER = Path(__file__).resolve().parents[4] / "benchmarks" / "wild"
HELD_OUT = 3  # one case in so many is not looked at while the checker is improved
HOW = ("file", "operation", "step")


@dataclass(frozen=True)
class Case:
    """One case, as its case.toml says.

    source: an address or a title.  code: the kind of code.  mistake: the kind of mistake.  cause: what the thread
    arrived at, or why the code was accused.  true: what is true, in words.  ids: ids of the catalogue that explain it.
    lines: the texts of the wrong lines of wrong.py; naming any of them is right.  array, off: the array that is
    farthest off, and by how much: the norm of the difference over that of the right gradient.
    how: "file" (threeways check FILE[:target]), "operation" (--operation), or "step" (check_step with `rule`).
    """

    name: str
    folder: Path
    source: str
    date: str
    code: str
    mistake: str
    cause: str
    true: str
    ids: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    array: str = ""
    off: float = 0.0
    how: str = "file"
    target: str | None = None
    call: dict[str, Any] = field(default_factory=dict)
    rule: dict[str, Any] | None = None

    @property
    def accused(self) -> bool:
        """Return whether this is right code that was called wrong."""
        return not self.lines

    @property
    def held_out(self) -> bool:
        """Return whether the case belongs to the third that is not looked at."""
        return hashlib.sha256(self.name.encode()).digest()[0] % HELD_OUT == 0

    @property
    def right(self) -> Path:
        """The right file."""
        return self.folder / "right.py"

    @property
    def wrong(self) -> Path:
        """The file with the mistake."""
        return self.folder / "wrong.py"

    def planted(self) -> list[int]:
        """Return the numbers of the wrong lines."""
        text = [
            line.strip() for line in self.wrong.read_text(encoding="utf-8", errors="replace").splitlines()
        ]
        return [number for number, line in enumerate(text, start=1) if line in self.lines]


def cases(folder: Path | None = None) -> list[Case]:
    """Return the cases of a folder, sorted by name; of the checkout's own where none is given.

    Raises UserError where there is none, or where a case cannot be used.
    """
    folder = folder or FOLDER
    found = sorted(folder.glob("*/case.toml"))
    if not found:
        raise UserError(
            f"no cases in {folder}: run this in a clone, where they are in benchmarks/wild, or give --wild-cases DIR"
        )
    return [_case(path) for path in found]


def _case(path: Path) -> Case:
    try:
        said = tomllib.loads(regular(path).read_text(encoding="utf-8"))
        check(said, Case)
        for name in ("ids", "lines"):
            said[name] = tuple(said.get(name, ()))
        case = Case(name=path.parent.name, folder=path.parent, **said)
    except (OSError, TypeError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: {error}") from None
    if case.how not in HOW:
        raise UserError(f"{path}: how is {case.how!r}, not one of {', '.join(HOW)}")
    if not case.right.is_file() or case.accused == case.wrong.is_file():
        raise UserError(
            f"{path}: right.py is needed, and wrong.py where case.toml names lines, and only there"
        )
    if not case.accused and not case.planted():
        raise UserError(f"{path}: wrong.py has none of its lines")
    return case
