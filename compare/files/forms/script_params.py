"""The parameters of a script: what its loop updates, each with the expression of its gradient."""

import ast
from collections.abc import Iterator

from .adapter import is_arrays
from .firstpass import Loop
from .rewritten import Named
from .roles import gradient_names, gradient_of
from .space import Space
from .straight import assigned_in
from .updates import Update, names_in, statements_in


def updated(loop: Loop, space: Space) -> dict[str, Named]:
    """Return what is updated under names of the module, by the parameter's name."""
    found: dict[str, Named] = {}
    for update in loop.updates:
        for target, gradient, flipped in _expanded(update, loop):
            base = _base(target)
            if base is None or base not in space.entries or isinstance(target, ast.Attribute):
                continue
            value = space.entries[base].value
            text = f"-({ast.unparse(gradient)})" if flipped else ast.unparse(gradient)
            place = update.statement if gradient is update.gradient else None
            keyed = isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name)
            if not is_arrays(value) or not (keyed or isinstance(target, ast.Name)):
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
    gradient = _plain(update, loop)
    yield_plain = True
    for node in ast.walk(loop.node):
        if (
            not isinstance(node, ast.For)
            or node is loop.node
            or update.statement not in list(statements_in(node.body))
        ):
            continue
        over = node.iter
        if (
            isinstance(over, ast.Call)
            and ast.unparse(over.func) == "zip"
            and isinstance(node.target, ast.Tuple)
        ):
            lists = dict(zip([ast.unparse(t) for t in node.target.elts], over.args, strict=False))
            params, grads = lists.get(ast.unparse(update.target)), lists.get(ast.unparse(gradient))
            if params is None or grads is None:
                continue
            yield_plain = False
            if isinstance(params, (ast.List, ast.Tuple)) and isinstance(grads, (ast.List, ast.Tuple)):
                for p, g in zip(params.elts, grads.elts, strict=False):
                    yield p, g, update.flipped
            elif not update.flipped:
                yield params, grads, False
    if yield_plain:
        yield update.target, gradient, update.flipped


def _plain(update: Update, loop: Loop) -> ast.expr:
    """Return the gradient in an update; of a momentum or an adaptive step the one that goes into it."""
    moving = {
        ast.unparse(n.target if isinstance(n, ast.AugAssign) else n.targets[0])
        for n in statements_in(loop.node.body)
        if isinstance(n, (ast.AugAssign, ast.Assign))
        and (isinstance(n, ast.AugAssign) or ast.unparse(n.targets[0]) in names_in(n.value))
    }
    stem = ast.unparse(update.target)
    used = names_in(update.gradient)
    adaptive = (
        "sqrt" in used
        or bool(used & moving)
        or (isinstance(update.gradient, ast.Name) and not _gradient_like(update.gradient.id))
    )
    if not adaptive:
        return update.gradient
    inside = [n for n in ast.walk(update.gradient) if isinstance(n, ast.Name) and gradient_of(n.id, [stem])]
    if inside:
        return inside[0]
    assigned = assigned_in(loop.node.body)
    known = next((n for n in gradient_names(stem) if n in assigned), None)
    return ast.Name(known, ast.Load()) if known else update.gradient


def _gradient_like(name: str) -> bool:
    return name.startswith(("d", "g", "nabla")) or "grad" in name or "delta" in name


def _base(target: ast.expr) -> str | None:
    while isinstance(target, (ast.Subscript, ast.Attribute)):
        target = target.value
    return target.id if isinstance(target, ast.Name) else None
