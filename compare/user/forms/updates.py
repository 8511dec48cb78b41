"""Updates of parameters in a script: `W -= lr * dW`, and what of it is the gradient."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .roles import RATE, gradient_names, is_loss

DELTA = re.compile(r"delta|grad|nabla|adjust|^d_?[A-Za-z]\w*$|^g_?[A-Z]\w*$")

# A target with such a name is a gradient that is summed, not a parameter.
GRADIENT = re.compile(r"delta|grad|nabla|^d_?[A-Z]|^d_|^d[wbhxza]\d*$|^d(out|scores|hidden|logits)")


@dataclass(frozen=True)
class Update:
    """An update of `target` in a statement.

    gradient: the expression of the gradient.  flipped: whether the gradient is minus that expression.  rate: whether
    a learning rate was seen.
    """

    statement: ast.stmt
    target: ast.expr
    gradient: ast.expr
    flipped: bool
    rate: bool


def names_in(node: ast.AST) -> set[str]:
    """Return the names, attributes and text keys in an expression."""
    found = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    found |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    return found | {
        n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }


def update_of(node: ast.stmt, rated: frozenset[str] = frozenset()) -> Update | None:
    """Return the update that a statement makes, or None.  rated: names that hold a step, with its learning rate."""
    target: ast.expr
    if isinstance(node, ast.AugAssign) and isinstance(node.op, (ast.Sub, ast.Add)):
        target, value, minus = node.target, node.value, isinstance(node.op, ast.Sub)
    elif (
        isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.value, ast.BinOp)
        and isinstance(node.value.op, (ast.Sub, ast.Add))
        and ast.unparse(node.value.left) == ast.unparse(node.targets[0])
    ):
        target, value, minus = node.targets[0], node.value.right, isinstance(node.value.op, ast.Sub)
    else:
        return None
    stem = _stem(target)
    if is_loss(stem) or GRADIENT.search(stem):
        return None
    used = names_in(value)
    rate = any(re.fullmatch(RATE, n) for n in used) or bool(used & rated)
    gradient, negative, literal = _stripped(value)
    if not rate and (product := _times_gradient(_bare(value), gradient_names(stem))) is not None:
        return Update(node, target, product, (_bare(value) is not value) == minus, True)
    if not (rate or any(DELTA.search(n) for n in used)) and not (literal and minus and used):
        return None
    return Update(node, target, gradient, negative == minus, rate or literal)


def _stem(target: ast.expr) -> str:
    base: ast.expr = target
    while isinstance(base, ast.Subscript):
        base = base.value
    return base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")


def _stripped(value: ast.expr) -> tuple[ast.expr, bool, bool]:
    """Return an expression without its learning rate, whether it was negated, and whether a number was the rate."""
    for kind in (_named_rate, _literal):
        found, negative = _without(value, kind)
        if found is not value:
            return found, negative, kind is _literal
    bare = _bare(value)
    return bare, bare is not value, False


def stripped(value: ast.expr) -> tuple[ast.expr, bool]:
    """Return the gradient in what goes into a moving average, without `lr` or `(1 - beta)`; whether it was negated."""
    found, negative = _without(value, _complement)
    rest, again, _ = _stripped(found)
    return rest, negative != again


def _complement(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and _literal(node.left)


def _times_gradient(value: ast.expr, gradients: list[str]) -> ast.expr | None:
    """Return D_m of `L * D_m` where the target is m: a name beside that of its gradient is its learning rate."""
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Mult):
        return None
    for one, other in ((value.left, value.right), (value.right, value.left)):
        if isinstance(one, ast.Name) and isinstance(other, ast.Name) and other.id in gradients:
            return other
    return None


def _without(value: ast.expr, is_rate: Callable[[ast.expr], bool]) -> tuple[ast.expr, bool]:
    """Return a product without its first factor that is a rate, and whether signs were taken away with it."""
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
        found, negative = _without(value.operand, is_rate)
        return (value, False) if found is value.operand else (found, not negative)
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, (ast.Mult, ast.Div, ast.MatMult)):
        return value, False
    left, right, multiplied = value.left, value.right, isinstance(value.op, ast.Mult)
    for rate, other in ((left, right), (right, left)) if multiplied else ():
        if is_rate(_bare(rate)):
            return _bare(other), (_bare(rate) is not rate) != (_bare(other) is not other)
    if isinstance(value.op, ast.Div) and is_rate(_bare(left)):
        found, negative = ast.copy_location(ast.Constant(1.0), left), _bare(left) is not left
    else:
        found, negative = _without(left, is_rate)
    if found is left:
        return value, False
    return ast.copy_location(ast.BinOp(found, value.op, right), value), negative


def _bare(node: ast.expr) -> ast.expr:
    return node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else node


def _literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (int, float))


def _named_rate(node: ast.expr) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return bool(name and re.fullmatch(RATE, name))


def updates_in(statements: list[ast.stmt]) -> list[Update]:
    """Return the updates in these statements and the blocks inside them, functions and classes left out."""
    every = list(statements_in(statements))
    rated: set[str] = set()
    for node in every:
        if isinstance(node, ast.Assign) and any(re.fullmatch(RATE, n) for n in names_in(node.value)):
            rated |= {t.id for t in node.targets if isinstance(t, ast.Name)}
    assigned = {
        t.id for n in every if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)
    }
    summed = {g for n in assigned for g in gradient_names(n)}  # dh += ..., where h = ... comes before
    found = [u for u in (update_of(n, frozenset(rated)) for n in every) if u is not None]
    found = [u for u in found if _stem(u.target) not in summed]
    return [u for u in found if u.rate] or found


def statements_in(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements and those in their blocks, but not those of functions and classes."""
    for node in statements:
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for block in ("body", "orelse", "finalbody"):
                yield from statements_in(getattr(node, block, []))
            for handler in getattr(node, "handlers", []):
                yield from statements_in(handler.body)


def steps_only(statements: list[ast.stmt], updates: list[Update]) -> bool:
    """Return whether a block updates and does nothing else: the inner loop over the parameters."""
    own = {id(u.statement) for u in updates}
    accumulators = (ast.AugAssign, ast.Pass)
    return all(
        id(s) in own
        or isinstance(s, accumulators)
        or _moving(s)
        or (isinstance(s, (ast.If, ast.For)) and steps_only(s.body, updates))
        for s in statements
    )


def _moving(node: ast.stmt) -> bool:
    """Return whether a statement is `v = beta * v + ...`, or names the places of one parameter: `W = layer.W`."""
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.expr):
        return False
    return ast.unparse(node.targets[0]) in ast.unparse(node.value)
