"""In which order edits are tried: the likeliest first, by what is tried and by the statement it is tried in."""

import ast
from dataclasses import dataclass
from enum import Enum

from ..lines.suspect import FORWARD, SILENT, SOME
from .edits.slots import INSERTED, MISSING, Edit, roots
from .likelihood import (
    ADDED,
    CHARACTER,
    FIXED,
    ODD_TAKEN_OUT,
    SIGN_TAKEN_OUT,
    SLIP,
    STORING,
    is_slip,
    place_cost,
)
from .places import Place

SHORTEST = 6  # characters of a statement, x *= y


class What(Enum):
    """What is tried in a turn, with what an edit of it costs at least.

    COMMON: slips.  SIMPLE, OTHER, RARE: other edits of the text.  FILLED, DEEP: edits that make a value right, of the
    whole and of its parts.  MISSING: statements behind others.
    """

    COMMON = ("common", SLIP - SIGN_TAKEN_OUT, 0.0)
    SIMPLE = ("simple", SLIP + 1, 0.0)
    OTHER = ("other", SLIP + 1, 2.0)
    RARE = ("rare", SLIP + 3, 2.0)
    FILLED = ("filled", SLIP + 1.4, 0.0)
    DEEP = ("deep", SLIP + 2, 2.0)
    MISSING = ("missing", ADDED[INSERTED] + SHORTEST * CHARACTER, 0.0)

    @property
    def least(self) -> float:
        """What an edit costs at least."""
        return self.value[1]

    @property
    def delay(self) -> float:
        """By how much more costly an edit is taken for, since it takes longer to find."""
        return self.value[2]


OF_LOSS = 3.0
MANY = 2.0  # of a statement with several values to fill in
SLIPS_FIRST = 6.0
LACKING = 4.2  # of a missing statement, where entries are zero: behind the slips, which take no time
APART = 1.5  # by which these wait: one change here does not mend everything
BY_TIER = {0: What.SIMPLE, 1: What.OTHER, 2: What.RARE}


@dataclass(frozen=True)
class Turn:
    """What is tried of one statement.  MISSING: of the function that it ends."""

    what: What
    place: Place

    @property
    def least(self) -> float:
        """What a change costs at least, where it does not make use of an unused variable."""
        if self.what is What.MISSING:
            return self.what.least
        if isinstance(self.place.suspect.statement.node, ast.Pass):
            return FIXED[MISSING]
        least = self.place.least
        if self.what is What.COMMON and isinstance(self.place.suspect.statement.node, ast.AugAssign):
            least = min(least, *(place_cost(self.place.suspect, kind) for kind in STORING))
        return self.what.least + least

    @property
    def delay(self) -> float:
        """By how much more costly it is taken for: it takes longer, or most edits of it give another loss."""
        of_loss = self.place.suspect.tier == FORWARD and self.what is not What.COMMON
        many = self.what is What.FILLED and len(roots(self.place.suspect.statement.node)) > 2
        return self.what.delay + OF_LOSS * of_loss + MANY * many


def turn_of(edit: Edit) -> What:
    """Return in which turn an edit of the text is tried."""
    common = edit.tier == 0 and (is_slip(edit.kind) or edit.kind == "unused variable")
    return What.COMMON if common else BY_TIER[edit.tier]


def plan(places: list[Place], lacking: bool) -> list[Turn]:
    """Return the turns of a search, the likeliest first; what takes long waits a little.

    lacking: whether entries of the gradient are zero that should not be.
    """
    idle = [p for p in places if isinstance(p.suspect.statement.node, ast.Pass)]
    turns = [Turn(What.MISSING, place) for place in _ends(places)]
    for place in places:
        turns += [Turn(what, place) for what in _tried(place, idle)]
    early = What.MISSING if lacking and not idle else None

    def order(turn: Turn) -> float:
        if turn.what is early:
            return LACKING
        if turn.what is What.COMMON:  # soon tried, and of what looks right a slip is still the likeliest
            return min(turn.least, SLIPS_FIRST)
        waits = ODD_TAKEN_OUT * turn.place.odd + APART * (turn.place.suspect.tier == SOME)
        return turn.least + turn.delay + waits

    return sorted(turns, key=order)


def _tried(place: Place, idle: list[Place]) -> tuple[What, ...]:
    """Return what is tried of a statement: all where it computes what is wrong, little where the loss needs it."""
    if place in idle:
        return (What.FILLED,)
    if place.suspect.tier == FORWARD:
        return (What.COMMON, What.SIMPLE)
    if place.suspect.tier == SILENT or place.suspect.right:
        short = len(roots(place.suspect.statement.node)) <= 4
        return (What.COMMON, What.SIMPLE, *((What.FILLED,) if short else ()), What.OTHER)
    return (What.COMMON, What.SIMPLE, What.FILLED, What.OTHER, What.DEEP, What.RARE)


def _ends(places: list[Place]) -> list[Place]:
    """Return the last statement of each function that holds one of the backward pass."""
    last: dict[int, Place] = {}
    backward = {id(p.tree) for p in places if p.suspect.tier < FORWARD}
    for place in places:
        key, line = id(place.tree), place.suspect.statement.line
        if key in backward and (key not in last or line > last[key].suspect.statement.line):
            last[key] = place
    return list(last.values())
