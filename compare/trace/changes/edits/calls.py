"""Edits of calls: another function, another axis, another bound, arguments in another order, no call."""

import ast
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from .nodes import called, called_name, copied, keyword, literal, read, shifted
from .scope import Scope
from .slots import Edit, Slot

AXES = (0, 1, -1, 2, -2, None)
MOST_ARGUMENTS = 8  # of a call whose arguments are exchanged


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
    "logical_or logical_and; logaddexp maximum; expand_dims squeeze; floor ceil rint; ceil floor rint; "
    "rint floor ceil; trunc floor ceil; int round; round int"
)
TWINS = {first: others for first, *others in (pair.split() for pair in _TWINS.split("; "))}


def calls(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Exchange a function, its axis or its bounds, exchange its arguments, or take the call away."""
    node = slot.node
    if isinstance(slot.parent, ast.For) and isinstance(node, (ast.Name, ast.Attribute)):
        yield Edit("order", slot, called("reversed", copied(node)))
    if not isinstance(node, ast.Call):
        return
    name = called_name(node)
    method = isinstance(node.func, ast.Attribute) and not (
        isinstance(node.func.value, ast.Name) and node.func.value.id in ("np", "numpy")
    )
    yield from _left_out(slot, node, scope)
    for twin in TWINS.get(name, ()):
        yield Edit(f"{twin} for {name}", slot, _renamed(node, twin))
    if name in ENTRYWISE:
        for other in sorted(ENTRYWISE - {name, "sigmoid"}):
            yield Edit(f"{other} for {name}", slot, _renamed(node, other))
    if name in OVER_AXES:
        yield from _other_axes(slot, node, 0 if method else 1)
    if name == "reversed" and node.args:
        yield Edit("order", slot, node.args[0])
    if name in ("range", "arange", "xrange", "enumerate") and node.args:
        yield from _other_bounds(slot, node)
    match node.args:
        case [a, b] if not node.keywords:
            yield Edit("swapped operands", slot, _with_arguments(node, b, a))
        case [condition, a, b] if name == "where":
            yield Edit("branches", slot, _with_arguments(node, condition, b, a))
        case [ast.Constant(str(subscripts)), *rest] if name == "einsum":
            for other in _other_subscripts(subscripts):
                yield Edit("subscripts", slot, _with_arguments(node, ast.Constant(other), *rest))
        case [_, _, _, *_] if len(node.args) <= MOST_ARGUMENTS:
            yield from _exchanged_arguments(slot, node)
    for call in scope.calls:
        alike = ast.unparse(call.func) == ast.unparse(node.func) and len(node.args) == 1
        if alike and ast.unparse(call) != ast.unparse(node):
            yield Edit("another call", slot, copied(call), 1)
    # The call taken away: f(x) becomes x, and x.f() becomes x.
    if method and isinstance(node.func, ast.Attribute):
        yield Edit("call dropped", slot, node.func.value, 1)
    for argument in node.args[:2]:
        yield Edit("call dropped", slot, argument, 1)


def _left_out(slot: Slot, node: ast.Call, scope: Scope) -> Iterator[Edit]:
    """Hand over an argument that has a default: a variable of its name, or what another call hands over by name."""
    wanted = scope.arguments.get(node.func.id, []) if isinstance(node.func, ast.Name) else []
    given = {k.arg for k in node.keywords} | set(wanted[: len(node.args)])
    for name in (n for n in wanted if n not in given and n in scope.names):
        new = copied(node)
        new.keywords.append(ast.keyword(name, read(name)))
        if name == wanted[len(node.args)] and not node.keywords:
            new = _with_arguments(node, *node.args, read(name))
        yield Edit("argument left out", slot, new)
    for word in scope.words.get(node.func.id, []) if isinstance(node.func, ast.Name) else []:
        if word.arg in wanted and word.arg not in given:
            new = copied(node)
            new.keywords.append(word)
            yield Edit("argument left out", slot, new)


def _renamed(node: ast.Call, name: str) -> ast.Call:
    new = copied(node)
    setattr(new.func, "attr" if isinstance(new.func, ast.Attribute) else "id", name)
    return new


def _with_arguments(node: ast.Call, *arguments: ast.expr) -> ast.Call:
    new = copied(node)
    new.args = list(arguments)
    return new


def _exchanged_arguments(slot: Slot, node: ast.Call) -> Iterator[Edit]:
    """Exchange two arguments, neighbours first."""
    pairs = sorted(combinations(range(len(node.args)), 2), key=lambda pair: pair[1] - pair[0])
    for i, j in pairs:
        arguments = list(node.args)
        arguments[i], arguments[j] = arguments[j], arguments[i]
        yield Edit("swapped arguments", slot, _with_arguments(node, *arguments), 0 if j == i + 1 else 1)


def _other_subscripts(subscripts: str) -> Iterator[str]:
    """Yield the subscripts of a product with two letters of one operand, or of the result, exchanged."""
    terms = re.findall(r"[A-Za-z]+|[^A-Za-z]+", subscripts)
    for n, term in enumerate(terms):
        for i, j in combinations(range(len(term) if term.isalpha() else 0), 2):
            letters = list(term)
            letters[i], letters[j] = letters[j], letters[i]
            yield "".join([*terms[:n], *letters, *terms[n + 1 :]])


def _other_bounds(slot: Slot, node: ast.Call) -> Iterator[Edit]:
    """Reverse a range, shift one of its bounds by one, or put or take away its start."""
    yield Edit("order", slot, called("reversed", copied(node)))
    for i, bound in enumerate(node.args):
        for step in (1, -1):
            arguments = [*node.args[:i], shifted(bound, step), *node.args[i + 1 :]]
            yield Edit("bound", slot, _with_arguments(node, *arguments))
    match node.args:
        case [stop]:
            yield Edit("bound", slot, ast.Call(copied(node.func), [ast.Constant(1), copied(stop)], []))
        case [_, stop]:
            yield Edit("bound", slot, ast.Call(copied(node.func), [copied(stop)], []))


def _other_axes(slot: Slot, node: ast.Call, position: int) -> Iterator[Edit]:
    """Put another axis or several, take it away, and put or take away keepdims.

    position: of the axis among the arguments.
    """
    given = {k.arg: k.value for k in node.keywords}
    present = "axis" in given or len(node.args) > position
    now = given.get("axis", node.args[position] if len(node.args) > position else None)
    for axis in AXES:
        if now is not None and ast.unparse(now) == str(axis):
            continue
        if not present and axis is None:
            continue
        yield Edit("axis", slot, _with_axis(node, position, axis), 0 if axis in (0, 1, None) else 1)
    several = now.elts if isinstance(now, ast.Tuple) else []
    for i in range(len(several) if len(several) > 1 else 0):
        rest = [*several[:i], *several[i + 1 :]]
        fewer = ast.Tuple(rest, ast.Load()) if len(rest) > 1 else rest[0]
        yield Edit("axis", slot, _with_axis(node, position, fewer))
    for axes in ((0, 1), (0, 2), (1, 2), (2, 3), (0, 2, 3), (0, 1, 2), (1, 2, 3)):
        yield Edit("axis", slot, _with_axis(node, position, axes), 2)
    new = copied(node)
    if "keepdims" in given:
        new.keywords = [k for k in new.keywords if k.arg != "keepdims"]
        yield Edit("keepdims", slot, new)
    else:
        new.keywords.append(keyword("keepdims", True))
        yield Edit("keepdims", slot, new)
        for axis in (0, 1, -1):
            both = _with_axis(node, position, axis)
            both.keywords.append(keyword("keepdims", True))
            yield Edit("axis", slot, both, 1)


def _with_axis(node: ast.Call, position: int, axis: Any) -> ast.Call:
    new = copied(node)
    new.args = new.args[:position] + new.args[position + 1 :] if len(new.args) > position else new.args
    new.keywords = [k for k in new.keywords if k.arg != "axis"]
    if isinstance(axis, tuple):
        axis = ast.Tuple([literal(a) for a in axis], ast.Load())
    if axis is not None:
        value = copied(axis) if isinstance(axis, ast.expr) else literal(axis)
        new.keywords.insert(0, ast.keyword("axis", value))
    return new
