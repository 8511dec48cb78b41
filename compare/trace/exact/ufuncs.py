"""NumPy's ufuncs, and those of scipy.special, in cells."""

from typing import Any

import numpy as np

from ...common.arrays import Array
from ..rules.common import axes_of
from .formulas import FORMULAS, SPECIAL
from .terms import Terms, tied

EXTREMA = {np.maximum: True, np.fmax: True, np.minimum: False, np.fmin: False}
CONSTANT = (np.sign, np.floor, np.ceil, np.trunc, np.rint, np.floor_divide)


def lower(t: Terms) -> Array | None:
    """Return the cells of a ufunc's result, or None where it has no formula here."""
    operation = t.operation
    function, method = operation.function, operation.method
    kwargs = {k: v for k, v in operation.kwargs.items() if k not in ("dtype", "casting", "order", "subok")}
    if method == "__call__":
        if kwargs or len(operation.writes) > 1:
            return None
        return _called(t, function, operation.args)
    if method == "outer":
        a, b = operation.args
        x, y = np.asarray(t.numbers(a)), np.asarray(t.numbers(b))
        shape = (..., *[None] * y.ndim)
        return _applied(t, function, [t.cells(a)[shape], t.cells(b)], [x[shape], y])
    if method == "reduce":
        return _reduced(t, function, kwargs)
    if method == "accumulate":
        return _accumulated(t, function, kwargs)
    if method == "reduceat" and function is np.add:
        cells, axis = t.cells(operation.args[0]), int(kwargs.get("axis", 0))
        return reduced_at(t, cells, t.numbers(operation.args[1]), axis)
    return None


def _called(t: Terms, function: Any, args: tuple) -> Array | None:
    return _applied(t, function, [t.cells(a) for a in args], [np.asarray(t.numbers(a)) for a in args])


def _applied(t: Terms, function: Any, cells: list[Array], numbers: list[Any]) -> Array | None:
    """Return the cells of a ufunc of operands with these cells and numbers."""
    formula = FORMULAS.get(function) or (
        SPECIAL.get(function.__name__) if function.signature is None else None
    )
    if formula is not None:
        return formula(t, *cells)
    if function in EXTREMA:
        return t.choose(cells[0], cells[1], numbers[0], numbers[1], EXTREMA[function])
    if function in (np.absolute, np.fabs):
        return absolute(t, cells[0], numbers[0])
    if function in (np.power, np.float_power):
        return _power(t, cells, numbers)
    if function is np.matmul:
        return matmul(t, *cells)
    if function in CONSTANT:
        return t.program.constant(t.operation.writes[0].array)
    if function in (np.remainder, np.fmod):
        x, y = numbers
        whole = np.floor(np.true_divide(x, y)) if function is np.remainder else np.trunc(np.true_divide(x, y))
        return t.apply("sub", cells[0], t.apply("mul", t.program.constant(whole), cells[1]))
    if function is np.copysign:
        flipped = np.signbit(numbers[0]) != np.signbit(numbers[1])
        return np.where(flipped, t.apply("neg", cells[0]), cells[0])
    if function is np.cbrt:
        x = np.asarray(numbers[0])
        size = absolute(t, cells[0], x)
        root = t.apply("exp", t.apply("div", t.apply("log", size), t.number(3)))
        return np.where(x < 0, t.apply("neg", root), np.where(x == 0, 0, root))
    name = function.__name__
    if name == "heaviside":
        return t.program.constant(t.operation.writes[0].array)
    if name == "xlogy":
        return np.where(np.equal(numbers[0], 0), 0, _times_log(t, cells, numbers[0], numbers[1]))
    if name == "entr":
        x = np.asarray(numbers[0])
        return np.where(x == 0, 0, t.apply("neg", _times_log(t, [cells[0], cells[0]], x, x)))
    if name == "rel_entr":
        ratio = t.apply("div", cells[0], cells[1])
        return np.where(np.equal(numbers[0], 0), 0, t.apply("mul", cells[0], t.apply("log", ratio)))
    if name == "vecdot":
        a, b = np.broadcast_arrays(*cells)
        return t.program.sum(t.apply("mul", a, b))
    return None


def _times_log(t: Terms, cells: list[Array], x: Any, y: Any) -> Array:
    inside = np.where(np.equal(x, 0), 1, cells[1])
    return t.apply("mul", cells[0], t.apply("log", inside))


def absolute(t: Terms, cells: Array, numbers: Any) -> Array:
    """Return the cells of the sizes of entries."""
    numbers = np.asarray(numbers)
    negative = t.passed(numbers < 0, numbers, np.zeros_like(numbers), cells, np.zeros_like(cells))
    t.note(np.where(negative, 0, cells), np.where(negative, cells, 0))
    if not negative.any():
        return cells
    return np.where(negative, t.apply("neg", cells), cells)


def _power(t: Terms, cells: list[Array], numbers: list[Any]) -> Array:
    exponent = np.asarray(numbers[1])
    if exponent.ndim == 0 or (exponent == exponent.flat[0]).all():
        e = float(exponent.flat[0])
        if e in (1.0, 2.0, 0.5, -1.0, 3.0):
            x = np.broadcast_to(cells[0], np.broadcast_shapes(cells[0].shape, cells[1].shape))
            if e == 0.5:
                return t.apply("sqrt", x)
            if e == -1.0:
                return t.apply("div", t.number(1), x)
            square = t.apply("mul", x, x) if e > 1 else x
            return t.apply("mul", square, x) if e == 3.0 else square
    return t.apply("pow", *cells)


def matmul(t: Terms, a: Array, b: Array) -> Array:
    """Return the cells of a @ b."""
    left = a[None] if a.ndim == 1 else a
    right = b[:, None] if b.ndim == 1 else b
    found = t.program.matmul(left, right)
    if a.ndim == 1:
        found = found[..., 0, :]
    return found[..., 0] if b.ndim == 1 else found


def rows(cells: Array, axes: tuple[int, ...]) -> Array:
    """Return the entries along `axes` as a last axis."""
    kept = [i for i in range(cells.ndim) if i not in axes]
    shape = [cells.shape[i] for i in kept]
    count = int(np.prod([cells.shape[i] for i in axes]))
    return np.transpose(cells, [*kept, *sorted(axes)]).reshape(*shape, count)


def _reduced(t: Terms, function: Any, kwargs: dict[str, Any]) -> Array | None:
    names = ("array", "axis", "dtype", "out", "keepdims", "initial", "where")
    given = {**dict(zip(names, t.operation.args, strict=False)), **kwargs}
    cells, numbers = t.cells(given["array"]), np.asarray(t.numbers(given["array"]))
    axes = axes_of(given.get("axis", 0), cells.ndim)
    chosen = given.get("where", True)
    if chosen is not True and chosen is not None:
        mask = np.broadcast_to(np.asarray(t.numbers(chosen), bool), cells.shape)
        if function in EXTREMA:
            numbers = np.where(mask, numbers, -np.inf if EXTREMA[function] else np.inf)
        elif function in (np.add, np.multiply):
            cells = np.where(mask, cells, 0 if function is np.add else 1)
        else:
            return None
    initial = given.get("initial")
    if initial is np._NoValue:
        initial = None
    terms, values = rows(cells, axes), rows(numbers, axes)
    if function is np.add:
        found = t.program.sum(terms)
    elif function is np.multiply:
        found = product(t, terms)
    elif function in EXTREMA:
        found = extremum(t, terms, values, EXTREMA[function])
    else:
        folded = _folded(t, function, terms)
        if folded is None or initial is not None:
            return None
        found = folded
    if initial is not None:
        start = t.cells(initial)
        if function in EXTREMA:
            best = values.max(-1) if EXTREMA[function] else values.min(-1)
            found = t.choose(found, start, best, t.numbers(initial), EXTREMA[function])
        else:
            found = t.apply("add" if function is np.add else "mul", found, start)
    if given.get("keepdims"):
        found = found.reshape([1 if i in axes else n for i, n in enumerate(cells.shape)])
    return found


def _folded(t: Terms, function: Any, terms: Array) -> Array | None:
    """Return what a ufunc of two operands makes of the entries along the last axis, from left to right."""
    formula = FORMULAS.get(function)
    if formula is None or not terms.shape[-1]:
        return None
    found = terms[..., 0]
    for i in range(1, terms.shape[-1]):
        found = formula(t, found, terms[..., i])
    return found


def product(t: Terms, terms: Array) -> Array:
    """Return the products along the last axis."""
    while terms.shape[-1] > 1:
        half = terms.shape[-1] // 2
        paired = t.apply("mul", terms[..., :half], terms[..., half : 2 * half])
        terms = np.concatenate([paired, terms[..., 2 * half :]], -1)
    return terms[..., 0] if terms.shape[-1] else np.ones(terms.shape[:-1], np.int64)


def extremum(t: Terms, terms: Array, values: Array, largest: bool) -> Array:
    """Return the cells of the largest entries along the last axis, or of the smallest."""
    place = (values.argmax(-1) if largest else values.argmin(-1))[..., None]
    best = np.take_along_axis(values, place, -1)
    same = tied(values, np.broadcast_to(best, values.shape)) & (terms != np.take_along_axis(terms, place, -1))
    count = same.sum(-1, keepdims=True)
    t.tie(same, terms, np.take_along_axis(terms, place, -1), int(count.max(initial=0)))
    if t.other and same.any():  # the next of those that are as large
        order = np.argsort(~same, axis=-1, kind="stable")
        following = np.take_along_axis(order, np.clip(t.other, 1, np.maximum(count, 1)) - 1, -1)
        place = np.where(count > 0, following, place)
    chosen = np.take_along_axis(terms, place, -1)
    t.note(chosen, terms) if largest else t.note(terms, chosen)
    return chosen[..., 0]


def _accumulated(t: Terms, function: Any, kwargs: dict[str, Any]) -> Array | None:
    names = ("array", "axis", "dtype", "out")
    given = {**dict(zip(names, t.operation.args, strict=False)), **kwargs}
    return running(t, function, t.cells(given["array"]), t.numbers(given["array"]), given.get("axis") or 0)


def running(t: Terms, function: Any, cells: Array, numbers: Any, axis: int | None) -> Array | None:
    """Return the running sums, products or extrema along an axis."""
    numbers = np.asarray(numbers)
    if axis is None:
        cells, numbers, axis = cells.ravel(), numbers.ravel(), 0
    moved, values = np.moveaxis(cells, axis, 0), np.moveaxis(numbers, axis, 0)
    if not len(moved):
        return cells
    found, best = [moved[0]], values[0]
    for each, value in zip(moved[1:], values[1:], strict=True):
        if function in EXTREMA:
            found.append(t.choose(found[-1], each, best, value, EXTREMA[function]))
            best = function(best, value)
        elif function in FORMULAS:
            found.append(FORMULAS[function](t, found[-1], each))
        else:
            return None
    return np.moveaxis(np.array(found), 0, axis)


def reduced_at(t: Terms, cells: Array, indices: Any, axis: int) -> Array:
    """Return np.add.reduceat of cells."""
    moved = np.moveaxis(cells, axis, -1)
    indices = [int(i) for i in np.ravel(indices)]
    ends = [*indices[1:], moved.shape[-1]]
    parts = [
        t.program.sum(moved[..., i:j]) if j > i else moved[..., i] for i, j in zip(indices, ends, strict=True)
    ]
    return np.moveaxis(np.stack(parts, -1), -1, axis)
