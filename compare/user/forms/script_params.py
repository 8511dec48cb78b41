"""The parameters of a script: what its loop updates, each with the expression of its gradient."""

import ast
from collections.abc import Iterator
from typing import Any

from .adapter import is_arrays, is_float
from .firstpass import Loop
from .moving import plain
from .rewritten import Named
from .space import Space
from .straight import assigned_in
from .updates import Update, statements_in


def updated(loop: Loop, space: Space) -> dict[str, Named]:
    """Return what is updated under names of the module, by the parameter's name."""
    found: dict[str, Named] = {}
    inside = assigned_in(loop.node.body)
    for update in loop.updates if loop.chosen is None else loop.chosen:
        for target, gradient, flipped in _expanded(update, loop):
            base = _base(target)
            if base is None or base not in space.entries:
                continue
            if isinstance(target, ast.Attribute):
                if base not in inside and _number(_value(target, space)):
                    text = f"-({ast.unparse(gradient)})" if flipped else ast.unparse(gradient)
                    place = update.statement if gradient is update.gradient else None
                    found[target.attr] = Named(ast.unparse(target), text, place)
                continue
            if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Attribute):
                alike = isinstance(gradient, ast.Subscript) and _same(target.slice, gradient.slice)
                if alike and base not in inside and not flipped and is_arrays(_value(target.value, space)):
                    assert isinstance(gradient, ast.Subscript)
                    whole = ast.unparse(target.value)  # self.W of self.W[i]
                    found[target.value.attr] = Named(whole, ast.unparse(gradient.value))
                continue
            value = space.entries[base].value
            text = f"-({ast.unparse(gradient)})" if flipped else ast.unparse(gradient)
            place = update.statement if gradient is update.gradient else None
            keyed = isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name)
            if not (is_arrays(value) or _number(value)) or not (keyed or isinstance(target, ast.Name)):
                continue
            if isinstance(target, ast.Name):
                found[base] = Named(base, text, place)
            elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                found[str(target.slice.value)] = Named(ast.unparse(target), text, place)
            elif isinstance(gradient, ast.Subscript) and not flipped:
                found[base] = Named(base, ast.unparse(gradient.value))
    return found


def _expanded(update: Update, loop: Loop) -> Iterator[tuple[ast.expr, ast.expr, bool]]:
    """Yield (parameter, gradient, flipped): of `for p, dp in zip([W, b], [dW, db])` those it runs over."""
    gradient, flipped = plain(update, loop)
    yield_plain = True
    for node in ast.walk(loop.node):
        if (
            not isinstance(node, ast.For)
            or node is loop.node
            or update.statement not in list(statements_in(node.body))
        ):
            continue
        if lists := _run_over(node):
            params, grads = lists.get(ast.unparse(update.target)), lists.get(ast.unparse(gradient))
            if params is None or grads is None:
                continue
            yield_plain = False
            if isinstance(params, (ast.List, ast.Tuple)) and isinstance(grads, (ast.List, ast.Tuple)):
                for p, g in zip(params.elts, grads.elts, strict=False):
                    yield p, g, flipped
            elif not flipped:
                yield params, grads, False
    if yield_plain:
        yield update.target, gradient, flipped


def _run_over(loop: ast.For) -> dict[str, ast.expr]:
    """Return what each target of `for p, dp in` runs over: `zip([W, b], [dW, db])`, or `[(W, dW), (b, db)]`."""
    over = loop.iter
    if not isinstance(loop.target, ast.Tuple):
        return {}
    if isinstance(over, ast.Call) and ast.unparse(over.func) == "zip":
        lists = over.args
    elif isinstance(over, (ast.List, ast.Tuple)) and all(isinstance(e, ast.Tuple) for e in over.elts):
        rows = [e.elts for e in over.elts if isinstance(e, ast.Tuple)]
        lists = [ast.List(list(column), ast.Load()) for column in zip(*rows, strict=False)]
    else:
        return {}
    return dict(zip([ast.unparse(t) for t in loop.target.elts], lists, strict=False))


def _value(target: ast.expr, space: Space) -> Any:
    try:
        return eval(ast.unparse(target), dict(vars(space.module)))
    except Exception:
        return None


def _number(value: Any) -> bool:
    """Return whether a value may be a parameter alone: an array or a number, `b = 0` too."""
    return is_float(value) or type(value) is int


def _same(one: ast.expr, other: ast.expr) -> bool:
    return ast.unparse(one) == ast.unparse(other)


def _base(target: ast.expr) -> str | None:
    while isinstance(target, (ast.Subscript, ast.Attribute)):
        target = target.value
    return target.id if isinstance(target, ast.Name) else None
