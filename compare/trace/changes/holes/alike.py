"""What another statement of the function computes, with this one's variables: dA as dB is computed."""

import ast
import copy
from collections.abc import Iterator
from typing import Any

from ....common.words import common_ends
from ...lines.names import filled_name
from ..edits.slots import Edit, Slot
from ..frames import value_in
from .parts import calls_users
from .right import Right

KIND = "as another line does"


def as_other_lines(
    root: Slot, names: dict[str, Any], statement: ast.stmt, function: ast.AST, right: Right
) -> Iterator[tuple[int, Edit]]:
    """Yield the values of other statements, their variables exchanged for those of this one, that are right.

    What a statement adds to an entry in a loop is not known by itself: what its twin adds is tried all the same.
    """
    sums = isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Subscript)
    target = filled_name(statement)
    own = {n.id for n in ast.walk(root.node) if isinstance(n, ast.Name)}
    seen = {ast.unparse(root.node)}
    for other in ast.walk(function):
        value = getattr(other, "value", None)
        if not isinstance(other, (ast.Assign, ast.AugAssign)) or other is statement or value is None:
            continue
        if isinstance(value, (ast.Name, ast.Constant)) or calls_users(value):
            continue
        indices = _indices(other, statement)
        for node, alike in _exchanged(value, _pairs(filled_name(other), target), indices, own, names):
            text = ast.unparse(node)
            if text not in seen:
                seen.add(text)
                if (alike and sums) or right(value_in(node, names)):
                    yield 0 if alike else len(text), Edit(KIND, root, node)


def _pairs(other: str | None, target: str | None) -> tuple[str, str] | None:
    """Return in what two names differ: B and A in d_B and d_A."""
    if other is None or target is None or other == target:
        return None
    start, end = common_ends(other, target)
    return other[start : len(other) - end], target[start : len(target) - end]


def _cases(old: str, new: str) -> list[tuple[str, str]]:
    return [(old.lower(), new.lower()), (old.upper(), new.upper()), (old, new)]


def _indices(other: ast.stmt, own: ast.stmt) -> dict[str, str]:
    """Return {index: index} where two statements store entries by other variables: gQ[i] and gP[u]."""
    read = []
    for node in (other, own):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        inside = ast.walk(target.slice) if isinstance(target, ast.Subscript) else ()
        read.append([n.id for n in inside if isinstance(n, ast.Name)])
    theirs, mine = read
    return {o: m for o, m in zip(theirs, mine, strict=True) if o != m} if len(theirs) == len(mine) else {}


def _exchanged(
    value: ast.expr,
    pair: tuple[str, str] | None,
    indices: dict[str, str],
    own: set[str],
    names: dict[str, Any],
) -> Iterator[tuple[ast.expr, bool]]:
    """Yield an expression with its variables exchanged: by the pair, then one more for one that stands here.

    Beside it whether the targets alone tell which.

    Where one takes the place of another, gP[u] of Q[i], the other takes its own.
    """
    read = dict.fromkeys(n.id for n in ast.walk(value) if isinstance(n, ast.Name))
    mapping = {o: m for o, m in indices.items() if o in read}
    for old, new in _cases(*pair) if pair is not None and pair[0] else ():
        mapping |= {n: n.replace(old, new) for n in read if old in n and n.replace(old, new) in names}
    if mapping:
        yield _renamed(value, mapping), True
        turned = {new: old for old, new in mapping.items() if new in read and new not in mapping}
        if turned:
            yield _renamed(value, mapping | turned), True
    for name in read.keys() - mapping.keys():
        for mine in sorted(own - read.keys()):
            yield _renamed(value, {**mapping, name: mine}), False


def _renamed(value: ast.expr, mapping: dict[str, str]) -> ast.expr:
    new = copy.deepcopy(value)
    for node in ast.walk(new):
        if isinstance(node, ast.Name):
            node.id = mapping.get(node.id, node.id)
    return new
