"""The derivatives of NumPy's functions that have a rule here."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...common.arrays import Array
from ..recording.tape import Operation, cast
from .common import Found, axes_of, bound, plain, spread, summed_to, wanted
from .differenced import differenced
from .methods import accumulated


def _dotted(operation: Operation, g: Any) -> Found:
    left, right = operation.args[:2]
    a, b, g = np.asarray(plain(left)), np.asarray(plain(right)), np.asarray(g)
    function = operation.function
    found: tuple[Any, Any]
    if function is np.outer:
        found = g @ b.ravel(), a.ravel() @ g
    elif function is np.vdot:
        found = g * b.ravel(), g * a.ravel()
    elif a.ndim == 0 or b.ndim == 0:
        found = summed_to(g * b, a.shape), summed_to(g * a, b.shape)
    elif a.ndim == b.ndim == 1:
        found = g * b, g * a
    elif function is np.dot and b.ndim > 1:  # the last axis of a with the last but one of b
        rest = np.moveaxis(b, -2, 0)
        found = (
            np.tensordot(g, rest, (range(a.ndim - 1, g.ndim), range(1, rest.ndim))),
            np.moveaxis(np.tensordot(a, g, (range(a.ndim - 1), range(a.ndim - 1))), 0, -2),
        )
    else:  # the last axes
        found = (
            np.tensordot(g, b, (range(a.ndim - 1, g.ndim), range(b.ndim - 1))),
            np.tensordot(g, a, (range(a.ndim - 1), range(a.ndim - 1))),
        )
    for value, cotangent in zip((left, right), found, strict=True):
        if wanted(value):
            yield value, np.asarray(cotangent).reshape(value.array.shape)


def _averaged(operation: Operation, g: Any) -> Found:
    names = (
        "a axis dtype out keepdims where"
        if operation.function is np.mean
        else "a axis dtype out ddof keepdims where"
    )
    given = bound(operation, names)
    value = given["a"]
    x = np.asarray(value.array)
    kept = given.get("keepdims")
    kept = kept is not None and kept is not np._NoValue and bool(kept)
    axes = axes_of(given.get("axis"), x.ndim)
    where = plain(given.get("where", True))
    where = True if where is np._NoValue else where
    g = spread(g, x.shape, axes, kept)
    count: Any = np.prod([x.shape[a] for a in axes])
    if where is not True:
        count = np.sum(np.broadcast_to(where, x.shape), axis=axes, keepdims=True)
        g = np.where(where, g, 0.0)
    if operation.function is np.mean:
        yield value, g / count
        return
    off = x - np.mean(x, axis=axes, keepdims=True, where=where)
    slope = g * 2 / (count - given.get("ddof", given.get("correction", 0)))
    if operation.function is np.std:
        deviation = spread(operation.writes[0].array, x.shape, axes, kept)
        slope = slope * 0.5 / np.where(deviation == 0, np.inf, deviation)
    yield value, slope * off


def _where(operation: Operation, g: Any) -> Found:
    condition, a, b = operation.args
    truth = plain(condition)
    for value, chosen in ((a, truth), (b, np.logical_not(truth))):
        if wanted(value):
            yield value, summed_to(np.where(chosen, g, 0.0), np.shape(value.array))


def _clipped(operation: Operation, g: Any) -> Found:
    given = bound(operation, "a a_min a_max")
    value = given["a"]
    low, high = given.get("a_min", given.get("min")), given.get("a_max", given.get("max"))
    x, lower, upper = (plain(v) for v in (value, low, high))
    raised = np.zeros(np.shape(g), bool) if lower is None else np.broadcast_to(np.less(x, lower), np.shape(g))
    reached = x if lower is None else np.maximum(x, lower)
    cut = (
        np.zeros(np.shape(g), bool)
        if upper is None
        else np.broadcast_to(np.greater(reached, upper), np.shape(g))
    )
    for operand, chosen in ((value, ~raised & ~cut), (low, raised & ~cut), (high, cut)):
        if wanted(operand):
            yield operand, summed_to(np.where(chosen, g, 0.0), np.shape(operand.array))


def _sorted(operation: Operation, g: Any) -> Found:
    """Pair the entries of a sorted, or partly sorted, array with those of the original by their rank."""
    names = "a kth axis kind order" if operation.function is np.partition else "a axis kind order"
    given = bound(operation, names)
    value, axis = given["a"], given.get("axis", -1)
    x, result, g = np.asarray(value.array), np.asarray(operation.writes[0].array), np.asarray(g)
    if axis is None:
        x, axis = x.ravel(), 0
    found = np.empty(x.shape)
    ranked = np.take_along_axis(g, np.argsort(result, axis=axis, kind="stable"), axis)
    np.put_along_axis(found, np.argsort(x, axis=axis, kind="stable"), ranked, axis)
    yield value, found.reshape(np.shape(value.array))


def _same(operation: Operation, g: Any) -> Found:
    yield operation.args[0], np.asarray(g, np.float64)


def _zero(operation: Operation, g: Any) -> Found:
    yield operation.args[0], np.zeros(np.shape(plain(operation.args[0])))


def _accumulated(ufunc: Any) -> Callable[[Operation, Any], Found]:
    def rule(operation: Operation, g: Any) -> Found:
        given = bound(operation, "a axis dtype out")
        yield from accumulated(ufunc, operation, given["a"], given.get("axis"), g)

    return rule


def _ranged(operation: Operation, g: Any) -> Found:
    given = bound(operation, "a axis out keepdims")
    value, x = given["a"], np.asarray(given["a"].array)
    axes = axes_of(given.get("axis"), x.ndim)
    kept = given.get("keepdims") is True
    g, total = spread(g, x.shape, axes, kept), np.zeros(x.shape)
    for best, sign in ((np.max, 1), (np.min, -1)):
        ties = x == best(x, axis=axes, keepdims=True)
        total += sign * g * ties / ties.sum(axis=axes, keepdims=True)
    yield value, total


def _cleaned(operation: Operation, g: Any) -> Found:
    """nan_to_num: autograd's rule takes no options."""
    yield operation.args[0], np.where(np.isfinite(plain(operation.args[0])), g, 0.0)


def _log_determinant(operation: Operation, gs: list[Array | None]) -> Found:
    """slogdet: autograd's rule does not take a plain tuple for the result."""
    value, g = operation.args[0], gs[-1]
    if g is not None:
        yield value, np.asarray(g)[..., None, None] * np.swapaxes(np.linalg.inv(value.array), -1, -2)


def _with_nans(operation: Operation, g: Any) -> Found:
    given = bound(operation, "a axis dtype out keepdims")
    value, x = given["a"], np.asarray(given["a"].array)
    if "where" in given or "initial" in given:
        yield from differenced(operation, [g])
        return
    axes, there = axes_of(given.get("axis"), x.ndim), ~np.isnan(x)
    g = spread(g, x.shape, axes, given.get("keepdims") is True)
    count = there.sum(axis=axes, keepdims=True) if operation.function is np.nanmean else 1
    yield value, np.where(there, g, 0.0) / count


def _softmax(operation: Operation, g: Any) -> Found:
    """softmax, log_softmax and logsumexp of scipy.special."""
    name = operation.function.__name__
    given = bound(operation, "a axis b keepdims return_sign" if name == "logsumexp" else "x axis")
    value = operation.args[0] if operation.args else given["x"]
    x = np.asarray(value.array, np.float64)
    axes = axes_of(given.get("axis"), x.ndim)
    if given.get("b") is not None or given.get("return_sign"):
        yield from differenced(operation, [g])
        return
    shifted = np.exp(x - np.max(x, axis=axes, keepdims=True))
    p = shifted / shifted.sum(axis=axes, keepdims=True)
    if name == "logsumexp":
        yield value, p * spread(g, x.shape, axes, bool(given.get("keepdims")))
    elif name == "log_softmax":
        yield value, g - p * np.sum(g, axis=axes, keepdims=True)
    else:
        yield value, p * (g - np.sum(g * p, axis=axes, keepdims=True))


FUNCTIONS: dict[Any, Callable[[Operation, Any], Found]] = {
    np.dot: _dotted,
    np.inner: _dotted,
    np.outer: _dotted,
    np.vdot: _dotted,
    np.mean: _averaged,
    np.var: _averaged,
    np.std: _averaged,
    np.where: _where,
    np.clip: _clipped,
    np.sort: _sorted,
    np.partition: _sorted,
    np.cumsum: _accumulated(np.add),
    np.cumprod: _accumulated(np.multiply),
    np.ptp: _ranged,
    np.nan_to_num: _cleaned,
    np.nansum: _with_nans,
    np.nanmean: _with_nans,
    np.round: _zero,
    np.around: _zero,
    np.fix: _zero,
    cast: _same,
}
if hasattr(np, "astype"):
    FUNCTIONS[np.astype] = _same
SEVERAL: dict[Any, Callable[[Operation, list[Array | None]], Found]] = {np.linalg.slogdet: _log_determinant}
OF_SCIPY = {"softmax": _softmax, "log_softmax": _softmax, "logsumexp": _softmax}
