"""Fill a hole in a statement: where its right value is known, expressions are tried on the values it had there.

The user's function is run to the statement and stopped; what stands in scope there, and simple expressions of it, are
put into each place of the statement in turn. No run is spent on what does not give a derivative of the loss.
"""

import ast
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ....common.arrays import Array
from ...lines.source import Statement
from ...lines.vouching import Vouched
from ..edits import edits
from ..edits.scope import Scope
from ..edits.slots import Edit, Slot, place_of, roots
from ..frames import value_in
from .alike import KIND as ALIKE
from .alike import as_other_lines
from .expressions import filled, multiples
from .missing import in_place
from .parts import LARGEST, calls_users, parts_at
from .right import Right, total_of

MEANT, COUNTED = 1_000, 500  # by so much shorter or longer an edit is taken for


def fillings(
    names: dict[str, Any],
    statement: Statement,
    function: ast.AST,
    scope: Scope,
    vouched: Vouched,
    sizes: dict[str, Any],
    deep: bool,
    local: bool = False,
    meant: Sequence[Array] = (),
) -> list[Edit]:
    """Return the edits that give the statement a value that is a derivative of the loss, the shortest first.

    deep: False: the edits of the statement, and expressions for all of its value; True: expressions for its parts.
    local: whether the value may be the derivative of a forward value by another.  meant: the derivatives by what the
    statement names its value after; what gives one of them comes first of all.
    """
    found: list[tuple[int, Edit]] = []
    if isinstance(statement.node, ast.Pass):
        return [] if deep else in_place(statement, names, function, scope, vouched)
    with np.errstate(all="ignore"):
        for root in roots(statement.node):
            now = value_in(root.node, names)
            if isinstance(now, np.ndarray) and (now.size > LARGEST or (now.ndim and now.dtype.kind != "f")):
                continue  # too large, or indices and truths
            right = Right(vouched, now, total_of(statement.node, names), local, meant)
            if not deep:
                found += _ranked(_edited(root, statement, scope, sizes, names, right), right)
            parts = parts_at(function, names, statement.node)
            found += _ranked(filled(root, names, parts, right, deep, scope.helpers), right)
            if not deep:
                found += _ranked(multiples(root, names, parts, right, scope), right)
                found += _ranked(as_other_lines(root, names, statement.node, function, right), right)
            if meant and not deep:
                right.strict = True  # it is known what is to come out: parts of the value are tried at once
                found += _ranked(filled(root, names, parts, right, True, scope.helpers), right)
    distinct: dict[tuple[int, str, Any, str], Edit] = {}
    for _, edit in sorted(found, key=lambda pair: pair[0]):
        slot = edit.slot
        distinct.setdefault((id(slot.parent), slot.name, slot.index, ast.unparse(edit.new)), edit)
    return [*distinct.values()]


def _ranked(edits: Iterator[tuple[int, Edit]], right: Right) -> Iterator[tuple[int, Edit]]:
    """Let those come first whose value is what the statement names it after, and last those that lack a count."""
    right.meant_one = right.counted = False
    for size, edit in edits:
        yield size - MEANT * right.meant_one + COUNTED * right.counted, edit
        right.meant_one = right.counted = False


def _edited(
    root: Slot,
    statement: Statement,
    scope: Scope,
    sizes: dict[str, Any],
    names: dict[str, Any],
    right: Right,
) -> Iterator[tuple[int, Edit]]:
    """Try the edits of the statement on the root's value."""
    inside = {id(n) for n in ast.walk(root.node)} | {id(root.parent)}
    for edit in edits(place_of(statement), scope, sizes):
        if id(edit.slot.parent) not in inside or edit.slot.node is statement.node:
            continue
        whole = (
            edit.slot.parent is root.parent and edit.slot.name == root.name and edit.slot.index == root.index
        )
        with edit:
            node = edit.new if whole else root.node
            taken_over = edit.kind.startswith("missing") or edit.kind == ALIKE
            if taken_over and isinstance(edit.new, ast.expr) and calls_users(edit.new):
                continue
            value = value_in(node, names)
        if value is not None and right(value):
            yield edit.tier, edit
