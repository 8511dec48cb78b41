"""NumPy's functions, and some of scipy.special's, in cells."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...common.arrays import Array
from ..recording.memory import Value
from ..recording.tape import cast
from ..rules.common import axes_of, bound
from . import linear
from .terms import Terms
from .ufuncs import absolute, extremum, matmul, reduced_at, rows, running

BASES = (2.0**30, 2.0**40)  # where the numbers of entries begin: whole numbers that no array holds by chance
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


def _dot(t: Terms) -> Array | None:
    a, b = (t.cells(v) for v in t.operation.args[:2])
    function = t.operation.function
    if function is np.outer:
        return t.apply("mul", a.reshape(-1, 1), b.reshape(1, -1))
    if function is np.vdot:
        return matmul(t, a.ravel(), b.ravel())
    if not a.ndim or not b.ndim:
        return t.apply("mul", a, b)
    if function is np.inner:
        return _contracted(t, a, b, [a.ndim - 1], [b.ndim - 1])
    return _contracted(t, a, b, [a.ndim - 1], [max(b.ndim - 2, 0)])


def _contracted(t: Terms, a: Array, b: Array, left: list[int], right: list[int]) -> Array:
    """Return tensordot's cells: the axes `left` of a with the axes `right` of b."""
    rest_a = [i for i in range(a.ndim) if i not in left]
    rest_b = [i for i in range(b.ndim) if i not in right]
    shape = [a.shape[i] for i in rest_a] + [b.shape[i] for i in rest_b]
    inner = int(np.prod([a.shape[i] for i in left]))
    width = [int(np.prod([c.shape[i] for i in rest])) for c, rest in ((a, rest_a), (b, rest_b))]
    one = np.transpose(a, [*rest_a, *left]).reshape(width[0], inner)
    other = np.transpose(b, [*right, *rest_b]).reshape(inner, width[1])
    return t.program.matmul(one, other).reshape(shape)


def _tensordot(t: Terms) -> Array | None:
    given = _given(t, "a b axes")
    a, b, axes = t.cells(given["a"]), t.cells(given["b"]), t.numbers(given.get("axes", 2))
    if np.ndim(axes) == 0:
        left, right = list(range(a.ndim - int(axes), a.ndim)), list(range(int(axes)))
    else:
        left, right = ([int(i) for i in np.atleast_1d(s)] for s in axes)
        left, right = [i % a.ndim for i in left], [i % b.ndim for i in right]
    return _contracted(t, a, b, left, right)


def _einsum(t: Terms) -> Array | None:
    if not t.operation.args or not isinstance(t.operation.args[0], str):
        return None
    spec, operands = t.operation.args[0].replace(" ", ""), [t.cells(v) for v in t.operation.args[1:]]
    names, spec_out = _labels(spec, operands)
    if names is None:
        return None
    cells, label = operands[0], names[0]
    cells, label = _diagonals(cells, label)
    for i, (other, theirs) in enumerate(zip(operands[1:], names[1:], strict=True), 2):
        other, theirs = _diagonals(other, theirs)
        cells, label = _multiplied(t, cells, label, other, theirs, {*spec_out, *"".join(names[i:])})
    gone = tuple(i for i, n in enumerate(label) if n not in spec_out)
    if gone:
        cells, label = t.program.sum(rows(cells, gone)), "".join(n for n in label if n in spec_out)
    return np.transpose(cells, [label.index(n) for n in spec_out])


def _labels(spec: str, operands: list[Array]) -> tuple[list[str] | None, str]:
    """Return the labels of each operand and of the result, the ellipsis spelt out by capital letters."""
    left, _, right = spec.partition("->")
    names = left.split(",")
    free = [c for c in "ZYXWVUTSRQ" if c not in spec]
    wide = ""
    for i, (name, cells) in enumerate(zip(names, operands, strict=True)):
        if "..." in name:
            count = cells.ndim - len(name.replace("...", ""))
            labels = "".join(free[:count][::-1])
            names[i], wide = name.replace("...", labels), max(wide, labels, key=len)
    if "->" in spec:
        out = right.replace("...", wide)
    else:
        together = "".join(names)
        out = wide + "".join(sorted(n for n in set(together) - set(wide) if together.count(n) == 1))
    return names, out


def _diagonals(cells: Array, label: str) -> tuple[Array, str]:
    """Take the diagonal of axes with one label."""
    once = "".join(dict.fromkeys(label))
    return (cells, label) if once == label else (np.einsum(f"{label}->{once}", cells), once)


def _multiplied(t: Terms, a: Array, one: str, b: Array, other: str, kept: set[str]) -> tuple[Array, str]:
    """Multiply two labelled arrays and sum over the labels that are needed no longer."""
    for each, name in ((0, one), (1, other)):
        alone = tuple(
            i for i, n in enumerate(name) if n not in kept and n not in (other if each == 0 else one)
        )
        if alone:
            cells, rest = (a, b)[each], "".join(n for i, n in enumerate(name) if i not in alone)
            summed = t.program.sum(rows(cells, alone))
            if each == 0:
                a, one = summed, rest
            else:
                b, other = summed, rest
    both = [n for n in one if n in other]
    stack = [n for n in both if n in kept]
    inner = [n for n in both if n not in kept]
    left, right = [n for n in one if n not in both], [n for n in other if n not in both]
    sizes = dict(zip(one, a.shape, strict=True))
    for n, size in zip(other, b.shape, strict=True):
        sizes[n] = max(size, sizes.get(n, 1))

    def shaped(cells: Array, name: str, groups: list[list[str]]) -> Array:
        order = [n for group in groups for n in group]
        moved = np.transpose(cells, [name.index(n) for n in order])
        moved = np.broadcast_to(
            moved, [sizes[n] if n in both else moved.shape[i] for i, n in enumerate(order)]
        )
        return moved.reshape([int(np.prod([sizes[n] for n in group])) for group in groups])

    found = t.program.matmul(shaped(a, one, [stack, left, inner]), shaped(b, other, [stack, inner, right]))
    labels = [*stack, *left, *right]
    return found.reshape([sizes[n] for n in labels]), "".join(labels)


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


def _reduced_at(t: Terms) -> Array:
    given = _given(t, "array indices axis")
    return reduced_at(t, t.cells(given["array"]), t.numbers(given["indices"]), int(given.get("axis", 0)))


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
    np.dot: _dot,
    np.inner: _dot,
    np.outer: _dot,
    np.vdot: _dot,
    np.tensordot: _tensordot,
    np.einsum: _einsum,
    np.linalg.norm: _norm,
    np.nansum: _with_nans,
    np.nanmean: _with_nans,
    np.ptp: _range,
    np.sinc: _sinc,
    np.bincount: _counted,
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


def moved(t: Terms) -> list[Array] | None:
    """Return the cells of a function that only moves entries, or None where it does more.

    The function itself moves the cells; it did no more where the entries it gave are then those of the record.
    """
    operation = t.operation
    function = operation.function
    values = [v for v in operation.reads if np.asarray(v.array).dtype.kind == "f"]
    if isinstance(function, np.ufunc) or not values:
        return None
    # Each entry has a number of its own. What is the same with other numbers was made by the function.
    sizes = np.cumsum([0, *(np.size(v.array) for v in values)])
    calls = []
    for base in BASES:
        marks = {
            id(v): (base + np.arange(i, i + np.size(v.array), dtype=np.float64)).reshape(np.shape(v.array))
            for v, i in zip(values, sizes, strict=False)
        }
        try:
            found = function(*_marked(operation.args, marks), **_marked(dict(operation.kwargs), marks))
        except Exception:
            return None
        calls.append(list(found) if isinstance(found, (list, tuple)) else [found])
    if any(len(listed) != len(operation.writes) for listed in calls):
        return None
    numbers = np.concatenate([np.ravel(np.asarray(v.array, np.float64)) for v in values])
    cells = np.concatenate([t.read(v).ravel() for v in values])
    made = []
    for one, other, value in zip(*calls, operation.writes, strict=True):
        first, second, result = (np.asarray(a) for a in (one, other, value.array))
        if first.shape != result.shape or second.shape != result.shape or first.dtype.kind not in "fiu":
            return None
        if not (np.isfinite(first) & (np.abs(first) < 2 * BASES[0])).all():
            return None
        own = first == second
        index = np.where(own, 0, first - BASES[0]).astype(np.int64)
        if not (own | (second - first == BASES[1] - BASES[0])).all():
            return None
        if (index < 0).any() or (index >= sizes[-1]).any():
            return None
        if not np.array_equal(np.where(own, first, numbers[index]), result, equal_nan=True):
            return None
        moved_cells = cells[index]
        if own.any():
            moved_cells[own] = t.program.constant(first[own].astype(np.float64))
        made.append(moved_cells)
    return made


def _marked(tree: Any, marks: dict[int, Array]) -> Any:
    if isinstance(tree, Value):
        return marks.get(id(tree), tree.array)
    if isinstance(tree, (list, tuple)):
        return type(tree)(_marked(t, marks) for t in tree)
    return {k: _marked(v, marks) for k, v in tree.items()} if isinstance(tree, dict) else tree
