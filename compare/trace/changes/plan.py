"""In which order edits are tried: the likeliest statements get all theirs before the others get any."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ..lines.suspect import FORWARD, SILENT
from .edits.slots import Edit, roots
from .likelihood import DROPPED, SLIP, is_slip, place_cost
from .places import Place

FEW, MORE = 4, 8  # statements that are looked at first, and next


class What(Enum):
    """What is tried in a turn, with what an edit of it costs at least.

    COMMON: slips.  SIMPLE, OTHER, RARE: other edits of the text.  FILLED, DEEP: edits that make a value right, of the
    whole and of its parts.  MISSING: statements behind others.
    """

    COMMON = ("common", DROPPED)
    SIMPLE = ("simple", SLIP + 1)
    OTHER = ("other", SLIP + 1)
    RARE = ("rare", SLIP + 3)
    FILLED = ("filled", SLIP + 1.4)
    DEEP = ("deep", SLIP + 2)
    MISSING = ("missing", SLIP + 5)

    @property
    def least(self) -> float:
        return self.value[1]


BY_TIER = {0: What.SIMPLE, 1: What.OTHER, 2: What.RARE}


@dataclass(frozen=True)
class Turn:
    """What is tried of one statement.  MISSING: of the function that it ends."""

    what: What
    place: Place

    @property
    def least(self) -> float:
        """What a change costs at least."""
        return self.what.least + (0.0 if self.what is What.MISSING else self.place.least)


def turn_of(edit: Edit) -> What:
    """Return in which turn an edit of the text is tried."""
    common = edit.tier == 0 and (is_slip(edit.kind) or edit.kind == "unused variable")
    return What.COMMON if common else BY_TIER[edit.tier]


def plan(places: list[Place], lacking: bool) -> Iterator[Turn]:
    """Yield the turns of a search.  lacking: whether entries of the gradient are zero that should not be."""
    likely = [p for p in places if not p.suspect.right and p.suspect.tier < FORWARD]
    likely.sort(key=lambda p: place_cost(p.suspect))
    others = [p for p in places if p not in likely]
    few, more = likely[:FEW], likely[FEW:]
    lines = [p.suspect.statement.line for p in few] or [0]
    silent = sorted(
        (p for p in others if p.suspect.tier == SILENT),
        key=lambda p: min(abs(p.suspect.statement.line - line) for line in lines),
    )
    others = [*silent, *(p for p in others if p.suspect.tier != SILENT)]
    idle = [p for p in silent if isinstance(p.suspect.statement.node, ast.Pass)]
    short = [p for p in silent[: FEW + MORE] if len(roots(p.suspect.statement.node)) <= 4 and p not in idle]
    ends = _ends(places)
    order: list[tuple[What, list[Place]]] = [
        (What.MISSING, ends if lacking and not idle else []),
        (What.COMMON, few),
        (What.FILLED, [*few, *idle]),
        (What.COMMON, [*more, *others]),
        (What.SIMPLE, [*few, *more, *others]),
        (What.FILLED, [*more[:MORE], *short]),
        (What.OTHER, few),
        (What.DEEP, few[:2]),
        (What.MISSING, ends if idle or not lacking else []),
        (What.DEEP, [*few[2:], *more[:4]]),
        (What.OTHER, more + others),
        (What.RARE, likely),
    ]
    for what, group in order:
        yield from (Turn(what, place) for place in group)


def _ends(places: list[Place]) -> list[Place]:
    """Return the last statement of each function that holds one of the backward pass."""
    last: dict[int, Place] = {}
    backward = {id(p.tree) for p in places if p.suspect.tier < FORWARD}
    for place in places:
        key, line = id(place.tree), place.suspect.statement.line
        if key in backward and (key not in last or line > last[key].suspect.statement.line):
            last[key] = place
    return list(last.values())
