"""Edits of a statement as a whole: = for +=, add.at for +=, another operation of an augmented assignment, all entries
but the first, nothing.
"""

import ast
import copy
from collections.abc import Iterator
from typing import Any

from .nodes import attribute, called_name, read
from .operators import OPPOSITE
from .scope import Scope
from .slots import Edit, Slot

# Another way to store the same value.
STORING: dict[tuple[type, type], str] = {
    (ast.Add, ast.Sub): "-= for +=",
    (ast.Sub, ast.Add): "+= for -=",
}


def other_operation(statement: ast.stmt) -> Iterator[Edit]:
    """Exchange the operation of an augmented assignment: -= for +=."""
    if isinstance(statement, ast.AugAssign):
        for op in OPPOSITE.get(type(statement.op), ()):
            turned = STORING.get((type(statement.op), op), "operator")
            yield Edit(turned, Slot(statement, "op", None, statement.op), op())


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
        case ast.Expr(ast.Call(args=[array, index, value, *axes]) as call) if (
            called_name(call) == "put_along_axis"
        ):
            yield from _added_along(place, array, index, value, _axis(call, axes))
        case ast.Expr(
            ast.Compare(ast.Name() | ast.Attribute() | ast.Subscript() as left, [ast.Eq()], [value])
        ):
            yield Edit("= for ==", place, ast.Assign([_to_store(left)], value))
        case ast.Expr(ast.BinOp(ast.Name() | ast.Attribute() | ast.Subscript() as left, op, value)):
            yield Edit("+= for +", place, ast.AugAssign(_to_store(left), op, value))
        case ast.Break():
            yield Edit("continue for break", place, ast.Continue())
        case ast.Continue():
            yield Edit("break for continue", place, ast.Break())
    if isinstance(node, (ast.AugAssign, ast.Expr, ast.Assign)):
        yield Edit("statement dropped", place, ast.Pass(), 1)


def _to_store(node: ast.Name | ast.Attribute | ast.Subscript) -> Any:
    """Return a copy of what is read as what is stored in."""
    made = copy.deepcopy(node)
    made.ctx = ast.Store()
    return made


def _axis(call: ast.Call, rest: list[ast.expr]) -> str:
    """Return the axis of a call, as it stands there."""
    named = [k.value for k in call.keywords if k.arg == "axis"]
    return "".join(ast.unparse(each) for each in (*rest, *named)[:1])


def _added_along(place: Slot, array: ast.expr, index: ast.expr, value: ast.expr, axis: str) -> Iterator[Edit]:
    """Add along an axis of a matrix what is stored along it: of entries with one index the last alone stays."""
    texts = [ast.unparse(each) for each in (array, index, value)]
    rows, columns = (f"np.arange({texts[0]}.shape[{k}])" for k in (0, 1))
    where = {"1": f"({rows}[:, None], {texts[1]})", "0": f"({texts[1]}, {columns})"}
    where["-1"] = where["1"]
    if axis in where:
        new = ast.parse(f"np.add.at({texts[0]}, {where[axis]}, {texts[2]})").body[0]
        yield Edit("add.at for put_along_axis", place, new)


def as_other_branch(place: Slot) -> Iterator[Edit]:
    """Multiply what one branch of a condition stores by what the other does: 0.01 * g where that is g."""
    node, around = place.node, place.parent
    if not isinstance(around, ast.If) or not isinstance(node, (ast.Assign, ast.AugAssign)):
        return
    for other in around.orelse if place.name == "body" else around.body:
        if type(other) is type(node) and ast.unparse(_stored(other)) == ast.unparse(_stored(node)):
            product = ast.BinOp(node.value, ast.Mult(), copy.deepcopy(other.value))
            yield Edit("as its siblings", Slot(node, "value", None, node.value), product)


def indices_exchanged(place: Slot) -> Iterator[Edit]:
    """Exchange the index in which a statement stores with one that it reads: d[i[k]] += g[k] for d[k] += g[i[k]]."""
    node = place.node
    if not isinstance(node, (ast.Assign, ast.AugAssign)):
        return
    for number, there in enumerate(_subscripts(node.value)):
        target = _stored(node)
        if isinstance(target, ast.Subscript) and ast.unparse(there.slice) != ast.unparse(target.slice):
            new = copy.deepcopy(node)
            here, other = _stored(new), _subscripts(new.value)[number]
            here.slice, other.slice = other.slice, here.slice  # type: ignore[attr-defined]
            yield Edit("swapped", place, new)


def _stored(node: ast.Assign | ast.AugAssign) -> ast.expr:
    return node.target if isinstance(node, ast.AugAssign) else node.targets[0]


def _subscripts(node: ast.AST) -> list[ast.Subscript]:
    return [n for n in ast.walk(node) if isinstance(n, ast.Subscript)]


def conditions(statement: ast.stmt, scope: Scope) -> Iterator[Edit]:
    """Ask for the opposite, for one thing less, or for one more that another condition of the function asks for."""
    if not isinstance(statement, (ast.If, ast.While)):
        return
    test = statement.test
    slot = Slot(statement, "test", None, test)
    parts = test.values if isinstance(test, ast.BoolOp) else [test]
    if not isinstance(test, (ast.Compare, ast.UnaryOp)):
        yield Edit("negation", slot, ast.UnaryOp(ast.Not(), test))
    for part in parts if len(parts) > 1 else ():
        left = [copy.copy(p) for p in parts if p is not part]
        yield Edit("dropped", slot, left[0] if len(left) == 1 else ast.BoolOp(test.op, left))  # type: ignore[attr-defined]
    asked = {ast.unparse(p) for p in parts}
    for other in scope.conditions:
        if ast.unparse(other) not in asked and not (
            isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or)
        ):
            yield Edit("missing condition", slot, ast.BoolOp(ast.And(), [copy.deepcopy(other), *parts]))


def all_but_the_first(place: Slot, sizes: dict[str, Any]) -> Iterator[Edit]:
    """Add to all entries but the first, or the first column: a penalty leaves the bias out that is kept there."""
    match place.node:
        case ast.AugAssign(ast.Name(name), op, value) if sizes.get(name):
            rest: ast.expr = ast.Slice(ast.Constant(1))
            if len(sizes[name]) > 1:
                rest = ast.Tuple([*[ast.Slice()] * (len(sizes[name]) - 1), rest], ast.Load())
            whole = [n for n, shape in sizes.items() if shape == sizes[name]]
            cut = ast.fix_missing_locations(_Cut(whole, rest).visit(copy.deepcopy(value)))
            yield Edit("slice", place, ast.AugAssign(ast.Subscript(read(name), rest, ast.Store()), op, cut))


class _Cut(ast.NodeTransformer):
    """Takes a part of each of some variables."""

    def __init__(self, names: list[str], part: ast.expr) -> None:
        self.names, self.part = names, part

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Subscript(node, self.part, ast.Load()) if node.id in self.names else node
