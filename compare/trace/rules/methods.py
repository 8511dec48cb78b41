"""The derivatives of the methods of ufuncs, and of reading a part of an array."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...common.arrays import Array
from ..recording.tape import Operation
from .common import Found, axes_of, bound, plain, silenced, spread, summed_to, wanted
from .differenced import differenced
from .ufuncs import rules_of

_REDUCE = "array axis dtype out keepdims initial where"


def _reduced(operation: Operation, g: Any) -> Found:
    given = bound(operation, _REDUCE)
    value, function = given["array"], operation.function
    if any(wanted(v) for n, v in given.items() if n != "array"):  # initial
        yield from differenced(operation, [g])
        return
    x, where = value.array, plain(given.get("where", True))
    axes, kept = axes_of(given.get("axis", 0), x.ndim), bool(given.get("keepdims"))
    if function is np.add:
        found = spread(g, x.shape, axes, kept)
    elif function is np.multiply:
        initial = given.get("initial", 1)
        found = spread(g, x.shape, axes, kept) * (1 if initial is None else initial)
        found = found * _product_of_others(x if where is True else np.where(where, x, 1), axes)
    elif function in (np.maximum, np.minimum, np.fmax, np.fmin):
        ties = (x == spread(operation.writes[0].array, x.shape, axes, kept)) & where
        found = spread(g, x.shape, axes, kept) * ties / np.maximum(ties.sum(axis=axes, keepdims=True), 1)
    elif function is np.logaddexp:
        found = spread(g, x.shape, axes, kept)
        found = silenced(found * np.exp(x - spread(operation.writes[0].array, x.shape, axes, kept)), found)
    else:
        yield from differenced(operation, [g])
        return
    yield value, found if where is True else np.where(where, found, 0.0)


def _product_of_others(x: Array, axes: tuple[int, ...]) -> Array:
    """Return, for each entry, the product of the others along `axes`; an entry may be 0."""
    zero = x == 0
    if not zero.any():
        return x.prod(axis=axes, keepdims=True) / x
    zeros = zero.sum(axis=axes, keepdims=True)
    others = np.where(zero, 1, x)
    rest = others.prod(axis=axes, keepdims=True)
    return np.where(zeros == 0, rest / others, np.where((zeros == 1) & zero, rest, 0))


def _accumulated(operation: Operation, g: Any) -> Found:
    given = bound(operation, "array axis dtype out")
    yield from accumulated(operation.function, operation, given["array"], given.get("axis", 0), g)


def accumulated(ufunc: Any, operation: Operation, value: Any, axis: Any, g: Any) -> Found:
    """Hand back what a running sum, product or extremum along an axis, or over all entries, received."""
    x = np.asarray(value.array)
    if axis is None:
        x, axis, g = x.ravel(), 0, np.ravel(g)
    given = g
    x, g, shape = np.moveaxis(x, axis, 0), np.moveaxis(np.asarray(g), axis, 0), np.shape(value.array)
    if ufunc is np.add:
        found = running_back(g, 0)
    elif ufunc is np.multiply:
        found = _running_product(x, g)
    elif ufunc in (np.maximum, np.minimum):
        best = ufunc.accumulate(x, axis=0)
        first = np.concatenate([np.ones_like(best[:1], bool), best[1:] != best[:-1]])
        steps = np.arange(len(x)).reshape((-1,) + (1,) * (x.ndim - 1))
        origin = np.maximum.accumulate(np.where(first, steps, 0), axis=0)
        found = np.zeros(x.shape)
        np.add.at(found, (origin, *np.indices(x.shape, sparse=True)[1:]), g)
    else:
        yield from differenced(operation, [given])
        return
    yield value, np.moveaxis(found, 0, axis).reshape(shape)


def running_back(g: Array, axis: int) -> Array:
    """Sum along an axis from its end."""
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


def _running_product(x: Array, g: Array) -> Array:
    zero = x == 0
    if not zero.any():
        return running_back(g * np.multiply.accumulate(x, axis=0), 0) / x
    order = np.cumsum(zero, axis=0)
    without = np.multiply.accumulate(np.where(zero & (order == 1), 1.0, x), axis=0)  # but for the first 0
    of_first = running_back(g * without, 0)
    rest = running_back(g * np.multiply.accumulate(x, axis=0), 0) / np.where(zero, 1.0, x)
    return np.where(zero, np.where(order == 1, of_first, 0.0), rest)


def _reduced_at(operation: Operation, g: Any) -> Found:
    given = bound(operation, "array indices axis dtype out")
    value = given["array"]
    if operation.function is not np.add or not wanted(value):
        yield from differenced(operation, [g])
        return
    axis, starts = given.get("axis", 0), np.asarray(plain(given["indices"]))
    found = np.zeros(np.shape(value.array))
    parts, g = np.moveaxis(found, axis, 0), np.moveaxis(np.asarray(g), axis, 0)
    ends = np.append(starts[1:], len(parts))
    for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
        parts[start : max(end, start + 1)] += g[i]
    yield value, found


def _outer(operation: Operation, g: Any) -> Found:
    """Treat ufunc.outer(a, b) as the ufunc of a with axes added behind and b."""
    a, b = operation.args
    rules = rules_of(operation.function)
    if rules is None or operation.kwargs or operation.function.signature is not None:
        yield from differenced(operation, [g])
        return
    x, y = np.asarray(plain(a)), np.asarray(plain(b))
    left = x.reshape(x.shape + (1,) * y.ndim)
    for value, rule, shape in ((a, rules[0], left.shape), (b, rules[1], y.shape)):
        if wanted(value):
            found = summed_to(silenced(rule(g, operation.writes[0].array, left, y), g), shape)
            yield value, found.reshape(value.array.shape)


def _taken(operation: Operation, g: Any) -> Found:
    value, key = operation.args
    found = np.zeros(value.array.shape)
    if isinstance(key, np.ndarray) and key.dtype == bool:
        found[key] = g
    else:
        np.add.at(found, key, g)
    yield value, found


METHODS: dict[str, Callable[[Operation, Any], Found]] = {
    "reduce": _reduced,
    "accumulate": _accumulated,
    "reduceat": _reduced_at,
    "outer": _outer,
    "getitem": _taken,
}
