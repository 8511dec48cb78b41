"""What the rules share: their types, and how broadcasting is undone."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ...common.arrays import Array
from ..recording.memory import Value
from ..recording.tape import Operation


class NoRuleError(Exception):
    """No rule is known for an operation, and it cannot be differenced."""


Rule = Callable[..., Any]
Found = Iterator[tuple[Value, Array]]  # operands, each with its cotangent


def wanted(value: Any) -> bool:
    """Whether an operand is a value that may depend on a parameter."""
    return isinstance(value, Value) and value.active


def summed_to(g: Any, shape: tuple[int, ...]) -> Array:
    """Undo broadcasting: sum `g` to the shape of the operand."""
    if type(g) is not np.ndarray:
        g = np.asarray(g)
    if g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    if extra > 0:
        g = np.add.reduce(g, axis=tuple(range(extra)))
    along = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1)
    if along:
        g = np.add.reduce(g, axis=along, keepdims=True)
    return g if g.shape == shape else np.broadcast_to(g, shape)


def silenced(found: Any, g: Any) -> Any:
    """Return `found` with 0 where the cotangent `g` is 0: an entry that does not count has no infinite slope."""
    if math.isfinite(np.add.reduce(found, axis=None) if isinstance(found, np.ndarray) else found):
        return found
    return np.where(np.equal(g, 0), 0.0, found)


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return the axes that an `axis` argument names, none of them negative."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(int(a) % max(ndim, 1) for a in (axis if isinstance(axis, tuple) else (axis,)))


def spread(a: Any, shape: tuple[int, ...], axes: tuple[int, ...], kept: bool) -> Array:
    """Broadcast the result of a reduction along `axes` to the shape of what was reduced."""
    a = np.asarray(a)
    if not kept and shape:
        for i in sorted(axes):
            a = np.expand_dims(a, i)
    return np.broadcast_to(a, shape)


def bound(operation: Operation, names: str) -> Mapping[str, Any]:
    """Return {name: argument as recorded} of a call; names: those of the positional arguments, in their order."""
    return {**dict(zip(names.split(), operation.args, strict=False)), **operation.kwargs}


def plain(argument: Any) -> Any:
    """Return the entries of an operand, or the argument itself."""
    return argument.array if isinstance(argument, Value) else argument
