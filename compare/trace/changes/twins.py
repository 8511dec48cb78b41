"""One mistake that stands in statements of one form: vert = i and horiz = j, both without their stride."""

import ast
import copy
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from ..lines.suspect import FORWARD, SILENT
from ..lines.vouching import Vouched
from .edits import edits
from .edits.slots import Edit, Slot, place_of
from .fix import Fix, fix_of
from .patching import edited
from .places import Place, holes
from .points import Point
from .search import Search

MOST = 6  # statements of one form
FILLED = 12  # edits that make the value of the first of them right
AGAIN = 1.0  # what the same change in further statements costs


@dataclass(frozen=True)
class _Twin:
    """A statement of the form of another.

    pairs: {id of a node of the other: the node that stands there here}.  names: {variable there: the one here}.
    """

    place: Place
    pairs: dict[int, ast.AST]
    names: dict[str, str]

    def same(self, edit: Edit, whole: Slot) -> Edit | None:
        """Return the edit of the other statement made here, or None where it has no place here."""
        if edit.slot.node is whole.node:
            slot = place_of(self.place.suspect.statement)
        else:
            parent = self.pairs.get(id(edit.slot.parent))
            if parent is None:
                return None
            held = getattr(parent, edit.slot.name)
            held = held if edit.slot.index is None else held[edit.slot.index]
            slot = Slot(parent, edit.slot.name, edit.slot.index, held, edit.slot.indexing)
        mine = {key: copy.deepcopy(node) for key, node in self.pairs.items()}
        new = copy.deepcopy(edit.new, dict(mine))
        kept = {id(n) for node in mine.values() for n in ast.walk(node)}
        for node in ast.walk(new):
            if isinstance(node, ast.Name) and id(node) not in kept:
                node.id = self.names.get(node.id, node.id)
        return Edit(edit.kind, slot, new, edit.tier)


def twins(state: Search, places: list[Place], here: Point, vouched: Vouched) -> list[Fix]:
    """Return the changes, one of each statement, that together make every array right; empty where there are none.

    All statements of one form are changed alike, or two of them.
    """
    whole = frozenset(state.truth)
    for place in sorted((p for p in places if _may_be_wrong(p)), key=lambda p: p.least):
        alike = [
            t for t in (_twin(place, other) for other in places if _may_be_wrong(other)) if t is not None
        ]
        if not alike or len(alike) >= MOST:
            continue
        groups = [alike] if len(alike) == 1 else [alike, *([t] for t in alike)]
        at = place_of(place.suspect.statement)
        found: list[list[Fix]] = []
        known = holes(place, vouched, here, state.visits, False)[0][:FILLED]
        for edit in (*known, *edits(at, place.scope, place.sizes)):
            for group in groups if edit.tier < 2 and not state.over() else ():
                made = [
                    (place, edit),
                    *((t.place, same) for t in group if (same := t.same(edit, at)) is not None),
                ]
                if len(made) > len(group) and _mend(state, made, here, whole):
                    found.append([fix_of(p.suspect, e, whole) for p, e in made])
        if found:
            return min(found, key=lambda fixes: (len(fixes), fixes[0].cost))
    return []


def _may_be_wrong(place: Place) -> bool:
    suspect = place.suspect
    counts = suspect.tier == SILENT and suspect.rank <= 1
    return counts or (suspect.tier < FORWARD and not suspect.sure and not suspect.right)


def _mend(state: Search, made: list[tuple[Place, Edit]], here: Point, whole: frozenset[str]) -> bool:
    place = made[0][0]
    with ExitStack() as stack:
        for _, edit in made:
            stack.enter_context(edit)
        with edited(place.tree, place.functions, place.suspect.statement.file) as done:
            state.tried += 1
            mended = done and here.right_arrays() >= whole
            others = state.others() if mended else []
            mended = bool(others) and all(point.right_arrays() >= whole for point in others)
            if state.kept is not None:
                state.kept.restore()
    return mended


def _twin(place: Place, other: Place) -> _Twin | None:
    """Return another statement as a twin of this one, None where it stands before it or has another form."""
    mine, its = place.suspect.statement, other.suspect.statement
    if place.tree is not other.tree or its.line <= mine.line or its.parent is not mine.parent:
        return None
    pairs: dict[int, ast.AST] = {}
    names: dict[str, str] = {}
    if mine.text == its.text or not _aligned(mine.node, its.node, pairs, names):
        return None
    return _Twin(other, pairs, names)


def _aligned(a: Any, b: Any, pairs: dict[int, ast.AST], names: dict[str, str]) -> bool:
    """Whether two trees differ in variables, attributes and constants only; note what stands where."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(_aligned(x, y, pairs, names) for x, y in zip(a, b, strict=True))
    if type(a) is not type(b):
        return False
    if not isinstance(a, ast.AST):
        return True
    if isinstance(a, (ast.expr, ast.stmt, ast.keyword)):
        pairs[id(a)] = b
    if isinstance(a, ast.Name):
        return names.setdefault(a.id, b.id) == b.id
    return all(_aligned(getattr(a, f, None), getattr(b, f, None), pairs, names) for f in a._fields)
