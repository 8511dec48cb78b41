"""The derivative of each ufunc, measured against finite differences."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.special

from compare.trace.rules.ufuncs import PAIRS, SPECIAL, UFUNCS

from ..measuring import recorded
from .checking import SHAPES, check, draw, slope

POSITIVE, UNIT = (0.2, 2.0), (-0.9, 0.9)
DOMAIN: dict[str, tuple[float, float]] = {
    "log": POSITIVE, "log2": POSITIVE, "log10": POSITIVE, "sqrt": POSITIVE, "cbrt": POSITIVE, "reciprocal": POSITIVE,
    "log1p": UNIT, "arcsin": UNIT, "arccos": UNIT, "arctanh": UNIT, "arccosh": (1.2, 3.0), "tan": UNIT,
    "logit": (0.05, 0.95), "entr": POSITIVE, "rel_entr": POSITIVE, "gammaln": POSITIVE, "psi": (0.6, 2.6),
    "gamma": (0.6, 2.6), "xlogy": POSITIVE, "xlog1py": POSITIVE, "erfinv": (-0.8, 0.8), "ndtri": (0.1, 0.9),
}  # fmt: skip
INTEGER_SECOND = {np.ldexp}
MATRICES = {np.matmul} | {getattr(np, n) for n in ("vecdot", "matvec", "vecmat") if hasattr(np, n)}


def _ufuncs() -> Iterator[Any]:
    yield from UFUNCS
    yield from PAIRS
    yield from (getattr(scipy.special, name) for name in SPECIAL if hasattr(scipy.special, name))


ALL_UFUNCS = sorted(set(_ufuncs()) - MATRICES, key=lambda u: u.__name__)


@pytest.mark.parametrize("ufunc", [u for u in ALL_UFUNCS if u.nin == 1], ids=lambda u: u.__name__)
def test_a_ufunc_of_one_operand(ufunc: Any) -> None:
    for shape in SHAPES:
        check(ufunc, draw(shape, *DOMAIN.get(ufunc.__name__, (-2.0, 2.0))))


PAIRS_OF_SHAPES = [
    ((), ()),
    ((3,), ()),
    ((), (2, 3)),
    ((2, 3), (3,)),
    ((2, 1), (1, 3)),
    ((2, 3), (2, 3)),
    ((0, 3), (3,)),
]


@pytest.mark.parametrize("ufunc", [u for u in ALL_UFUNCS if u.nin == 2], ids=lambda u: u.__name__)
def test_a_ufunc_of_two_operands_broadcasts(ufunc: Any) -> None:
    domain = DOMAIN.get(ufunc.__name__, (-2.0, 2.0))
    for a, b in PAIRS_OF_SHAPES:
        if ufunc in INTEGER_SECOND:
            check(lambda x: ufunc(x, 3), draw(a))
            continue
        x, y = draw(a, *domain), draw(b, *domain, seed=1)
        if ufunc in (np.power, np.float_power):
            x = np.abs(x) + 0.1
        if ufunc in (np.remainder, np.fmod, np.divmod, np.floor_divide):
            # No quotient near a whole number, where it jumps.
            y = (
                np.where(np.abs(np.divide(x, y) - np.round(np.divide(x, y))) < 0.05, 5.3, 1.0)
                * np.ones(np.shape(y))
                if np.shape(np.divide(x, y)) == np.shape(y)
                else np.full(np.shape(y), 5.3)
            )
        check(ufunc, x, y)
        check(lambda x: ufunc(x, 0.7), x)
        check(lambda y: ufunc(1.3, y), y)


@pytest.mark.parametrize("ufunc", sorted(MATRICES, key=lambda u: u.__name__), ids=lambda u: u.__name__)
def test_products_of_matrices(ufunc: Any) -> None:
    shapes = {
        "matmul": [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)),
                   ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)), ((5, 1, 2, 3), (4, 3, 1)), ((3,), (5, 3, 4)),
                   ((5, 2, 3), (3,)), ((0, 3), (3, 2)), ((2, 0), (0, 3))],
        "vecdot": [((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (4, 3))],
        "matvec": [((2, 3), (3,)), ((5, 2, 3), (3,)), ((2, 3), (5, 3)), ((5, 2, 3), (5, 3))],
        "vecmat": [((3,), (3, 4)), ((5, 3), (3, 4)), ((3,), (5, 3, 4)), ((5, 3), (5, 3, 4))],
    }  # fmt: skip
    for a, b in shapes[ufunc.__name__]:
        check(ufunc, draw(a), draw(b, seed=1))


def test_the_derivative_at_special_points() -> None:
    one = 0.4126  # the weight of a single result does not matter: slopes are compared with each other
    unit = slope(lambda x: x * 1.0, one)[0]
    for function, at, right in [
        (np.power, (0.0, 2.0), (0.0, 0.0)),
        (np.power, (0.0, 1.0), (1.0, 0.0)),
        (np.power, (0.0, 0.0), (0.0, 0.0)),
        (np.power, (2.0, 0.0), (0.0, math.log(2.0))),
        (np.maximum, (1.0, 1.0), (0.5, 0.5)),
        (np.minimum, (1.0, 1.0), (0.5, 0.5)),
        (np.fmax, (1.0, math.nan), (1.0, 0.0)),
        (np.fmin, (math.nan, 1.0), (0.0, 1.0)),
        (np.hypot, (0.0, 0.0), (0.0, 0.0)),
        (np.heaviside, (0.0, 0.5), (0.0, 1.0)),
        (np.absolute, (0.0,), (0.0,)),
        (scipy.special.xlogy, (0.0, 0.5), (math.log(0.5), 0.0)),
    ]:
        assert np.allclose(slope(function, *at), np.array(right) * unit), function
    check(lambda x: x**3, np.array([-1.2, -0.3, 0.0, 1.5]))
    check(lambda x: x**2, np.array([-1.2, 0.0, 1.5]))
    check(lambda x: np.power(x, -1.0), np.array([-1.2, 1.5]))
    check(lambda x: 2.0**x, np.array([-1.2, 0.0, 1.5]))


def test_entries_that_do_not_count_have_no_infinite_slope() -> None:
    x = np.array([0.0, -1.0, 0.5])
    for function in (
        lambda x: np.where(x > 0, np.sqrt(np.maximum(x, 0)), 0.0),
        lambda x: np.where(x > 0, np.log(x), 0.0),
        lambda x: np.where(x > 0, 1 / x, 0.0),
        lambda x: np.where(x < 0, np.expm1(x * 1e3), 1.0),
    ):
        found = recorded(function, [x])[0][0]
        assert np.isfinite(found).all() and found[0] == 0


def test_options_of_ufuncs() -> None:
    mask = np.array([True, False, True])
    x, y = draw((3,)), draw((3,), seed=1)
    check(lambda x, y: np.multiply(x, y, dtype=np.float64), x, y)
    check(lambda x, y: np.divide(x, y, out=x * 2.0, where=mask), x, y)
    check(lambda x, y: np.add(x, y, out=x.copy()), x, y)
    check(lambda x: np.log(x, out=np.zeros_like(x), where=x > 0), np.array([0.3, -1.0, 2.0]))
