"""Simple expressions of one part or two: 1 - x, exp(x), x.T @ y, (x * y).sum(axis=0), f(x) of the user's own f."""

import ast
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from ..edits.nodes import ONE, TWO, ZERO, attribute, binary, called, keyword, literal, made, numpy_call
from .parts import ATOMS, Part
from .right import fits

PAIRED = 26  # arrays of which pairs are made


def transposed(node: Any) -> ast.expr:
    """Return the expression node.T."""
    return attribute(node, "T")


def _of_stack(node: Any) -> ast.expr:
    return ast.Call(attribute(node, "swapaxes"), [literal(-1), literal(-2)], [])


def _total(node: Any, **words: Any) -> ast.expr:
    return ast.Call(attribute(node, "sum"), [], [keyword(k, v) for k, v in words.items()])


def _mean(node: Any, **words: Any) -> ast.expr:
    return ast.Call(attribute(node, "mean"), [], [keyword(k, v) for k, v in words.items()])


def _rest(node: Any) -> ast.expr:
    return binary(ONE, ast.Sub(), node)


def _over(node: Any) -> ast.expr:
    return binary(ONE, ast.Div(), binary(ONE, ast.Add(), node))


def _square(node: Any) -> ast.expr:
    return binary(node, ast.Pow(), TWO)


def _compared(op: ast.cmpop, node: Any) -> ast.expr:
    return ast.Compare(made(node), [op], [ZERO])


def _axes(*given: Any) -> ast.expr:
    *axes, node = given
    return ast.Subscript(made(node), ast.Tuple(list(axes), ast.Load()), ast.Load())


def _turned(node: Any) -> ast.expr:
    back = ast.Slice(None, None, ast.UnaryOp(ast.USub(), ONE))
    return ast.Subscript(made(node), ast.Tuple([ast.Constant(...), back, back], ast.Load()), ast.Load())


ALL, NEW = ast.Slice(), ast.Constant(None)  # of an axis

# A function of a value, which may return None, and the expression of it.
UNARY: tuple[tuple[Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    (lambda x: x.T if np.ndim(x) > 1 else None, transposed),
    (lambda x: 1 - x, _rest),
    (lambda x: x**2, _square),
    (lambda x: 1 - x**2, lambda n: _rest(_square(n))),
    (lambda x: x * (1 - x), lambda n: binary(n, ast.Mult(), _rest(n))),
    (lambda x: x > 0, partial(_compared, ast.Gt())),
    (lambda x: x <= 0, partial(_compared, ast.LtE())),
    (np.exp, partial(numpy_call, "exp")),
    (lambda x: 1 + x, partial(binary, ONE, ast.Add())),
    (lambda x: 1 + np.exp(x), lambda n: binary(ONE, ast.Add(), numpy_call("exp", n))),
    (lambda x: np.exp(x) - 1, lambda n: binary(numpy_call("exp", n), ast.Sub(), ONE)),
    (np.tanh, partial(numpy_call, "tanh")),
    (lambda x: 1 - np.tanh(x) ** 2, lambda n: _rest(_square(numpy_call("tanh", n)))),
    (lambda x: 1 / (1 + np.exp(-x)), lambda n: _over(numpy_call("exp", ast.UnaryOp(ast.USub(), made(n))))),
    (lambda x: 1 / (1 + x**2), lambda n: _over(_square(n))),
    (np.cos, partial(numpy_call, "cos")),
    (np.sin, partial(numpy_call, "sin")),
    (np.sqrt, partial(numpy_call, "sqrt")),
    (np.log, partial(numpy_call, "log")),
    (np.sign, partial(numpy_call, "sign")),
    (lambda x: 1 / x, partial(binary, ONE, ast.Div())),
    (lambda x: 1 / x**2, lambda n: binary(ONE, ast.Div(), _square(n))),
    (lambda x: 2 * x, partial(binary, TWO, ast.Mult())),
    (lambda x: x.sum(axis=0) if np.ndim(x) == 2 else None, partial(_total, axis=0)),
    (
        lambda x: x.sum(axis=0, keepdims=True) if np.ndim(x) == 2 else None,
        partial(_total, axis=0, keepdims=True),
    ),
    (
        lambda x: x.sum(axis=1, keepdims=True) if np.ndim(x) == 2 else None,
        partial(_total, axis=1, keepdims=True),
    ),
    (lambda x: x.sum(axis=0) if np.ndim(x) == 3 else None, partial(_total, axis=0)),
    (lambda x: x.sum(axis=1) if np.ndim(x) == 3 else None, partial(_total, axis=1)),
    (lambda x: x.sum(axis=2) if np.ndim(x) == 3 else None, partial(_total, axis=2)),
    (lambda x: x.mean(axis=0) if np.ndim(x) == 2 else None, partial(_mean, axis=0)),
    (
        lambda x: x.mean(axis=1, keepdims=True) if np.ndim(x) == 2 else None,
        partial(_mean, axis=1, keepdims=True),
    ),
    (lambda x: x[..., ::-1, ::-1] if np.ndim(x) > 1 else None, _turned),  # a kernel of the other convolution
    (lambda x: x[:, None] if np.ndim(x) == 1 else None, partial(_axes, ALL, NEW)),
    (lambda x: x[None, :] if np.ndim(x) == 1 else None, partial(_axes, NEW, ALL)),
)
# What may stand beside an array of three axes.
OF_THREE_AXES = (
    (lambda x: x[:, :, None] if np.ndim(x) == 2 else None, partial(_axes, ALL, ALL, NEW)),
    (lambda x: x[:, None, :] if np.ndim(x) == 2 else None, partial(_axes, ALL, NEW, ALL)),
)


def singles(parts: list[Part], axes: int = 2) -> Iterator[Part]:
    """Yield the parts and simple expressions of each, no value twice.

    axes: of the value that they are put into.
    """
    seen: set[tuple] = set()
    for part in parts[: 2 * ATOMS]:
        if _new(part.value, seen):
            yield part
    for part in parts[:ATOMS]:
        if part.size > 24 or np.asarray(part.value).dtype.kind == "b":
            continue
        for function, make in (*UNARY, *(OF_THREE_AXES if axes > 2 else ())):
            try:
                value = function(part.value)
            except Exception:
                continue
            if value is not None and _new(value, seen):
                yield Part(partial(make, part.node), value, part.size + 6)


def spread(parts: list[Part], shape: tuple[int, ...]) -> Iterator[Part]:
    """Yield the arrays of an axis less than the shape with that axis: dmean[:, None], of what a mean was taken over."""
    for part in parts:
        value = part.value
        if part.size > 12 or np.ndim(value) + 1 != len(shape) or np.asarray(value).dtype.kind != "f":
            continue
        for axis in range(len(shape) if np.ndim(value) else 0):
            wide = np.expand_dims(value, axis)
            if fits(wide.shape, shape):
                node = partial(_axes, *[ALL] * axis, NEW, part.node) if axis else part.node
                yield Part(node, np.broadcast_to(wide, shape), part.size + 7 * (axis > 0))


def _new(value: Any, seen: set[tuple]) -> bool:
    array = np.asarray(value)
    key = (array.shape, array.tobytes()[:4096]) if array.size else None
    if key is None or key in seen:
        return False
    seen.add(key)
    return True


def pairs_of(parts: list[Part], wanted: set[tuple[int, ...]]) -> Iterator[Part]:
    """Yield products, sums of products and differences of two parts whose shape is wanted."""
    arrays = [
        p
        for p in parts
        if isinstance(p.value, np.ndarray)
        and p.value.dtype.kind in "fb"
        and 0 < p.value.ndim <= 3
        and p.size <= 16
    ][:PAIRED]
    for i, a in enumerate(arrays):
        for j, b in enumerate(arrays):
            yield from _matrix_products(a, b, wanted)
            if i <= j:
                yield from _entrywise_products(a, b, wanted)
            x, y = a.value, b.value
            if x.shape == y.shape and x.shape in wanted and i != j and x.dtype.kind == y.dtype.kind == "f":
                yield Part(partial(binary, a.node, ast.Sub(), b.node), x - y, a.size + b.size + 4)


def _matrix_products(a: Part, b: Part, wanted: set[tuple[int, ...]]) -> Iterator[Part]:
    x, y, size = a.value, b.value, a.size + b.size + 4

    def product(left: Any, right: Any) -> Callable[[], ast.expr]:
        return partial(binary, left, ast.MatMult(), right)

    if x.ndim == y.ndim == 2:
        if x.shape[1] == y.shape[0] and (x.shape[0], y.shape[1]) in wanted:
            yield Part(product(a.node, b.node), x @ y, size)
        if x.shape[0] == y.shape[0] and (x.shape[1], y.shape[1]) in wanted:
            yield Part(product(partial(transposed, a.node), b.node), x.T @ y, size + 2)
        if x.shape[1] == y.shape[1] and (x.shape[0], y.shape[0]) in wanted:
            yield Part(product(a.node, partial(transposed, b.node)), x @ y.T, size + 2)
    if x.ndim == 3 and y.ndim == 2:
        if x.shape[2] == y.shape[0] and (*x.shape[:2], y.shape[1]) in wanted:
            yield Part(product(a.node, b.node), x @ y, size)
        if x.shape[2] == y.shape[1] and (*x.shape[:2], y.shape[0]) in wanted:
            yield Part(product(a.node, partial(transposed, b.node)), x @ y.T, size + 2)
    if x.ndim == y.ndim == 3 and len(x) == len(y):
        for left, u in ((a.node, x), (partial(_of_stack, a.node), x.swapaxes(1, 2))):
            for right, v in ((b.node, y), (partial(_of_stack, b.node), y.swapaxes(1, 2))):
                if u.shape[2] == v.shape[1] and (len(x), u.shape[1], v.shape[2]) in wanted:
                    yield Part(product(left, right), u @ v, size + 2 * (u is not x) + 2 * (v is not y))
    if x.ndim == y.ndim == 1 and x.shape + y.shape in wanted:
        yield Part(partial(numpy_call, "outer", a.node, b.node), np.multiply.outer(x, y), size + 8)
    if {x.ndim, y.ndim} == {1, 2}:
        if x.shape[-1] == y.shape[0] and x.shape[:-1] + y.shape[1:] in wanted:
            yield Part(product(a.node, b.node), x @ y, size)
        if x.ndim == 2 and x.shape[0] == y.shape[0] and (x.shape[1],) in wanted:
            yield Part(product(partial(transposed, a.node), b.node), x.T @ y, size + 2)


def _entrywise_products(a: Part, b: Part, wanted: set[tuple[int, ...]]) -> Iterator[Part]:
    """Yield x * y and its sums over an axis, where one of them has a wanted shape."""
    x, y, size = a.value, b.value, a.size + b.size + 4
    if not (fits(y.shape, x.shape) or fits(x.shape, y.shape)):
        return
    whole = x.shape if fits(y.shape, x.shape) else y.shape
    reduced = {whole[1:], whole[:1] + whole[2:], (*whole[:1], 1, *whole[2:])} if len(whole) > 1 else set()
    if whole not in wanted and not reduced & wanted:
        return
    product = x * y
    node = partial(binary, a.node, ast.Mult(), b.node)
    yield Part(node, product, size)
    if product.ndim > 1:
        yield Part(partial(_total, node, axis=0), product.sum(axis=0), size + 14)
        yield Part(partial(_total, node, axis=1), product.sum(axis=1), size + 14)
        kept = product.sum(axis=1, keepdims=True)
        yield Part(partial(_total, node, axis=1, keepdims=True), kept, size + 26)


def differences(parts: list[Part]) -> Iterator[Part]:
    """Yield differences and quotients of two variables."""
    arrays = [
        p for p in parts if isinstance(p.value, np.ndarray) and p.value.dtype.kind == "f" and p.size <= 12
    ][:28]
    for a in arrays:
        for b in arrays:
            if a is not b and a.value.shape == b.value.shape:
                yield Part(partial(binary, a.node, ast.Sub(), b.node), a.value - b.value, a.size + b.size)
                if np.all(b.value):
                    yield Part(
                        partial(binary, a.node, ast.Div(), b.node), a.value / b.value, a.size + b.size + 8
                    )


def through_norms(parts: list[Part]) -> Iterator[Part]:
    """Yield the derivative through a softmax or a unit vector in scope: p * (dp - (p * dp).sum(axis=-1, ...)).

    Both are known by their values: the entries, or their squares, sum to 1 along an axis.
    """
    arrays = [
        p
        for p in parts
        if isinstance(p.value, np.ndarray) and p.value.dtype.kind == "f" and p.value.ndim and p.value.size
    ]
    for a in [p for p in arrays if p.size <= 16]:
        for axis in (-1, 0) if a.value.ndim > 1 else (-1,):
            softmax = np.min(a.value) >= 0 and _is_one(a.value.sum(axis=axis))
            if a.value.shape[axis] < 2 or not (softmax or _is_one((a.value**2).sum(axis=axis))):
                continue
            for b in [p for p in arrays[:PAIRED] if p is not a and p.value.shape == a.value.shape]:
                inner = partial(binary, a.node, ast.Mult(), b.node)
                total = partial(_total, inner, axis=axis, keepdims=True)
                summed = (a.value * b.value).sum(axis=axis, keepdims=True)
                size = 2 * (a.size + b.size) + 30
                if softmax:
                    rest = partial(binary, b.node, ast.Sub(), total)
                    yield Part(partial(binary, a.node, ast.Mult(), rest), a.value * (b.value - summed), size)
                else:
                    along = partial(binary, a.node, ast.Mult(), total)
                    yield Part(partial(binary, b.node, ast.Sub(), along), b.value - a.value * summed, size)


def _is_one(value: Any) -> bool:
    return bool(np.all(np.abs(value - 1) <= 1e-12))


def helped(parts: list[Part], helpers: list[str], names: dict[str, Any]) -> Iterator[Part]:
    """Yield the user's functions of one argument, of the arrays in scope."""
    arrays = [p for p in parts if isinstance(p.value, np.ndarray) and p.value.ndim and p.size <= 12][:20]
    for helper in helpers:
        for part in arrays:
            try:
                value = names[helper](part.value.copy())
            except Exception:
                break
            if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.shape == part.value.shape:
                yield Part(partial(called, helper, part.node), value, part.size + len(helper))
