"""What is said of a mistake: its line, an entry of its value, a change that was run."""

from dataclasses import dataclass
from typing import Any

from .changes.fix import Fix
from .lines.source import Statement


@dataclass(frozen=True)
class Evidence:
    """One entry of the statement's value, as it is and as it should be.

    target: the name the statement gives it.  loop: the variables of the loops around it, where it first was off.
    """

    target: str
    index: tuple[int, ...]
    yours: float
    right: float
    loop: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Located:
    """A line that is wrong.

    statements: the line, or where the evidence leaves several the candidates.  fix: an edit that was run, or None.
    others: further edits that fit equally.  arrays: those that are right with it.  beside: where the other of two
    mistakes is, if no change was found for both.  candidates: the statements where the edit mends no array.
    said: what is wrong with the line, where it is no matter of its value.
    """

    statements: tuple[Statement, ...]
    arrays: tuple[str, ...]
    fix: Fix | None = None
    others: tuple[Fix, ...] = ()
    evidence: Evidence | None = None
    candidates: tuple[Statement, ...] = ()
    beside: tuple[Statement, ...] = ()
    said: str | None = None
