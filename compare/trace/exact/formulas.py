"""The formulas of ufuncs, NumPy's and scipy.special's, that are made of the operations of cells alone."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...common.arrays import Array, distinct
from .terms import Terms

Lower = Callable[..., Array]


def _of(kind: str) -> Lower:
    return lambda t, *operands: t.apply(kind, *operands)


def _log_of(base: float) -> Lower:
    return lambda t, x: t.apply("div", t.apply("log", x), t.apply("log", t.number(base)))


def _power_of(base: float) -> Lower:
    return lambda t, x: t.apply("exp", t.apply("mul", x, t.apply("log", t.number(base))))


def _degrees(t: Terms, x: Array) -> Array:
    return t.apply("mul", x, t.apply("div", t.number(180), t.apply("pi", t.number(1))))


def _radians(t: Terms, x: Array) -> Array:
    return t.apply("mul", x, t.apply("div", t.apply("pi", t.number(1)), t.number(180)))


def _sigmoid(t: Terms, x: Array) -> Array:
    return t.apply("div", t.number(1), t.apply("add", t.number(1), t.apply("exp", t.apply("neg", x))))


def _log_sum(t: Terms, x: Array, y: Array) -> Array:
    """log(exp(x) + exp(y)) = x + log1p(exp(y - x))."""
    return t.apply("add", x, t.apply("log1p", t.apply("exp", t.apply("sub", y, x))))


def _log_sum2(t: Terms, x: Array, y: Array) -> Array:
    two = t.apply("log", t.number(2))
    return t.apply("div", _log_sum(t, t.apply("mul", x, two), t.apply("mul", y, two)), two)


def _normal(t: Terms, x: Array) -> Array:
    """The normal distribution function: erfc(-x / sqrt(2)) / 2."""
    root = t.apply("sqrt", t.number(2))
    return t.apply("div", t.apply("erfc", t.apply("neg", t.apply("div", x, root))), t.number(2))


GUARD = 1e-3  # a larger constant in a logarithm is no guard against log(0)


def _unguarded(t: Terms, x: Array) -> Array:
    """Return the cells of p where those of p + c are given, c a small constant; the cells themselves elsewhere."""
    flat, program = x.ravel().copy(), t.program
    own = np.searchsorted(np.array(program.starts), flat, side="right") - 1
    for index in distinct(own):
        step, here = program.steps[index], own == index
        if step.kind != "add":
            continue
        place = flat[here] - step.start
        for one, other in (step.operands, step.operands[::-1]):
            if not program.constants(other[place]):
                continue
            numbers = program.numbers_of(other[place])
            if ((numbers > 0) & (numbers <= GUARD)).all():
                assert t.guards is not None
                t.guards += distinct(numbers)
                flat[here] = one[place]
                break
    return flat.reshape(x.shape)


FORMULAS: dict[Any, Lower] = {
    np.positive: lambda t, x: x,
    np.conjugate: lambda t, x: x,
    np.negative: _of("neg"),
    np.exp: _of("exp"),
    np.exp2: _power_of(2),
    np.expm1: _of("expm1"),
    np.log: lambda t, x: t.apply("log", x if t.guards is None else _unguarded(t, x)),
    np.log2: _log_of(2),
    np.log10: _log_of(10),
    np.log1p: _of("log1p"),
    np.sqrt: _of("sqrt"),
    np.square: lambda t, x: t.apply("mul", x, x),
    np.reciprocal: lambda t, x: t.apply("div", t.number(1), x),
    np.sin: _of("sin"),
    np.cos: _of("cos"),
    np.tan: _of("tan"),
    np.arcsin: _of("asin"),
    np.arccos: _of("acos"),
    np.arctan: _of("atan"),
    np.sinh: _of("sinh"),
    np.cosh: _of("cosh"),
    np.tanh: _of("tanh"),
    np.arcsinh: _of("asinh"),
    np.arccosh: _of("acosh"),
    np.arctanh: _of("atanh"),
    np.deg2rad: _radians,
    np.radians: _radians,
    np.rad2deg: _degrees,
    np.degrees: _degrees,
    np.add: _of("add"),
    np.subtract: _of("sub"),
    np.multiply: _of("mul"),
    np.true_divide: _of("div"),
    np.arctan2: _of("atan2"),
    np.hypot: lambda t, x, y: t.apply("sqrt", t.apply("add", t.apply("mul", x, x), t.apply("mul", y, y))),
    np.logaddexp: _log_sum,
    np.logaddexp2: _log_sum2,
}

SPECIAL: dict[str, Lower] = {
    "erf": _of("erf"),
    "erfc": _of("erfc"),
    "expit": _sigmoid,
    "log_expit": lambda t, x: t.apply("neg", t.apply("log1p", t.apply("exp", t.apply("neg", x)))),
    "logit": lambda t, x: t.apply("log", t.apply("div", x, t.apply("sub", t.number(1), x))),
    "ndtr": _normal,
    "log_ndtr": lambda t, x: t.apply("log", _normal(t, x)),
    "xlog1py": lambda t, x, y: t.apply("mul", x, t.apply("log1p", y)),
    "exp10": _power_of(10),
    "gammaln": _of("lgamma"),
    "psi": _of("digamma"),
    "gamma": lambda t, x: t.apply("exp", t.apply("lgamma", x)),
    "erfcx": lambda t, x: t.apply("mul", t.apply("exp", t.apply("mul", x, x)), t.apply("erfc", x)),
}
