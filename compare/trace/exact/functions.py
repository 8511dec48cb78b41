"""NumPy's functions, and some of scipy.special's, in cells."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...common.arrays import Array
from ..recording.tape import cast
from ..rules.common import axes_of, bound
from . import contractions, linear
from .moving import moved
from .terms import Terms
from .ufuncs import absolute, extremum, rows, running

Lower = Callable[[Terms], Array | list[Array] | None]


def _given(t: Terms, names: str) -> dict[str, Any]:
    found = {k: v for k, v in bound(t.operation, names).items() if v is not np._NoValue}
    return {k: v for k, v in found.items() if v is not None or k == "axis"}


def _kept(t: Terms, found: Array, shape: tuple[int, ...], axes: tuple[int, ...], kept: Any) -> Array:
    return found.reshape([1 if i in axes else n for i, n in enumerate(shape)]) if kept else found


def _mean(t: Terms) -> Array | None:
    given = _given(t, "a axis dtype out keepdims where")
    cells = t.cells(given["a"])
    axes = axes_of(given.get("axis"), cells.ndim)
    found, _ = _averaged(t, cells, axes, given.get("where"))
    return _kept(t, found, cells.shape, axes, given.get("keepdims"))


def _averaged(t: Terms, cells: Array, axes: tuple[int, ...], where: Any) -> tuple[Array, Array]:
    """Return the means along the axes, and how many entries each has."""
    if where is None or where is True:
        terms = rows(cells, axes)
        count = t.number(terms.shape[-1])
        return t.apply("div", t.program.sum(terms), count), count
    mask = np.broadcast_to(np.asarray(t.numbers(where), bool), cells.shape)
    counts = t.program.constant(rows(mask, axes).sum(-1).astype(np.float64))
    return t.apply("div", t.program.sum(rows(np.where(mask, cells, 0), axes)), counts), counts


def _variance(t: Terms) -> Array | None:
    given = _given(t, "a axis dtype out ddof keepdims where")
    cells = t.cells(given["a"])
    axes = axes_of(given.get("axis"), cells.ndim)
    where = given.get("where")
    mean, count = _averaged(t, cells, axes, where)
    mean = mean.reshape([1 if i in axes else n for i, n in enumerate(cells.shape)])
    off = t.apply("sub", cells, mean)
    squares = t.apply("mul", off, off)
    if where is not None and where is not True:
        squares = np.where(np.broadcast_to(np.asarray(t.numbers(where), bool), cells.shape), squares, 0)
    ddof = given.get("ddof", given.get("correction", 0))
    if ddof:
        count = t.apply("sub", count, t.number(float(t.numbers(ddof))))
    found = t.apply("div", t.program.sum(rows(squares, axes)), count)
    if t.operation.function is np.std:
        found = t.apply("sqrt", found)
    return _kept(t, found, cells.shape, axes, given.get("keepdims"))


def _where(t: Terms) -> Array | None:
    if len(t.operation.args) != 3:
        return None
    condition, a, b = t.operation.args
    return np.where(np.asarray(t.numbers(condition), bool), t.cells(a), t.cells(b))


def _clip(t: Terms) -> Array | None:
    given = _given(t, "a a_min a_max")
    cells, numbers = t.cells(given["a"]), np.asarray(t.numbers(given["a"]))
    for name, other, largest in (("a_min", "min", True), ("a_max", "max", False)):
        limit = given.get(name, given.get(other))
        if limit is not None:
            edge = np.asarray(t.numbers(limit))
            cells = t.choose(cells, t.cells(limit), numbers, edge, largest)
            numbers = np.maximum(numbers, edge) if largest else np.minimum(numbers, edge)
    return cells


def _sorted(t: Terms) -> Array | None:
    given = _given(t, "a axis kind order")
    axis = given.get("axis", -1)
    cells, numbers = t.cells(given["a"]), np.asarray(t.numbers(given["a"]))
    if axis is None:
        cells, numbers, axis = cells.ravel(), numbers.ravel(), 0
    found = np.take_along_axis(cells, np.argsort(numbers, axis=axis, kind="stable"), axis)
    ordered = np.moveaxis(found, axis, -1)
    t.note(ordered[..., 1:], ordered[..., :-1])
    return found


def _cumulative(ufunc: Any) -> Lower:
    def lower(t: Terms) -> Array | None:
        given = _given(t, "a axis dtype out")
        return running(t, ufunc, t.cells(given["a"]), t.numbers(given["a"]), given.get("axis"))

    return lower


def _softmax(t: Terms) -> Array | None:
    """softmax, log_softmax and logsumexp of scipy.special, as they are defined."""
    name = t.operation.function.__name__
    given = _given(t, "a axis b keepdims return_sign" if name == "logsumexp" else "x axis")
    if given.get("b") is not None or given.get("return_sign"):
        return None
    operand = given.get("a", given.get("x"))
    cells, numbers = t.cells(operand), np.asarray(t.numbers(operand))
    axes = axes_of(given.get("axis"), cells.ndim)
    shape = [1 if i in axes else n for i, n in enumerate(cells.shape)]
    # Any shift gives the same numbers: this one keeps them small, and is no choice.
    shift = t.program.constant(np.max(numbers, axis=axes, keepdims=True).astype(np.float64))
    shifted = t.apply("sub", cells, shift)
    powers = t.apply("exp", shifted)
    total = t.program.sum(rows(powers, axes)).reshape(shape)
    if name == "softmax":
        return t.apply("div", powers, total)
    if name == "log_softmax":
        return t.apply("sub", shifted, t.apply("log", total))
    found = t.apply("add", t.apply("log", total), shift)
    return found if given.get("keepdims") else rows(found, axes)[..., 0]


def _norm(t: Terms) -> Array | None:
    given = _given(t, "x ord axis keepdims")
    cells, axis, order = t.cells(given["x"]), given.get("axis"), given.get("ord")
    vectors = cells.ndim == 1 or (axis is not None and np.ndim(axis) == 0)
    if order == "fro" or (order == 2 and vectors):
        order = None
    axes = axes_of(axis, cells.ndim)
    terms = rows(cells, axes)
    if order is None:
        found = t.apply("sqrt", t.program.sum(t.apply("mul", terms, terms)))
    elif order in (1, np.inf) and vectors:
        numbers = rows(np.asarray(t.numbers(given["x"])), axes)
        sizes = absolute(t, terms, numbers)
        found = t.program.sum(sizes) if order == 1 else extremum(t, sizes, np.abs(numbers), True)
    else:
        return None
    return _kept(t, found, cells.shape, axes, given.get("keepdims"))


def _sinc(t: Terms) -> Array:
    """sin(pi x) / (pi x), and 1 at 0."""
    cells, numbers = t.cells(t.operation.args[0]), np.asarray(t.numbers(t.operation.args[0]))
    x = t.apply("mul", np.where(numbers == 0, 1, cells), t.apply("pi", t.number(1)))
    return np.where(numbers == 0, 1, t.apply("div", t.apply("sin", x), x))


def _with_nans(t: Terms) -> Array | None:
    given = _given(t, "a axis dtype out keepdims")
    cells, numbers = t.cells(given["a"]), np.asarray(t.numbers(given["a"]))
    axes, there = axes_of(given.get("axis"), cells.ndim), ~np.isnan(numbers)
    found = t.program.sum(rows(np.where(there, cells, 0), axes))
    if t.operation.function is np.nanmean:
        found = t.apply("div", found, t.program.constant(rows(there, axes).sum(-1).astype(np.float64)))
    return _kept(t, found, cells.shape, axes, given.get("keepdims"))


def _range(t: Terms) -> Array | None:
    given = _given(t, "a axis out keepdims")
    cells, numbers = t.cells(given["a"]), np.asarray(t.numbers(given["a"]))
    axes = axes_of(given.get("axis"), cells.ndim)
    terms, values = rows(cells, axes), rows(numbers, axes)
    found = t.apply("sub", extremum(t, terms, values, True), extremum(t, terms, values, False))
    return _kept(t, found, cells.shape, axes, given.get("keepdims"))


def _same(t: Terms) -> Array:
    return t.cells(t.operation.args[0])


def _constant(t: Terms) -> Array:
    return t.program.constant(t.operation.writes[0].array)


def _interpolated(t: Terms) -> Array | None:
    """Lower np.interp: f_i + (f_(i+1) - f_i) (x - x_i) / (x_(i+1) - x_i) between the knots, the end's value beyond."""
    given = _given(t, "x xp fp left right period")
    cells, x, xp = t.cells(given["x"]), np.asarray(t.numbers(given["x"])), np.asarray(t.numbers(given["xp"]))
    if len(given) > 3 or len(xp) < 2:
        return None
    knots, heights = t.cells(given["xp"]), t.cells(given["fp"])
    i = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, len(xp) - 2)
    inside = (x >= xp[0]) & (x <= xp[-1])
    t.note(np.where(inside, cells, 0), np.where(inside, knots[i], 0))
    t.note(np.where(inside, knots[i + 1], 0), np.where(inside, cells, 0))
    rise, run = (t.apply("sub", a[i + 1], a[i]) for a in (heights, knots))
    slope = t.apply("div", rise, run)
    between = t.apply("add", heights[i], t.apply("mul", slope, t.apply("sub", cells, knots[i])))
    return np.where(inside, between, np.where(x < xp[0], heights[0], heights[-1]))


def _counted(t: Terms) -> Array | None:
    given = _given(t, "x weights minlength")
    if "weights" not in given:
        return None
    weights, places = t.cells(given["weights"]).ravel(), np.ravel(t.numbers(given["x"]))
    order = np.argsort(places, kind="stable")
    into = places[order]
    starts = np.flatnonzero(np.diff(into, prepend=-1))
    found = np.zeros(np.shape(t.operation.writes[0].array), np.int64)
    found[into[starts]] = t.program.segments(weights[order], starts)
    return found


FUNCTIONS: dict[Any, Lower] = {
    np.mean: _mean,
    np.var: _variance,
    np.std: _variance,
    np.where: _where,
    np.clip: _clip,
    np.sort: _sorted,
    np.cumsum: _cumulative(np.add),
    np.cumprod: _cumulative(np.multiply),
    np.dot: contractions.dot,
    np.inner: contractions.dot,
    np.outer: contractions.dot,
    np.vdot: contractions.dot,
    np.tensordot: contractions.tensordot,
    np.einsum: contractions.einsum,
    np.linalg.norm: _norm,
    np.nansum: _with_nans,
    np.nanmean: _with_nans,
    np.ptp: _range,
    np.sinc: _sinc,
    np.bincount: _counted,
    np.interp: _interpolated,
    np.round: _constant,
    np.around: _constant,
    np.fix: _constant,
    cast: _same,
    np.linalg.inv: linear.inverse,
    np.linalg.solve: linear.solution,
    np.linalg.det: linear.determinant,
    np.linalg.slogdet: linear.log_determinant,
    np.linalg.cholesky: linear.cholesky,
}
OF_SCIPY: dict[str, Lower] = {"softmax": _softmax, "log_softmax": _softmax, "logsumexp": _softmax}


def lower(t: Terms) -> Array | list[Array] | None:
    """Return the cells of a function's results, or None where it has no formula here."""
    function = t.operation.function
    known = FUNCTIONS.get(function)
    if known is None and (getattr(function, "__module__", None) or "").startswith("scipy.special"):
        known = OF_SCIPY.get(getattr(function, "__name__", ""))
    if known is not None:
        found = known(t)
        if found is not None:
            return found
    return moved(t)
