"""Expressions with the same parts in other places: variables exchanged, a count off by one, a term outside."""

import ast
import copy
from collections.abc import Iterator
from itertools import combinations
from typing import Any

JOINS = (ast.Add, ast.Sub, ast.Mult, ast.Div)
EXCHANGED = 8  # variables in a statement; of more none are exchanged


def exchanged(value: ast.expr, sizes: dict[str, Any]) -> Iterator[ast.expr]:
    """Yield the expression with two of its variables exchanged, each pair that has one shape."""
    names = list(
        dict.fromkeys(
            n.id for n in ast.walk(value) if isinstance(n, ast.Name) and n.id not in ("np", "numpy")
        )
    )
    if len(names) > EXCHANGED:
        return
    for a, b in combinations(names, 2):
        if sizes.get(a) is None or sizes.get(a) != sizes.get(b):
            continue
        made = copy.deepcopy(value)
        for node in ast.walk(made):
            if isinstance(node, ast.Name) and node.id in (a, b):
                node.id = b if node.id == a else a
        yield made


def renamed(value: ast.expr, sizes: dict[str, Any]) -> Iterator[ast.expr]:
    """Yield the expression with a number that stands in it twice or more replaced by another everywhere."""
    read = [n.id for n in ast.walk(value) if isinstance(n, ast.Name)]
    for old in dict.fromkeys(n for n in read if read.count(n) > 1 and sizes.get(n) == ()):
        for new, shape in sizes.items():
            if shape == () and new != old:
                yield _with_name(value, old, new)


def transposed(value: ast.expr, sizes: dict[str, Any]) -> Iterator[ast.expr]:
    """Yield the expression with a matrix that stands in it twice or more transposed everywhere: B.T @ G @ B.T."""
    read = [n.id for n in ast.walk(value) if isinstance(n, ast.Name)]
    for name in dict.fromkeys(n for n in read if read.count(n) > 1 and len(sizes.get(n) or ()) == 2):
        yield _Transposed(name).visit(copy.deepcopy(value))


class _Transposed(ast.NodeTransformer):
    """Transposes a variable everywhere."""

    def __init__(self, name: str) -> None:
        self.name = name

    def visit_Name(self, node: ast.Name) -> ast.expr:
        turned = ast.Attribute(node, "T", ast.Load())
        return ast.copy_location(turned, node) if node.id == self.name else node


def siblings(value: ast.expr, numbers: list[str]) -> Iterator[ast.expr]:
    """Yield a short expression of numbers with one of them replaced by another: 1 - b1 ** t of 1 - b2 ** t."""
    read = list(dict.fromkeys(n.id for n in ast.walk(value) if isinstance(n, ast.Name)))
    if not 1 <= len(read) <= 3 or not set(read) <= set(numbers):
        return
    for old in read:
        for new in numbers:
            if new not in read:
                yield _with_name(value, old, new)


def _with_name(value: ast.expr, old: str, new: str) -> ast.expr:
    made = copy.deepcopy(value)
    for node in ast.walk(made):
        if isinstance(node, ast.Name) and node.id == old:
            node.id = new
    return made


def off_by_one(node: Any, sizes: dict[str, Any]) -> Iterator[ast.expr]:
    """Yield a count plus 1, and minus 1."""
    if isinstance(node, (ast.Attribute, ast.Subscript)) or (
        isinstance(node, ast.Name) and sizes.get(node.id, ()) == ()
    ):
        for op in (ast.Add(), ast.Sub()):
            yield ast.BinOp(node, op, ast.Constant(1))


def outside(node: Any) -> Iterator[ast.expr]:
    """Yield f(a) + b for f(a + b), and f(a) * b for f(a * b)."""
    if (
        isinstance(node, ast.Call)
        and len(node.args) == 1
        and not node.keywords
        and isinstance(node.args[0], ast.BinOp)
    ):
        inner = node.args[0]
        if isinstance(inner.op, JOINS):
            for kept, moved in ((inner.left, inner.right), (inner.right, inner.left)):
                yield ast.BinOp(ast.Call(node.func, [kept], []), inner.op, moved)


def inside(node: Any) -> Iterator[ast.expr]:
    """Yield f(a + b) for f(a) + b, and f(a * b) for f(a) * b and b * f(a)."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, JOINS):
        return
    sides = [(node.left, node.right)]
    if isinstance(node.op, ast.Mult):
        sides.append((node.right, node.left))
    for call, other in sides:
        if isinstance(call, ast.Call) and len(call.args) == 1 and not call.keywords:
            yield ast.Call(call.func, [ast.BinOp(call.args[0], node.op, other)], [])
