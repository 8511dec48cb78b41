"""Momentum and adaptive steps: the gradient that goes into an update through moving averages, and its sign."""

import ast
from collections.abc import Mapping

from .firstpass import Loop
from .roles import gradient_names, gradient_of
from .straight import assigned_in
from .updates import Update, names_in, statements_in, stripped

DEEPEST = 8


def plain(update: Update, loop: Loop) -> tuple[ast.expr, bool]:
    """Return the gradient in an update, and whether the update adds it: it is flipped then."""
    moving, made = _moving(loop)
    stem = ast.unparse(update.target)
    used = names_in(update.gradient)
    own = isinstance(update.gradient, ast.Name) and not _gradient_like(update.gradient.id)
    if not (own or "sqrt" in used or used & moving):
        return update.gradient, update.flipped
    inside = [
        n.id for n in ast.walk(update.gradient) if isinstance(n, ast.Name) and gradient_of(n.id, [stem])
    ]
    assigned = assigned_in(loop.node.body)
    known = [n for n in gradient_names(stem) if n in assigned]
    if not inside and not known:
        return _of_average(update, moving, made)
    name = (inside or known)[0]
    negative = sign(update.gradient, name, made) < 0
    return ast.Name(name, ast.Load()), update.flipped != negative


def _of_average(update: Update, moving: set[str], made: Mapping[str, ast.expr]) -> tuple[ast.expr, bool]:
    """Return what goes into the average that an update takes, g of `v = beta * v - lr * g`, and its sign there."""
    name = update.gradient.id if isinstance(update.gradient, ast.Name) else ""
    value = made.get(name) if name in moving else None
    if isinstance(value, ast.BinOp) and isinstance(value.op, (ast.Add, ast.Sub)):
        for kept, new in ((value.left, value.right), (value.right, value.left)):
            if name in names_in(kept) and name not in names_in(new):
                found, negative = stripped(new)
                negative ^= isinstance(value.op, ast.Sub) and new is value.right
                return found, update.flipped != negative
    return update.gradient, update.flipped


def _moving(loop: Loop) -> tuple[set[str], dict[str, ast.expr]]:
    """Return the names that are averaged over the passes, and the expression that each name is given in the loop."""
    moving: set[str] = set()
    made: dict[str, ast.expr] = {}
    for node in statements_in(loop.node.body):
        if isinstance(node, ast.AugAssign):
            moving.add(ast.unparse(node.target))
        elif isinstance(node, ast.Assign):
            name = ast.unparse(node.targets[0])
            made[name] = node.value
            if name in names_in(node.value):
                moving.add(name)
    return moving, made


def sign(node: ast.expr, name: str, made: Mapping[str, ast.expr], depth: int = 0) -> int:
    """Return the sign with which `name` goes into an expression, through the names made of it; 0 where it does not."""
    if depth > DEEPEST:
        return 0
    if isinstance(node, ast.Name):
        if node.id == name:
            return 1
        inner = made.get(node.id)
        return (
            0
            if inner is None
            else sign(inner, name, {k: v for k, v in made.items() if k != node.id}, depth + 1)
        )
    if isinstance(node, ast.UnaryOp):
        found = sign(node.operand, name, made, depth + 1)
        return -found if isinstance(node.op, ast.USub) else found
    if isinstance(node, ast.BinOp):
        left, right = sign(node.left, name, made, depth + 1), sign(node.right, name, made, depth + 1)
        if isinstance(node.op, (ast.Add, ast.Sub)):
            return left or (-right if isinstance(node.op, ast.Sub) else right)
        other = node.right if left else node.left
        negative = isinstance(other, ast.UnaryOp) and isinstance(other.op, ast.USub)
        return -(left or right) if negative else left or right
    inside = [sign(n, name, made, depth + 1) for n in ast.iter_child_nodes(node) if isinstance(n, ast.expr)]
    return next((s for s in inside if s), 0)


def _gradient_like(name: str) -> bool:
    return name.startswith(("d", "g", "nabla")) or "grad" in name or "delta" in name
