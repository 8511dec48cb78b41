"""What another statement of the function computes, with this one's variables: dA as dB is computed."""

import ast
import copy
from collections.abc import Iterator
from typing import Any

from ....common.words import common_ends
from ...lines.names import stored_name
from ..edits.slots import Edit, Slot
from ..frames import value_in
from .parts import calls_users
from .right import Right

KIND = "as another line does"


def as_other_lines(
    root: Slot, names: dict[str, Any], statement: ast.stmt, function: ast.AST, right: Right
) -> Iterator[tuple[int, Edit]]:
    """Yield the values of other statements, their variables exchanged for those of this one, that are right."""
    target = stored_name(statement)
    own = {n.id for n in ast.walk(root.node) if isinstance(n, ast.Name)}
    seen = {ast.unparse(root.node)}
    for other in ast.walk(function):
        value = getattr(other, "value", None)
        if not isinstance(other, (ast.Assign, ast.AugAssign)) or other is statement or value is None:
            continue
        if isinstance(value, (ast.Name, ast.Constant)) or calls_users(value):
            continue
        for node in _exchanged(value, _pairs(stored_name(other), target), own, names):
            text = ast.unparse(node)
            if text not in seen:
                seen.add(text)
                if right(value_in(node, names)):
                    yield len(text), Edit(KIND, root, node)


def _pairs(other: str | None, target: str | None) -> tuple[str, str] | None:
    """Return in what two names differ: B and A in d_B and d_A."""
    if other is None or target is None or other == target:
        return None
    start, end = common_ends(other, target)
    return other[start : len(other) - end], target[start : len(target) - end]


def _cases(old: str, new: str) -> list[tuple[str, str]]:
    return [(old.lower(), new.lower()), (old.upper(), new.upper()), (old, new)]


def _exchanged(
    value: ast.expr, pair: tuple[str, str] | None, own: set[str], names: dict[str, Any]
) -> Iterator[ast.expr]:
    """Yield an expression with its variables exchanged: by the pair, then one more for one that stands here."""
    read = dict.fromkeys(n.id for n in ast.walk(value) if isinstance(n, ast.Name))
    mapping: dict[str, str] = {}
    for old, new in _cases(*pair) if pair is not None and pair[0] else ():
        mapping |= {n: n.replace(old, new) for n in read if old in n and n.replace(old, new) in names}
    if mapping:
        yield _renamed(value, mapping)
    for name in read.keys() - mapping.keys():
        for mine in sorted(own - read.keys()):
            yield _renamed(value, {**mapping, name: mine})


def _renamed(value: ast.expr, mapping: dict[str, str]) -> ast.expr:
    new = copy.deepcopy(value)
    for node in ast.walk(new):
        if isinstance(node, ast.Name):
            node.id = mapping.get(node.id, node.id)
    return new
