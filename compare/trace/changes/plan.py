"""In which order edits are tried: the likeliest first, by what is tried and by the statement it is tried in."""

import ast
from dataclasses import dataclass
from enum import Enum
from math import log2

from ..lines.suspect import FORWARD, SILENT, SOME
from ..recording.tape import Tape
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
    """What is tried in a turn, with what an edit of it costs at least, in how many runs, and in what time beside them.

    COMMON: slips.  VARIABLE: another variable.  SIMPLE, OTHER, RARE: other edits of the text.  FILLED, DEEP: edits
    that make a value right, of the whole and of its parts.  MISSING: statements behind others.
    """

    COMMON = ("common", SLIP - SIGN_TAKEN_OUT, 23, 0.004)
    VARIABLE = ("variable", FIXED["another variable"], 8, 0.002)
    SIMPLE = ("simple", SLIP + 1, 75, 0.01)
    OTHER = ("other", SLIP + 1, 145, 0.02)
    RARE = ("rare", SLIP + 3, 160, 0.025)
    FILLED = ("filled", SLIP + 1.4, 22, 0.06)
    DEEP = ("deep", SLIP + 2, 20, 0.1)
    MISSING = ("missing", ADDED[INSERTED] + SHORTEST * CHARACTER, 95, 0.08)

    @property
    def least(self) -> float:
        """What an edit costs at least."""
        return self.value[1]

    def waits(self, run: float) -> float:
        """Return by how much more costly an edit is taken for than a slip, since it takes longer to find: a unit for
        twice the time.  run: CPU seconds of a run."""
        return log2(self._takes(run) / What.COMMON._takes(run))

    def _takes(self, run: float) -> float:
        """Return the CPU seconds of a turn: the mean of those in the functions of the bench of lines."""
        _, _, runs, beside = self.value
        return runs * run + beside


OF_LOSS = 3.0
MANY = 2.0  # of a statement with several values to fill in
QUICKEST = 1e-4  # CPU seconds of a run with an edit
# CPU seconds of an operation that gives an array or a number, and of an entry of its result.
OF_ARRAY, OF_NUMBER, OF_ENTRY = 1e-6, 1e-7, 2e-9
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

    def waits(self, run: float) -> float:
        """Return by how much more costly it is taken for: it takes longer, or most edits of it give another loss."""
        of_loss = self.place.suspect.tier == FORWARD and self.what not in (What.COMMON, What.VARIABLE)
        many = self.what is What.FILLED and len(roots(self.place.suspect.statement.node)) > 2
        apart = ODD_TAKEN_OUT * self.place.odd + APART * (self.place.suspect.tier == SOME)
        return self.what.waits(run) + OF_LOSS * of_loss + MANY * many + apart


def turn_of(edit: Edit) -> What:
    """Return in which turn an edit of the text is tried."""
    common = edit.tier == 0 and (is_slip(edit.kind) or edit.kind == "unused variable")
    if edit.tier == 0 and edit.kind == "another variable":
        return What.VARIABLE
    return What.COMMON if common else BY_TIER[edit.tier]


def seconds_of(tape: Tape) -> float:
    """Return about how many CPU seconds a recorded run takes: a clock would give another order each time."""
    sizes = [sum(w.array.size for w in operation.writes) for operation in tape.operations]
    return max(QUICKEST, sum(OF_ARRAY if size > 1 else OF_NUMBER for size in sizes) + OF_ENTRY * sum(sizes))


def plan(places: list[Place], lacking: bool, run: float) -> list[Turn]:
    """Return the turns of a search: first what is likely and takes little time.

    lacking: whether entries of the gradient are zero that should not be.  run: CPU seconds of a run.
    """
    idle = [p for p in places if isinstance(p.suspect.statement.node, ast.Pass)]
    turns = [Turn(What.MISSING, place) for place in _ends(places)]
    for place in places:
        turns += [Turn(what, place) for what in _tried(place, idle)]
    early = What.MISSING if lacking and not idle else None

    def order(turn: Turn) -> float:
        if turn.what is early:
            return LACKING
        return turn.least + turn.waits(run)

    return sorted(turns, key=order)


def _tried(place: Place, idle: list[Place]) -> tuple[What, ...]:
    """Return what is tried of a statement: all where it computes what is wrong, little where the loss needs it."""
    if place in idle:
        return (What.FILLED,)
    if place.suspect.tier == FORWARD:
        return (What.COMMON, What.VARIABLE, What.SIMPLE)
    if place.suspect.tier == SILENT or place.suspect.right:
        short = len(roots(place.suspect.statement.node)) <= 4
        return (What.COMMON, What.VARIABLE, What.SIMPLE, *((What.FILLED,) if short else ()), What.OTHER)
    return (What.COMMON, What.VARIABLE, What.SIMPLE, What.FILLED, What.OTHER, What.DEEP, What.RARE)


def _ends(places: list[Place]) -> list[Place]:
    """Return the last statement of each function that holds one of the backward pass."""
    last: dict[int, Place] = {}
    backward = {id(p.tree) for p in places if p.suspect.tier < FORWARD}
    for place in places:
        key, line = id(place.tree), place.suspect.statement.line
        if key in backward and (key not in last or line > last[key].suspect.statement.line):
            last[key] = place
    return list(last.values())
