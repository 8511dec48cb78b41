"""Finite differences of one operation at its own operands, where no rule is known for it."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from ...common.arrays import Array
from ..recording.memory import Value
from ..recording.tape import Operation
from .common import Found, NoRuleError, summed_to, wanted

DIFFERENCED = 4_000  # entries; more of them are not differenced
# Of the largest entry: what extrapolated differences may be off. The largest that was measured, over all operations of
# tests/compare/trace/rules/checking.py, is 3e-10.
ERROR = 1e-10
LINEAR = 1e-12  # of the terms of a sum: what rounding leaves of it
ROUGH = 1e-5  # relative; two estimates of a smooth operation's slope lie closer by orders of magnitude


def _extrapolated(slopes: list[Any], name: str) -> Any:
    """Extrapolate central differences with steps h, h/2 and h/4. Raises NoRuleError where they disagree."""
    once = [(4 * b - a) / 3 for a, b in pairwise(slopes)]
    best = (16 * once[1] - once[0]) / 15
    apart = np.abs(once[1] - once[0])
    if np.any(apart > ROUGH * (np.abs(best) + np.max(np.abs(best), initial=0.0) + 1e-3)):
        raise NoRuleError(name)  # a jump or a kink lies within the steps
    return best


def differenced_ufunc(operation: Operation, g: Any) -> Found:
    """Difference a ufunc without a rule, all entries at once."""
    operation.differenced = True
    plain = list(operation.arguments()[0])
    for i, value in enumerate(operation.args):
        if not wanted(value):
            continue
        x = np.asarray(plain[i], np.float64)
        h = 1e-3 * np.maximum(np.abs(x), 0.1)

        def at(step: Array, i: int = i, x: Array = x) -> Array:
            return operation.function(*plain[:i], x + step, *plain[i + 1 :])

        slopes = [(at(h / k) - at(-h / k)) / (2 * h / k) for k in (1, 2, 4)]
        yield value, summed_to(g * _extrapolated(slopes, operation.name), value.array.shape)


def differenced(operation: Operation, gs: list[Array | None]) -> Found:
    """Difference an operation, entry by entry. Raises NoRuleError where it has too many entries or is not smooth."""
    if isinstance(
        getattr(operation.function, "__self__", None), (np.random.Generator, np.random.RandomState)
    ):
        raise NoRuleError(operation.name)
    operation.differenced = True
    moving = [v for v in operation.reads if v.active and np.asarray(v.array).dtype.kind == "f"]
    if sum(np.size(v.array) for v in moving) > DIFFERENCED:
        raise NoRuleError(operation.name)
    call = (
        operation.function
        if operation.method == "__call__"
        else getattr(operation.function, operation.method)
    )

    def product() -> tuple[float, float]:
        args, kwargs = operation.arguments()
        results = call(*args, **kwargs)
        arrays = [results] if not isinstance(results, (list, tuple)) else results
        arrays = [a for a in arrays if isinstance(a, (np.ndarray, np.floating, float))]
        if len(arrays) != len(gs):
            raise NoRuleError(operation.name)
        terms = [np.asarray(a) * g for a, g in zip(arrays, gs, strict=True) if g is not None]
        return sum(float(t.sum()) for t in terms), sum(float(np.abs(t).sum()) for t in terms)

    singles = [(v, v.array) for v in operation.reads if np.asarray(v.array).dtype in (np.float32, np.float16)]
    for value, array in singles:  # their rounding is too coarse for differences
        value.array = np.asarray(array, np.float64)
    try:
        yield from _one_by_one(operation, moving, product)
    finally:
        for value, array in singles:
            value.array = array


def _one_by_one(
    operation: Operation, moving: list[Value], product: Callable[[], tuple[float, float]]
) -> Found:
    for value in moving:
        kept = value.array
        work = value.array = np.array(kept, np.float64)
        slopes = np.zeros((3, *work.shape))
        try:
            straight = _linear(work, product)
            if straight is not None:
                yield value, straight
                continue
            for index in np.ndindex(work.shape):
                here = float(work[index])
                h = 1e-3 * max(abs(here), 0.1)
                for i, k in enumerate((1, 2, 4)):
                    work[index] = here + h / k
                    up, _ = product()
                    work[index] = here - h / k
                    slopes[(i, *index)] = (up - product()[0]) / (2 * h / k)
                work[index] = here
        except Exception as error:
            raise NoRuleError(operation.name) from error
        finally:
            value.array = kept
        yield value, _extrapolated(list(slopes), operation.name)


def _linear(work: Array, product: Callable[[], tuple[float, float]]) -> Array | None:
    """Return the slopes where `product` is linear in the array, of any size; else None. The array stays as it is.

    product: the number, and the sum of the sizes of its terms.
    """
    kept, slopes, sizes = work.copy(), np.zeros(work.shape), np.zeros(work.shape)
    try:
        with np.errstate(all="ignore"):
            work[...] = 0.0
            start, size = product()
            for index in np.ndindex(work.shape):
                work[index] = 1.0
                at, sizes[index] = product()
                slopes[index] = at - start
                work[index] = 0.0
            drawn = np.random.default_rng(work.size).normal(size=work.shape)
            for point in (kept, drawn * np.abs(kept).max(initial=0.0)):
                work[...] = point
                at, here = product()
                room = LINEAR * (float((sizes * np.abs(point)).sum()) + here + size)
                if not abs(at - start - float((slopes * point).sum())) <= room:
                    return None
        return slopes
    except Exception:
        return None
    finally:
        work[...] = kept
