"""The derivative of each NumPy operation: from the cotangent of a result to those of the operands.

The rules of ufuncs and of what only moves entries are here; those of linear algebra, Fourier transforms and
contractions are HIPS autograd's. A function without a rule is differenced, alone, where it is small.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..common.arrays import Array
from .memory import Value
from .tape import Operation

SQRT_PI = float(np.sqrt(np.pi))
DIFFERENCED = 4_000  # entries; more of them are not differenced


class NoRuleError(Exception):
    """No rule is known for an operation, and it is too large to be differenced."""


Rule = Callable[..., Any]


def _zero(g: Array, *_: Any) -> Any:
    return 0.0 * g


# ufunc -> for each operand a function (g, result, *operands) -> cotangent, before broadcasting is undone.
UFUNCS: dict[Any, tuple[Rule, ...]] = {
    np.positive: (lambda g, f, x: g,),
    np.negative: (lambda g, f, x: -g,),
    np.conjugate: (lambda g, f, x: g,),
    np.exp: (lambda g, f, x: g * f,),
    np.exp2: (lambda g, f, x: g * f * np.log(2),),
    np.expm1: (lambda g, f, x: g * (f + 1),),
    np.log: (lambda g, f, x: g / x,),
    np.log2: (lambda g, f, x: g / (x * np.log(2)),),
    np.log10: (lambda g, f, x: g / (x * np.log(10)),),
    np.log1p: (lambda g, f, x: g / (1 + x),),
    np.sqrt: (lambda g, f, x: g * 0.5 / f,),
    np.cbrt: (lambda g, f, x: g / (3 * f * f),),
    np.square: (lambda g, f, x: g * 2 * x,),
    np.reciprocal: (lambda g, f, x: -g * f * f,),
    np.sin: (lambda g, f, x: g * np.cos(x),),
    np.cos: (lambda g, f, x: -g * np.sin(x),),
    np.tan: (lambda g, f, x: g * (1 + f * f),),
    np.arcsin: (lambda g, f, x: g / np.sqrt(1 - x * x),),
    np.arccos: (lambda g, f, x: -g / np.sqrt(1 - x * x),),
    np.arctan: (lambda g, f, x: g / (1 + x * x),),
    np.sinh: (lambda g, f, x: g * np.cosh(x),),
    np.cosh: (lambda g, f, x: g * np.sinh(x),),
    np.tanh: (lambda g, f, x: g * (1 - f * f),),
    np.arcsinh: (lambda g, f, x: g / np.sqrt(x * x + 1),),
    np.arccosh: (lambda g, f, x: g / np.sqrt(x * x - 1),),
    np.arctanh: (lambda g, f, x: g / (1 - x * x),),
    np.absolute: (lambda g, f, x: g * np.sign(x),),
    np.fabs: (lambda g, f, x: g * np.sign(x),),
    np.deg2rad: (lambda g, f, x: g * (np.pi / 180),),
    np.radians: (lambda g, f, x: g * (np.pi / 180),),
    np.rad2deg: (lambda g, f, x: g * (180 / np.pi),),
    np.degrees: (lambda g, f, x: g * (180 / np.pi),),
    np.sign: (_zero,),
    np.floor: (_zero,),
    np.ceil: (_zero,),
    np.trunc: (_zero,),
    np.rint: (_zero,),
    np.add: (lambda g, f, x, y: g, lambda g, f, x, y: g),
    np.subtract: (lambda g, f, x, y: g, lambda g, f, x, y: -g),
    np.multiply: (lambda g, f, x, y: g * y, lambda g, f, x, y: g * x),
    np.true_divide: (lambda g, f, x, y: g / y, lambda g, f, x, y: -g * f / y),
    np.power: (
        lambda g, f, x, y: g * y * np.power(x, np.where(np.asarray(y) == 0, 1.0, np.subtract(y, 1.0))),
        lambda g, f, x, y: g * f * np.log(np.where(np.asarray(x) > 0, x, 1.0)),
    ),
    np.maximum: (lambda g, f, x, y: g * _chosen(x > y, x == y), lambda g, f, x, y: g * _chosen(y > x, x == y)),
    np.minimum: (lambda g, f, x, y: g * _chosen(x < y, x == y), lambda g, f, x, y: g * _chosen(y < x, x == y)),
    np.arctan2: (lambda g, f, y, x: g * x / (x * x + y * y), lambda g, f, y, x: -g * y / (x * x + y * y)),
    np.hypot: (lambda g, f, x, y: g * x / f, lambda g, f, x, y: g * y / f),
    np.logaddexp: (lambda g, f, x, y: g * np.exp(x - f), lambda g, f, x, y: g * np.exp(y - f)),
    np.logaddexp2: (lambda g, f, x, y: g * np.exp2(x - f), lambda g, f, x, y: g * np.exp2(y - f)),
    np.copysign: (lambda g, f, x, y: g * np.sign(x) * np.sign(f), _zero),
    np.remainder: (lambda g, f, x, y: g, lambda g, f, x, y: -g * np.floor(np.true_divide(x, y))),
    np.fmod: (lambda g, f, x, y: g, lambda g, f, x, y: -g * np.trunc(np.true_divide(x, y))),
    np.floor_divide: (_zero, _zero),
    np.heaviside: (_zero, _zero),
    np.matmul: (
        lambda g, f, a, b: _matmul_left(g, a, b),
        lambda g, f, a, b: _matmul_right(g, a, b),
    ),
}
UFUNCS[np.float_power] = UFUNCS[np.power]
UFUNCS[np.fmax], UFUNCS[np.fmin] = UFUNCS[np.maximum], UFUNCS[np.minimum]

# Ufuncs of scipy.special, by name: the module is imported by users, not here.
SPECIAL: dict[str, tuple[Rule, ...]] = {
    "erf": (lambda g, f, x: g * 2 / SQRT_PI * np.exp(-x * x),),
    "erfc": (lambda g, f, x: -g * 2 / SQRT_PI * np.exp(-x * x),),
    "expit": (lambda g, f, x: g * f * (1 - f),),
    "log_expit": (lambda g, f, x: g * -np.expm1(f),),
    "logit": (lambda g, f, x: g / (x * (1 - x)),),
    "ndtr": (lambda g, f, x: g * np.exp(-x * x / 2) / np.sqrt(2 * np.pi),),
    "log_ndtr": (lambda g, f, x: g * np.exp(-x * x / 2 - f) / np.sqrt(2 * np.pi),),
    "xlogy": (
        lambda g, f, x, y: g * np.log(np.where(np.asarray(y) > 0, y, 1.0)),
        lambda g, f, x, y: g * np.divide(x, y, out=np.zeros(np.shape(g)), where=np.not_equal(x, 0)),
    ),
}


def _chosen(better: Any, tie: Any) -> Any:
    return better + 0.5 * np.asarray(tie)


def _matmul_left(g: Array, a: Array, b: Array) -> Array:
    if b.ndim == 1:
        return g[..., None] * b if a.ndim > 1 else g * b
    if a.ndim == 1:
        return (b @ g[..., None])[..., 0]
    return g @ np.swapaxes(b, -1, -2)


def _matmul_right(g: Array, a: Array, b: Array) -> Array:
    if a.ndim == 1:
        return a[:, None] * g[..., None, :] if b.ndim > 1 else g * a
    if b.ndim == 1:
        return np.einsum("...ij,...i->j", a, g)
    return np.swapaxes(a, -1, -2) @ g


def summed_to(g: Any, shape: tuple[int, ...]) -> Array:
    """Undo broadcasting: sum `g` to the shape of the operand."""
    g = np.asarray(g)
    if g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    if extra > 0:
        g = g.sum(axis=tuple(range(extra)))
    along = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1)
    if along:
        g = g.sum(axis=along, keepdims=True)
    return np.broadcast_to(g, shape)


def cotangents(operation: Operation, gs: list[Array | None]) -> Iterator[tuple[Value, Array]]:
    """Yield (operand, its cotangent) of each operand that may depend on a parameter.

    gs: the cotangents of the results.  Raises NoRuleError.
    """
    g = gs[0]
    function, method = operation.function, operation.method
    if len(gs) == 1 and isinstance(function, np.ufunc):
        if method == "__call__" and not operation.kwargs:
            yield from _of_ufunc(operation, g)
            return
        rule = METHODS.get(method)
        if rule is not None:
            yield from rule(operation, g)
            return
    elif method in METHODS:
        yield from METHODS[method](operation, g)
        return
    elif function in FUNCTIONS and len(gs) == 1:
        yield from FUNCTIONS[function](operation, g)
        return
    elif function in MOVES:
        yield from _moved(operation, gs)
        return
    elif (found := _borrowed(function)) is not None and len(gs) == 1:
        yield from _by_autograd(found, operation, g)
        return
    yield from _differenced(operation, gs)


def _of_ufunc(operation: Operation, g: Any) -> Iterator[tuple[Value, Array]]:
    function = operation.function
    rules = UFUNCS.get(function) or SPECIAL.get(function.__name__)
    if rules is None or len(rules) != len(operation.args):
        if function.__name__ == "clip":
            yield from _clipped(operation, g)
            return
        yield from _differenced_ufunc(operation, g)
        return
    plain = [a.array if isinstance(a, Value) else a for a in operation.args]
    result = operation.writes[0].array
    for value, rule in zip(operation.args, rules, strict=True):
        if isinstance(value, Value) and value.active:
            yield value, summed_to(rule(g, result, *plain), value.array.shape)


def _clipped(operation: Operation, g: Any) -> Iterator[tuple[Value, Array]]:
    (x, low, high), _ = operation.arguments()
    inside = np.ones(np.shape(g))
    for bound, beyond in ((low, np.less), (high, np.greater)):
        if bound is not None:
            inside = inside * ~beyond(x, bound)
    value = operation.args[0]
    if isinstance(value, Value) and value.active:
        yield value, summed_to(g * inside, value.array.shape)
    for bound, beyond in ((operation.args[1], np.less), (operation.args[2], np.greater)):
        if isinstance(bound, Value) and bound.active:
            yield bound, summed_to(g * beyond(x, bound.array), bound.array.shape)


def _differenced_ufunc(operation: Operation, g: Any) -> Iterator[tuple[Value, Array]]:
    """Difference a ufunc without a rule, entry by entry at once."""
    plain = [a.array if isinstance(a, Value) else a for a in operation.args]
    for i, value in enumerate(operation.args):
        if not (isinstance(value, Value) and value.active):
            continue
        x = np.asarray(plain[i], np.float64)
        h = 1e-3 * np.maximum(np.abs(x), 0.1)

        def at(step: Array, i: int = i, x: Array = x) -> Array:
            return operation.function(*plain[:i], x + step, *plain[i + 1 :])

        slopes = [(at(h / k) - at(-h / k)) / (2 * h / k) for k in (1, 2, 4)]
        once = [(4 * b - a) / 3 for a, b in zip(slopes, slopes[1:], strict=False)]
        yield value, summed_to(g * (16 * once[1] - once[0]) / 15, value.array.shape)


# ---------------------------------------------------------------- methods of ufuncs, reading, writing


def _reduced(operation: Operation, g: Any) -> Iterator[tuple[Value, Array]]:
    args, kwargs = operation.arguments()
    x, axis = args[0], (args[1] if len(args) > 1 else kwargs.get("axis", 0))
    value = operation.args[0]
    if not (isinstance(value, Value) and value.active):
        return
    where = kwargs.get("where", True)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(a % max(x.ndim, 1) for a in axes)

    def spread(a: Any) -> Array:
        a = np.asarray(a)
        if not kwargs.get("keepdims") and x.ndim:
            for i in sorted(axes):
                a = np.expand_dims(a, i)
        return np.broadcast_to(a, x.shape)

    result, function = spread(operation.writes[0].array), operation.function
    g = spread(g)
    if function is np.add:
        found = g
    elif function is np.multiply:
        found = g * _product_of_others(x, axes)
    elif function in (np.maximum, np.minimum, np.fmax, np.fmin):
        ties = (x == result) & where
        found = g * ties / np.maximum(ties.sum(axis=axes, keepdims=True), 1)
    elif function in (np.logaddexp,):
        found = g * np.exp(x - result)
    else:
        yield from _differenced(operation, [g])
        return
    yield value, found if where is True else found * where


def _product_of_others(x: Array, axes: tuple[int, ...]) -> Array:
    """Return, for each entry, the product of the others along `axes`; an entry may be 0."""
    zero = x == 0
    zeros = zero.sum(axis=axes, keepdims=True)
    rest = np.where(zero, 1, x).prod(axis=axes, keepdims=True)
    return np.where(zeros == 0, rest / np.where(zero, 1, x), np.where((zeros == 1) & zero, rest, 0))


def _accumulated(operation: Operation, g: Any) -> Iterator[tuple[Value, Array]]:
    args, kwargs = operation.arguments()
    axis = args[1] if len(args) > 1 else kwargs.get("axis", 0)
    value = operation.args[0]
    if operation.function is not np.add:
        yield from _differenced(operation, [g])
    elif isinstance(value, Value) and value.active:
        yield value, _running_back(g, axis)


def _running_back(g: Array, axis: int) -> Array:
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


def _outer(operation: Operation, g: Any) -> Iterator[tuple[Value, Array]]:
    """Treat ufunc.outer(a, b) as the ufunc of a with axes added behind and b."""
    a, b = operation.args
    rules = UFUNCS.get(operation.function)
    if rules is None:
        yield from _differenced(operation, [g])
        return
    (x, y), _ = operation.arguments()
    x, y = np.asarray(x), np.asarray(y)
    left = x.reshape(x.shape + (1,) * y.ndim)
    for value, rule, shape in ((a, rules[0], left.shape), (b, rules[1], y.shape)):
        if isinstance(value, Value) and value.active:
            found = summed_to(rule(g, operation.writes[0].array, left, y), shape)
            yield value, found.reshape(value.array.shape)


def _taken(operation: Operation, g: Any) -> Iterator[tuple[Value, Array]]:
    value, key = operation.args
    if value.active:
        found = np.zeros(value.array.shape)
        np.add.at(found, key, g)
        yield value, found


METHODS: dict[str, Callable[[Operation, Any], Iterator[tuple[Value, Array]]]] = {
    "reduce": _reduced,
    "accumulate": _accumulated,
    "outer": _outer,
    "getitem": _taken,
}


# ---------------------------------------------------------------- functions


def _operand(operation: Operation, name: str, position: int = 0) -> Any:
    return operation.args[position] if len(operation.args) > position else operation.kwargs.get(name)


def _dotted(operation: Operation, g: Any) -> Iterator[tuple[Value, Array]]:
    left, right = operation.args[:2]
    (a, b), _ = operation.arguments()
    a, b = np.asarray(a), np.asarray(b)
    function = operation.function
    if a.ndim == 0 or b.ndim == 0:
        found = ((left, g * b), (right, g * a))
    elif function is np.outer:
        found = ((left, g @ b.ravel()), (right, a.ravel() @ g))
    elif function is np.vdot or (a.ndim == b.ndim == 1):
        found = ((left, g * b), (right, g * a))
    elif function is np.dot:
        if b.ndim == 1:
            found = ((left, np.multiply.outer(g, b)), (right, np.tensordot(g, a, axes=g.ndim)))
        else:  # the last axis of a with the last but one of b
            rest = np.moveaxis(b, -2, 0)  # (k, ...)
            found = (
                (left, np.tensordot(g, rest, (range(a.ndim - 1, g.ndim), range(1, rest.ndim)))),
                (right, np.moveaxis(np.tensordot(a, g, (range(a.ndim - 1), range(a.ndim - 1))), 0, -2)),
            )
    else:  # inner: the last axes
        found = (
            (left, np.tensordot(g, b, (range(a.ndim - 1, g.ndim), range(b.ndim - 1)))),
            (right, np.tensordot(g, a, (range(a.ndim - 1), range(a.ndim - 1)))),
        )
    for value, cotangent in found:
        if isinstance(value, Value) and value.active:
            yield value, np.asarray(cotangent).reshape(value.array.shape)


def _averaged(operation: Operation, g: Any) -> Iterator[tuple[Value, Array]]:
    value = _operand(operation, "a")
    args, kwargs = operation.arguments()
    x = np.asarray(value.array)
    axis = args[1] if len(args) > 1 else kwargs.get("axis")
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    g = np.asarray(g)
    if not kwargs.get("keepdims"):
        for i in sorted(a % x.ndim for a in axes):
            g = np.expand_dims(g, i)
    count = np.prod([x.shape[a] for a in axes]) if axes else 1
    if operation.function is np.mean:
        yield value, np.broadcast_to(g, x.shape) / count
        return
    off = x - x.mean(axis=axes, keepdims=True)
    spread = g * 2 / (count - kwargs.get("ddof", 0))
    if operation.function is np.std:
        deviation = np.asarray(operation.writes[0].array).reshape(np.shape(g))
        spread = spread * 0.5 / deviation
    yield value, spread * off


def _where(operation: Operation, g: Any) -> Iterator[tuple[Value, Array]]:
    condition, a, b = operation.args
    truth = condition.array if isinstance(condition, Value) else condition
    for value, chosen in ((a, truth), (b, np.logical_not(truth))):
        if isinstance(value, Value) and value.active:
            yield value, summed_to(np.where(chosen, g, 0.0), value.array.shape)


def _sorted(operation: Operation, g: Any) -> Iterator[tuple[Value, Array]]:
    value = operation.args[0]
    args, kwargs = operation.arguments()
    axis = args[1] if len(args) > 1 else kwargs.get("axis", -1)
    order = np.argsort(value.array, axis=axis)
    found = np.empty(value.array.shape)
    np.put_along_axis(found, order, g, axis)
    yield value, found


def _same(operation: Operation, g: Any) -> Iterator[tuple[Value, Array]]:
    yield operation.args[0], np.asarray(g, np.float64)


def _summed_up(operation: Operation, g: Any) -> Iterator[tuple[Value, Array]]:
    args, kwargs = operation.arguments()
    axis = args[1] if len(args) > 1 else kwargs.get("axis")
    value = operation.args[0]
    yield value, _running_back(g, -1 if axis is None else axis).reshape(value.array.shape)


FUNCTIONS: dict[Any, Callable[[Operation, Any], Iterator[tuple[Value, Array]]]] = {
    np.dot: _dotted,
    np.inner: _dotted,
    np.outer: _dotted,
    np.vdot: _dotted,
    np.mean: _averaged,
    np.var: _averaged,
    np.std: _averaged,
    np.where: _where,
    np.sort: _sorted,
    np.astype: _same,
    np.cumsum: _summed_up,
}

# They copy entries from their operands to their result, and do nothing else: the same call on the numbers of the
# entries says which comes from where.
MOVES = {
    getattr(np, name)
    for name in (
        "array append atleast_1d atleast_2d atleast_3d block broadcast_to choose column_stack compress concatenate copy"
        " delete diag diagflat diagonal dstack expand_dims extract flip fliplr flipud hstack insert"
        " lib.stride_tricks.sliding_window_view moveaxis pad ravel repeat reshape resize roll rollaxis rot90 select split squeeze stack"
        " swapaxes take take_along_axis tile transpose tril triu vstack array_split hsplit vsplit dsplit"
    ).split()
    if "." not in name
} | {np.lib.stride_tricks.sliding_window_view, np.lib.stride_tricks.as_strided}


def _moved(operation: Operation, gs: list[Array | None]) -> Iterator[tuple[Value, Array]]:
    """Send each cotangent back to where the entry came from: the call is repeated on numbered entries."""
    start, numbered, moving = 1, {}, []
    for value in operation.reads:
        array = np.asarray(value.array)
        if array.dtype.kind == "f":
            numbered[id(value)] = np.arange(start, start + array.size, dtype=np.float64).reshape(array.shape)
            moving.append((value, start, array.size))
            start += array.size

    def swapped(tree: Any) -> Any:
        if isinstance(tree, Value):
            return numbered.get(id(tree), tree.array)
        if isinstance(tree, (list, tuple)):
            return type(tree)(swapped(t) for t in tree)
        return {k: swapped(t) for k, t in tree.items()} if isinstance(tree, dict) else tree

    kwargs = swapped(dict(operation.kwargs))
    if operation.function is np.pad:
        if kwargs.get("mode", operation.args[2] if len(operation.args) > 2 else "constant") not in (
            "constant", "edge", "reflect", "symmetric", "wrap",
        ):  # fmt: skip
            yield from _differenced(operation, gs)
            return
        kwargs.pop("constant_values", None)
    kwargs.pop("dtype", None)
    args = swapped(operation.args)
    if operation.function is np.array:
        args = args[:1]
    found = operation.function(*args, **kwargs)
    # A number the code wrote among them, as in np.array([a, 1.0]), is no entry: no whole number may be.
    total = np.zeros(start)
    results = found if isinstance(found, (list, tuple)) else [found]
    results = [r for r in results if isinstance(r, (np.ndarray, np.floating))]
    constants = _numbers(operation.args)
    for origin, g in zip(results, gs, strict=False):
        if g is None:
            continue
        index = np.asarray(origin).astype(np.int64).ravel()
        index[(index < 0) | (index >= start)] = 0
        if constants:
            again = swapped_constants(operation, swapped)
            index[np.asarray(again).ravel() != np.asarray(origin).ravel()] = 0
        total += np.bincount(index, np.broadcast_to(g, np.shape(origin)).ravel(), minlength=start)
    for value, first, size in moving:
        if value.active:
            yield value, total[first : first + size].reshape(np.shape(value.array))


def _numbers(tree: Any) -> bool:
    if isinstance(tree, (list, tuple)):
        return any(_numbers(t) for t in tree)
    return isinstance(tree, float) and not isinstance(tree, bool)


def swapped_constants(operation: Operation, swapped: Callable[[Any], Any]) -> Any:
    """Repeat the call with another value for each number the code wrote."""

    def other(tree: Any) -> Any:
        if isinstance(tree, (list, tuple)):
            return type(tree)(other(t) for t in tree)
        return tree - 0.5 if isinstance(tree, float) else swapped(tree)

    kwargs = {k: swapped(v) for k, v in operation.kwargs.items() if k not in ("dtype", "constant_values")}
    return operation.function(*other(operation.args), **kwargs)


# ---------------------------------------------------------------- rules of HIPS autograd


def _borrowed(function: Any) -> Any:
    """Return HIPS autograd's rule of a NumPy function, or None."""
    module, name = getattr(function, "__module__", "") or "", getattr(function, "__name__", "")
    if not module.startswith("numpy"):
        return None
    try:
        import autograd.numpy as anp
        from autograd.core import primitive_vjps
    except ImportError:
        return None
    place = anp.linalg if module == "numpy.linalg" else anp.fft if module == "numpy.fft" else anp
    return primitive_vjps.get(getattr(place, name, None))


def _by_autograd(rule: Any, operation: Operation, g: Any) -> Iterator[tuple[Value, Array]]:
    args, kwargs = operation.arguments()
    numbers = tuple(i for i, a in enumerate(operation.args) if isinstance(a, Value) and a.active)
    if len(numbers) != sum(v.active for v in operation.reads):  # some are in lists, or named
        yield from _differenced(operation, [g])
        return
    result = operation.writes[0].array
    for i, found in zip(numbers, rule(numbers, result, args, kwargs)(np.asarray(g)), strict=True):
        yield operation.args[i], np.asarray(found, np.float64)


def _differenced(operation: Operation, gs: list[Array | None]) -> Iterator[tuple[Value, Array]]:
    """Difference an operation without a rule at its own operands. Raises NoRuleError where it has too many entries."""
    moving = [v for v in operation.reads if v.active and np.asarray(v.array).dtype.kind == "f"]
    if sum(np.size(v.array) for v in moving) > DIFFERENCED:
        raise NoRuleError(operation.name)
    call = operation.function if operation.method == "__call__" else getattr(operation.function, operation.method)

    def product() -> float:
        args, kwargs = operation.arguments()
        results = call(*args, **kwargs)
        arrays = [results] if not isinstance(results, (list, tuple)) else results
        arrays = [a for a in arrays if isinstance(a, (np.ndarray, np.floating))]
        return sum(float(np.sum(np.asarray(a) * g)) for a, g in zip(arrays, gs, strict=False) if g is not None)

    for value in moving:
        kept = value.array
        work = value.array = np.array(kept, np.float64)
        found = np.zeros(work.shape)
        try:
            for index in np.ndindex(work.shape):
                here = work[index]
                h = 1e-3 * max(abs(here), 0.1)
                slopes = []
                for k in (1, 2, 4):
                    work[index] = here + h / k
                    up = product()
                    work[index] = here - h / k
                    slopes.append((up - product()) / (2 * h / k))
                work[index] = here
                once = [(4 * b - a) / 3 for a, b in zip(slopes, slopes[1:], strict=False)]
                found[index] = (16 * once[1] - once[0]) / 15
        except Exception as error:
            raise NoRuleError(operation.name) from error
        finally:
            value.array = kept
        yield value, found
