"""A statement that is missing: one that adds a derivative of the loss to a variable, or scales the variable to one."""

import ast
import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...lines.source import Statement
from ...lines.vouching import Vouched
from ..edits.nodes import made
from ..edits.slots import Edit, place_of
from ..frames import value_in
from .combined import fits, pairs_of, singles
from .parts import ATOMS, Part, parts_at
from .right import equal

MISSING = "missing statement"


def missing_statements(
    statement: Statement, names: dict[str, Any], function: ast.AST, vouched: Vouched
) -> list[Edit]:
    """Return statements that add a derivative of the loss to what others in the function add to."""
    place = place_of(statement)
    parts = parts_at(function, names)
    shapes = {np.shape(v.array) for v in vouched.run.gradients.values()}
    found: list[tuple[int, Edit]] = []
    with np.errstate(all="ignore"):
        candidates = [*singles(parts), *pairs_of(parts, shapes)]
        derivatives = [p for p in candidates if vouched.known_as(np.asarray(p.value, np.float64))]
        for target in _targets(function, names)[:40]:
            value = value_in(ast.parse(ast.unparse(target), mode="eval").body, names)
            if not isinstance(value, (np.ndarray, float, np.floating)):
                continue
            stored = copy.deepcopy(target)
            for part in derivatives:
                if np.shape(value) == np.shape(part.value):
                    added = ast.AugAssign(stored, ast.Add(), made(part.node))
                    found.append((part.size, Edit(MISSING, place, added)))
                    assigned = ast.Assign([stored], made(part.node))
                    found.append((part.size + 1, Edit(MISSING, place, assigned)))
            for size, scaled in _scaled(stored, value, parts[:ATOMS], vouched):
                found.append((size, Edit(MISSING, place, scaled)))
    return [edit for _, edit in sorted(found, key=lambda pair: pair[0])]


def _targets(function: ast.AST, names: dict[str, Any]) -> list[Any]:
    """Return what the function stores into, reads by a key, or has in scope as an array."""
    targets: dict[str, Any] = {}
    for node in ast.walk(function):
        match node:
            case ast.AugAssign(target):
                targets.setdefault(ast.unparse(target), target)
            case ast.Assign([target]) if not isinstance(target, ast.Tuple):
                targets.setdefault(ast.unparse(target), target)
            case ast.Subscript(value, ast.Constant() as key):
                targets.setdefault(ast.unparse(node), ast.Subscript(value, key, ast.Store()))
    for name, value in names.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and not name.startswith("_"):
            targets.setdefault(name, ast.Name(name, ast.Store()))
    return list(targets.values())


def _scaled(stored: Any, value: Any, parts: list[Part], vouched: Vouched) -> Iterator[tuple[int, ast.stmt]]:
    """Yield what changes a value in place to a derivative of the loss: dscores /= N."""
    for part in parts:
        if not fits(np.shape(part.value), np.shape(value)) or np.asarray(part.value).dtype.kind == "b":
            continue
        for op, new in (
            (ast.Div(), np.true_divide(value, part.value)),
            (ast.Mult(), np.multiply(value, part.value)),
        ):
            if not equal(new, value, vouched.run.close) and vouched.known_as(np.asarray(new, np.float64)):
                yield part.size, ast.AugAssign(stored, op, made(part.node))
