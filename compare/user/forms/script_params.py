"""The parameters of a script: what its loop updates, each with the expression of its gradient."""

import ast
import copy
from collections.abc import Iterator
from typing import Any

from .adapter import is_arrays, is_float, is_tensor
from .firstpass import Loop
from .moving import plain
from .rewritten import Named
from .space import Space
from .straight import assigned_in
from .updates import Update, statements_in


def updated(loop: Loop, space: Space) -> dict[str, Named]:
    """Return what is updated under names of the module, by the parameter's name: W, or a.W where b.W is updated too."""
    found: list[tuple[str, Named]] = []
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
                    found.append((target.attr, Named(ast.unparse(target), text, place)))
                continue
            if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Attribute):
                alike = _same_entry(target, gradient) and is_arrays(_value(target.value, space))
                if alike and base not in inside and not flipped:
                    assert isinstance(gradient, ast.Subscript)
                    whole = ast.unparse(target.value)  # self.W of self.W[i]
                    found.append((target.value.attr, Named(whole, ast.unparse(gradient.value))))
                continue
            value = space.entries[base].value
            text = f"-({ast.unparse(gradient)})" if flipped else ast.unparse(gradient)
            place = update.statement if gradient is update.gradient else None
            keyed = isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name)
            if not (is_arrays(value) or _number(value)) or not (keyed or isinstance(target, ast.Name)):
                continue
            if is_tensor(value):  # see tensors.py
                continue
            if isinstance(target, ast.Name):
                found.append((base, Named(base, text, place)))
            elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                found.append((str(target.slice.value), Named(ast.unparse(target), text, place)))
            elif isinstance(gradient, ast.Subscript) and not flipped:
                found.append((base, Named(base, ast.unparse(gradient.value))))
    places: dict[str, set[str]] = {}
    for name, each in found:
        places.setdefault(name, set()).add(each.source)
    return {name if len(places[name]) == 1 else each.source: each for name, each in found}


def _expanded(update: Update, loop: Loop) -> Iterator[tuple[ast.expr, ast.expr, bool]]:
    """Yield (parameter, gradient, flipped): of `for p, dp in zip([W, b], [dW, db])` those it runs over."""
    gradient, flipped = plain(update, loop)
    target, yield_plain = update.target, True
    for node in ast.walk(loop.node):
        if (
            not isinstance(node, ast.For)
            or node is loop.node
            or update.statement not in list(statements_in(node.body))
        ):
            continue
        places = _Places(node)
        target, gradient = places.visit(copy.deepcopy(target)), places.visit(copy.deepcopy(gradient))
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
        while _same_entry(target, gradient) and isinstance(target.value, ast.Subscript):  # type: ignore[attr-defined]
            target, gradient = target.value, gradient.value  # type: ignore[attr-defined]
        yield target, gradient, flipped


class _Places(ast.NodeTransformer):
    """Put g[k] in place of v of `for k, v in g.items()`, and g[i] in place of v of `for i, v in enumerate(g)`."""

    def __init__(self, loop: ast.For) -> None:
        self.places: dict[str, ast.expr] = {}
        over, pair = loop.iter, loop.target
        if not isinstance(pair, ast.Tuple) or len(pair.elts) != 2 or not isinstance(over, ast.Call):
            return
        key, value = pair.elts
        called = ast.unparse(over.func)
        if called.endswith(".items") and isinstance(over.func, ast.Attribute):
            held = [(value, over.func.value)]
        elif called == "enumerate" and over.args:
            inner = over.args[0]
            zipped = isinstance(inner, ast.Call) and ast.unparse(inner.func) == "zip"
            values = value.elts if isinstance(value, ast.Tuple) else [value]
            held = list(
                zip(values, inner.args if zipped and isinstance(inner, ast.Call) else [inner], strict=False)
            )
        else:
            return
        self.places = {
            v.id: ast.Subscript(of, key, ast.Load())
            for v, of in held
            if isinstance(v, ast.Name) and isinstance(of, (ast.Name, ast.Attribute))
        }

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace a variable of the loop."""
        return self.places.get(node.id, node)


def _same_entry(target: ast.expr, gradient: ast.expr) -> bool:
    return (
        isinstance(target, ast.Subscript)
        and isinstance(gradient, ast.Subscript)
        and _same(target.slice, gradient.slice)
    )


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
