"""Edits of calls: another function, another axis, another bound, arguments in another order, no call."""

import ast
from collections.abc import Iterator
from typing import Any

from .nodes import called, called_name, copied, keyword, literal, shifted
from .scope import Scope
from .slots import Edit, Slot

AXES = (0, 1, -1, 2, -2, None)


# Functions entry by entry, each of which may stand for another.
ENTRYWISE = {
    "exp", "log", "sqrt", "tanh", "sin", "cos", "abs", "square", "sign", "cosh", "sinh", "log1p", "expm1",
    "sigmoid",
}  # fmt: skip
OVER_AXES = {
    "sum", "mean", "max", "min", "var", "std", "prod", "argmax", "cumsum", "concatenate", "stack", "norm",
    "expand_dims", "repeat", "flip",
}  # fmt: skip
# A function, and those it is taken for.
_TWINS = (
    "sum mean; mean sum; max min sum; min max; maximum minimum; minimum maximum; zeros_like ones_like; "
    "ones_like zeros_like; zeros ones; ones zeros; var std; std var; argmax argmin; argmin argmax; "
    "hstack vstack; vstack hstack; tril triu; triu tril; dot outer multiply; outer dot multiply; "
    "multiply dot add; add subtract multiply; subtract add; prod sum; cumsum sum; inner outer dot; "
    "cumprod cumsum; divide multiply; repeat tile; tile repeat; norm sum; logical_and logical_or; "
    "logical_or logical_and; logaddexp maximum; expand_dims squeeze"
)


TWINS = {first: tuple(others) for first, *others in (pair.split() for pair in _TWINS.split("; "))}


def calls(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Exchange a function, its axis or its bounds, exchange its arguments, or take the call away."""
    node = slot.node
    if not isinstance(node, ast.Call):
        return
    name = called_name(node)
    method = isinstance(node.func, ast.Attribute) and not (
        isinstance(node.func.value, ast.Name) and node.func.value.id in ("np", "numpy")
    )

    def renamed(new: str) -> ast.Call:
        made = copied(node)
        if isinstance(made.func, ast.Attribute):
            made.func.attr = new
        else:
            made.func.id = new
        return made

    for twin in TWINS.get(name, ()):
        yield Edit(f"{twin} for {name}", slot, renamed(twin))
    if name in ENTRYWISE:
        for other in sorted(ENTRYWISE - {name, "sigmoid"}):
            yield Edit(f"{other} for {name}", slot, renamed(other), 1)
    if name in OVER_AXES:
        yield from _axis_edits(slot, node, 0 if method else 1)
    if name == "reversed" and node.args:
        yield Edit("order", slot, node.args[0])
    if name in ("range", "arange", "xrange", "enumerate") and node.args:
        yield Edit("order", slot, called("reversed", copied(node)))
        for i, arg in enumerate(node.args):
            for step in (1, -1):
                made = copied(node)
                made.args[i] = shifted(arg, step)
                yield Edit("bound", slot, made)
        if len(node.args) == 1:
            yield Edit(
                "bound", slot, ast.Call(copied(node.func), [ast.Constant(1), copied(node.args[0])], [])
            )
        if len(node.args) == 2:
            yield Edit("bound", slot, ast.Call(copied(node.func), [copied(node.args[1])], []))
    if len(node.args) == 2 and not node.keywords:
        made = copied(node)
        made.args = made.args[::-1]
        yield Edit("swapped operands", slot, made)
    if len(node.args) == 3 and name == "where":
        made = copied(node)
        made.args = [made.args[0], made.args[2], made.args[1]]
        yield Edit("branches", slot, made)
    # The call taken away: f(x) becomes x, and x.f() becomes x.
    if method and isinstance(node.func, ast.Attribute):
        yield Edit("call dropped", slot, node.func.value, 1)
    for arg in node.args[:2]:
        yield Edit("call dropped", slot, arg, 1)


def _axis_edits(slot: Slot, node: ast.Call, position: int) -> Iterator[Edit]:
    given = {k.arg: k.value for k in node.keywords}
    present = "axis" in given or len(node.args) > position
    now = given.get("axis", node.args[position] if len(node.args) > position else None)
    for axis in AXES:
        if now is not None and ast.unparse(now) == str(axis):
            continue
        if not present and axis is None:
            continue
        yield Edit("axis", slot, _with_axis(node, position, axis), 0 if axis in (0, 1, None) else 1)
    for axes in ((0, 1), (0, 2), (1, 2), (0, 2, 3), (0, 1, 2)):
        yield Edit("axis", slot, _with_axis(node, position, axes), 2)
    made = copied(node)
    if "keepdims" in given:
        made.keywords = [k for k in made.keywords if k.arg != "keepdims"]
        yield Edit("keepdims", slot, made)
    else:
        made.keywords.append(keyword("keepdims", True))
        yield Edit("keepdims", slot, made)
        for axis in (0, 1, -1):
            both = _with_axis(node, position, axis)
            both.keywords.append(keyword("keepdims", True))
            yield Edit("axis", slot, both, 1)


def _with_axis(node: ast.Call, position: int, axis: Any) -> ast.Call:
    made = copied(node)
    made.args = made.args[:position] + made.args[position + 1 :] if len(made.args) > position else made.args
    made.keywords = [k for k in made.keywords if k.arg != "axis"]
    if axis is not None:
        value = (
            ast.Tuple([literal(a) for a in axis], ast.Load()) if isinstance(axis, tuple) else literal(axis)
        )
        made.keywords.insert(0, ast.keyword("axis", value))
    return made
