"""Edits of a statement as a whole: = for +=, add.at for +=, another operation of an augmented assignment, nothing."""

import ast
import copy
from collections.abc import Iterator

from .nodes import attribute, called_name, read
from .operators import OPPOSITE
from .slots import Edit, Slot


def other_operation(statement: ast.stmt) -> Iterator[Edit]:
    """Exchange the operation of an augmented assignment: -= for +=."""
    if isinstance(statement, ast.AugAssign):
        for op in OPPOSITE.get(type(statement.op), ()):
            yield Edit("operator", Slot(statement, "op", None, statement.op), op())


def whole_statements(place: Slot) -> Iterator[Edit]:
    """Exchange = and +=, a[i] += v and np.add.at, or take the statement away."""
    node = place.node
    match node:
        case ast.Assign([ast.Name() | ast.Attribute() | ast.Subscript() as target], value):
            if isinstance(value, ast.Call) and called_name(value) in ("zeros", "zeros_like"):
                yield Edit("statement dropped", place, ast.Pass())
            else:
                yield Edit("+= for =", place, ast.AugAssign(target, ast.Add(), value))
                yield Edit("*= for =", place, ast.AugAssign(target, ast.Mult(), value), 1)
                yield Edit("-= for =", place, ast.AugAssign(target, ast.Sub(), value), 1)
        case ast.AugAssign(target, op, value):
            yield Edit("= for +=", place, ast.Assign([target], value))
            if isinstance(target, ast.Subscript) and isinstance(op, (ast.Add, ast.Sub)):
                at = attribute(attribute(read("np"), "add" if isinstance(op, ast.Add) else "subtract"), "at")
                call = ast.Call(at, [copy.copy(target.value), target.slice, value], [])
                yield Edit("add.at for +=", place, ast.Expr(call))
        case ast.Expr(ast.Call(args=[array, index, value]) as call) if called_name(call) == "at":
            added = ast.AugAssign(ast.Subscript(array, index, ast.Store()), ast.Add(), value)
            yield Edit("+= for add.at", place, added)
    if isinstance(node, (ast.AugAssign, ast.Expr, ast.Assign)):
        yield Edit("statement dropped", place, ast.Pass(), 1)
