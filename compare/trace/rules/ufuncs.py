"""The derivatives of NumPy's ufuncs and of those of scipy.special."""

from typing import Any

import numpy as np

from ...common.arrays import Array
from ..recording.memory import Value
from ..recording.tape import Operation
from .common import Found, Rule, silenced, summed_to, wanted
from .differenced import differenced, differenced_ufunc

SQRT_PI = float(np.sqrt(np.pi))
PLAIN_OPTIONS = frozenset({"where", "dtype", "casting", "order", "subok"})


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
    np.maximum: (lambda g, f, x, y: g * _chosen(f, x, y), lambda g, f, x, y: g * _chosen(f, y, x)),
    np.arctan2: (lambda g, f, y, x: g * x / (x * x + y * y), lambda g, f, y, x: -g * y / (x * x + y * y)),
    np.hypot: (lambda g, f, x, y: g * _over(x, f), lambda g, f, x, y: g * _over(y, f)),
    np.logaddexp: (lambda g, f, x, y: g * np.exp(x - f), lambda g, f, x, y: g * np.exp(y - f)),
    np.logaddexp2: (lambda g, f, x, y: g * np.exp2(x - f), lambda g, f, x, y: g * np.exp2(y - f)),
    np.copysign: (lambda g, f, x, y: g * np.sign(x) * np.copysign(1.0, y), _zero),
    np.remainder: (lambda g, f, x, y: g, lambda g, f, x, y: -g * np.floor(np.true_divide(x, y))),
    np.fmod: (lambda g, f, x, y: g, lambda g, f, x, y: -g * np.trunc(np.true_divide(x, y))),
    np.floor_divide: (_zero, _zero),
    np.heaviside: (_zero, lambda g, f, x, y: g * np.equal(x, 0)),
    np.nextafter: (lambda g, f, x, y: g, _zero),
    np.spacing: (_zero,),
    np.ldexp: (lambda g, f, x, n: g * np.exp2(n), _zero),
    np.matmul: (
        lambda g, f, a, b: _matmul_left(g, a, b),
        lambda g, f, a, b: _matmul_right(g, a, b),
    ),
}
UFUNCS[np.float_power] = UFUNCS[np.power]
UFUNCS[np.minimum] = UFUNCS[np.fmax] = UFUNCS[np.fmin] = UFUNCS[np.maximum]

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
        lambda g, f, x, y: g * np.divide(x, np.where(np.equal(x, 0), 1.0, y)),
    ),
    "xlog1py": (
        lambda g, f, x, y: g * np.log1p(np.where(np.greater(y, -1), y, 0.0)),
        lambda g, f, x, y: g * np.divide(x, np.where(np.equal(x, 0), 1.0, np.add(y, 1.0))),
    ),
    "entr": (lambda g, f, x: g * (-np.log(x) - 1),),
    "rel_entr": (lambda g, f, x, y: g * (np.log(x) - np.log(y) + 1), lambda g, f, x, y: -g * x / y),
    "exp10": (lambda g, f, x: g * f * np.log(10),),
    "gammaln": (lambda g, f, x: g * _special("digamma")(x),),
    "psi": (lambda g, f, x: g * _special("polygamma")(1, x),),
    "gamma": (lambda g, f, x: g * f * _special("digamma")(x),),
    "i0": (lambda g, f, x: g * _special("i1")(x),),
    "erfcx": (lambda g, f, x: g * (2 * x * f - 2 / SQRT_PI),),
    "erfinv": (lambda g, f, x: g * SQRT_PI / 2 * np.exp(f * f),),
    "ndtri": (lambda g, f, x: g * np.sqrt(2 * np.pi) * np.exp(f * f / 2),),
}


def _chosen(result: Any, this: Any, other: Any) -> Any:
    """Return 1 where the result is `this`, 1/2 where it is both."""
    return np.equal(result, this) * np.where(np.equal(this, other), 0.5, 1.0)


def _over(a: Any, b: Any) -> Any:
    """Return a / b, and 0 where b is 0."""
    return np.divide(a, np.where(np.equal(b, 0), np.inf, b))


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
        return np.einsum("...ij,...i->...j", a, g)
    return np.swapaxes(a, -1, -2) @ g


# Those with two results.
PAIRS: dict[Any, tuple[Rule, ...]] = {
    np.divmod: (lambda gs, fs, x, y: gs[1], lambda gs, fs, x, y: -gs[1] * fs[0]),
    np.modf: (lambda gs, fs, x: gs[0],),
    np.frexp: (lambda gs, fs, x: gs[0] * np.exp2(-np.asarray(fs[1], np.float64)),),
}

if hasattr(np, "vecdot"):
    UFUNCS[np.vecdot] = (
        lambda g, f, x, y: np.asarray(g)[..., None] * y,
        lambda g, f, x, y: np.asarray(g)[..., None] * x,
    )
if hasattr(np, "matvec"):
    UFUNCS[np.matvec] = (
        lambda g, f, a, b: g[..., :, None] * b[..., None, :],
        lambda g, f, a, b: (np.swapaxes(a, -1, -2) @ g[..., None])[..., 0],
    )
    UFUNCS[np.vecmat] = (
        lambda g, f, a, b: (b @ g[..., None])[..., 0],
        lambda g, f, a, b: a[..., :, None] * g[..., None, :],
    )


def _special(name: str) -> Any:
    import scipy.special

    return getattr(scipy.special, name)


def rules_of(function: Any) -> tuple[Rule, ...] | None:
    """Return the rules of a ufunc, one for each operand, or None."""
    found = UFUNCS.get(function)
    return SPECIAL.get(function.__name__) if found is None and function not in PAIRS else found


def of_ufunc(operation: Operation, gs: list[Array | None]) -> Found:
    """Apply the rules of a ufunc that was called."""
    function, kwargs = operation.function, operation.kwargs
    if kwargs:
        if not PLAIN_OPTIONS.issuperset(kwargs) or any(
            isinstance(v, Value) and v.active for v in kwargs.values()
        ):
            yield from differenced(operation, gs)
            return
        if "where" in kwargs:
            where = operation.arguments()[1]["where"]
            gs = [None if g is None else np.where(where, g, 0.0) for g in gs]
    if len(gs) > 1:
        yield from _of_pair(operation, gs)
        return
    rules = UFUNCS.get(function) or SPECIAL.get(function.__name__)
    if rules is None or len(rules) != len(operation.args):
        smooth = function.signature is None and not kwargs
        yield from differenced_ufunc(operation, gs[0]) if smooth else differenced(operation, gs)
        return
    g = gs[0]
    plain = [a.array if isinstance(a, Value) else a for a in operation.args]
    result = operation.writes[0].array
    if "where" in kwargs:  # elsewhere it is what lay there
        result = function(*plain)
    for value, rule in zip(operation.args, rules, strict=True):
        if isinstance(value, Value) and value.active:
            found = rule(g, result, *plain)
            if function.signature is None:  # entry by entry
                found = silenced(found, g)
            yield value, summed_to(found, np.shape(value.array))


def _of_pair(operation: Operation, gs: list[Array | None]) -> Found:
    rules = PAIRS.get(operation.function)
    if rules is None:
        yield from differenced(operation, gs)
        return
    results = [np.asarray(w.array) for w in operation.writes]
    given = [np.zeros(r.shape) if g is None else g for g, r in zip(gs, results, strict=True)]
    plain = operation.arguments()[0]
    for value, rule in zip(operation.args, rules, strict=True):
        if wanted(value):
            yield value, summed_to(rule(given, results, *plain), np.shape(value.array))
