"""Measure the derivative of an operation that has a rule against finite differences."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from compare.trace.exact.terms import NotCoveredError

from ..measuring import differenced, exact, recorded, worst

# Differences with three steps of 2e-3 are right to about 1e-11 for these functions (see measuring.differenced);
# the largest error that was measured is 3e-10, of functions with large seventh derivatives.
CLOSE = 1e-8
# The rules compute in float32 where the operands are: 2^-24 times the number of operations and their condition.
CLOSE32 = 2e-4

SHAPES: list[tuple[int, ...]] = [(), (3,), (2, 3), (2, 1, 3), (1,), (0,), (0, 3)]

AXES: list[tuple[tuple[int, ...], Any]] = [
    ((3,), None), ((3,), 0), ((2, 3), None), ((2, 3), 0), ((2, 3), -1), ((2, 3), (0, 1)), ((2, 1, 3), (0, -1)),
    ((2, 3), ()), ((1,), 0), ((1, 1), -1), ((0, 3), 0), ((0,), None),
]  # fmt: skip


def draw(shape: tuple[int, ...], low: float = -2.0, high: float = 2.0, seed: int = 0) -> np.ndarray:
    """Draw entries whose distance from each other and from whole numbers is no less than 0.02."""
    rng = np.random.default_rng([seed, *shape])
    grid = np.arange(low, high, 0.02)[1:] + 0.007
    whole = np.abs(grid * 2 - np.round(grid * 2)) < 0.05
    return rng.choice(grid[~whole], size=shape, replace=False)


def check(function: Callable[..., Any], *inputs: np.ndarray) -> None:
    """Compare the derivatives of both dtypes with differences, and the results with those without a record."""
    right = differenced(function, list(inputs))
    found, results, tape = recorded(function, list(inputs))
    assert not tape.lost
    assert worst(found, right) < CLOSE
    with np.errstate(all="ignore"):
        plain = function(*[i if i.ndim else i[()] for i in map(np.array, inputs)])
    several = isinstance(plain, (tuple, list))
    for a, b in zip(results if several else [results], plain if several else [plain], strict=True):
        np.testing.assert_array_equal(np.asarray(a), b)
        assert np.asarray(a).dtype == np.asarray(b).dtype
    single = [np.asarray(i, np.float32) for i in inputs]
    right = differenced(function, [s.astype(np.float64) for s in single])
    assert worst(recorded(function, single)[0], right) < CLOSE32
    check_exact(function, inputs)


# Operations that have no formula in cells: a run that depends on one is not refereed.
NOT_COVERED = ("cov", "gradient", "eig", "eigh", "pinv", "qr", "svd")
NOT_COVERED_FORMS = {
    "divmod", "erfinv", "frexp", "i0", "ldexp", "meshgrid", "modf", "multiply.reduceat", "ndtri", "nextafter", "norm",
    "pad", "spacing",
}  # fmt: skip


def check_exact(function: Callable[..., Any], inputs: Any) -> None:
    """Compare the derivatives in ball arithmetic with differences."""
    pytest.importorskip("flint")
    try:
        found, off = exact(function, list(inputs))
    except NotCoveredError as error:
        assert str(error).split(",")[0].split(" of ")[0] in {*NOT_COVERED, *NOT_COVERED_FORMS}
        return
    assert worst(found, differenced(function, list(inputs))) < CLOSE
    assert off < 1e-12


def slope(function: Callable[..., Any], *at: float) -> list[float]:
    return [float(g) for g in recorded(function, [np.array(a, float) for a in at])[0]]
