"""The derivatives of methods of ufuncs and of reading, measured against finite differences."""

from typing import Any

import numpy as np
import pytest

from ..measuring import recorded
from .checking import AXES, check, draw, slope

REDUCING = [np.add, np.multiply, np.maximum, np.minimum, np.fmax, np.fmin, np.logaddexp]


@pytest.mark.parametrize("ufunc", REDUCING, ids=lambda u: u.__name__)
def test_reduce(ufunc: Any) -> None:
    for shape, axis in AXES:
        if 0 in shape and ufunc not in (np.add, np.multiply):
            continue
        if ufunc is np.logaddexp and not isinstance(axis, int):
            continue  # NumPy does not reorder it
        x = draw(shape)
        for keepdims in (False, True):
            check(lambda x: ufunc.reduce(x, axis=axis, keepdims=keepdims), x)  # noqa: B023
    x = draw((3, 4))
    if ufunc is not np.logaddexp:
        check(lambda x: ufunc.reduce(x, 0, None, None, True), x)
        check(lambda x: ufunc.reduce(x, axis=1, initial=0.33), x)
        check(lambda x: ufunc.reduce(x, axis=1, initial=0.33, where=np.eye(3, 4) == 0), x)
        check(lambda x, i: ufunc.reduce(x, axis=1, initial=i), x, np.array(0.331))


@pytest.mark.parametrize("ufunc", [np.subtract, np.true_divide, np.hypot], ids=lambda u: u.__name__)
def test_reduce_without_a_rule(ufunc: Any) -> None:
    check(lambda x: ufunc.reduce(x, axis=0), draw((3, 2), 0.5, 2.0))


def test_a_product_with_zeros() -> None:
    for row in ([0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [-1.0, 0.0, 2.0], [0.0, 0.0, 0.0]):
        check(np.prod, np.array(row))
        check(np.cumprod, np.array(row))
        check(lambda x: np.prod(x, axis=0), np.array([row, row[::-1]]))
        check(lambda x: np.cumprod(x, axis=1), np.array([row, row[::-1]]))


def test_ties_of_an_extremum_share() -> None:
    for function in (np.max, np.min):
        found = recorded(lambda x: function(x) * 1.0, [np.ones(4)])[0][0]  # noqa: B023
        assert np.allclose(found, found[0])
        assert np.isclose(found.sum(), slope(lambda x: x * 1.0, 1.0)[0])


@pytest.mark.parametrize(
    "ufunc", [np.add, np.multiply, np.maximum, np.minimum, np.logaddexp], ids=lambda u: u.__name__
)
def test_accumulate(ufunc: Any) -> None:
    for shape, axis in [((4,), 0), ((3, 2), 0), ((3, 2), -1), ((2, 3, 2), 1), ((1,), 0), ((0,), 0)]:
        check(lambda x: ufunc.accumulate(x, axis=axis), draw(shape))  # noqa: B023


def test_reduceat() -> None:
    for indices in ([0, 2, 3], [1, 0, 4], [3, 3, 1], [0]):
        check(lambda x: np.add.reduceat(x, indices), draw((5,)))  # noqa: B023
        check(lambda x: np.add.reduceat(x, indices, axis=1), draw((2, 5)))  # noqa: B023
        check(lambda x: np.multiply.reduceat(x, indices), draw((5,)))  # noqa: B023


@pytest.mark.parametrize(
    "ufunc", [np.add, np.subtract, np.multiply, np.true_divide, np.maximum, np.logaddexp]
)
def test_outer(ufunc: Any) -> None:
    for a, b in [((3,), (2,)), ((), (2,)), ((2, 3), (4,)), ((2,), ()), ((2, 1), (1, 3)), ((0,), (3,))]:
        check(ufunc.outer, draw(a), draw(b, seed=1))
    check(lambda x: ufunc.outer(x, np.array([1.1, 0.6])), draw((3,)))


def test_at() -> None:
    def added(x: Any, y: Any) -> Any:
        target = x * 1.0
        np.add.at(target, [0, 2, 0], y)
        np.subtract.at(target, ([1, 1],), y[:2])
        np.add.at(target, 1, 3.0)
        return target

    check(added, draw((3,)), draw((3,), seed=1))


def test_reading() -> None:
    mask = np.array([True, False, True])
    for key in (0, -1, ..., None, slice(None, None, -1), [0, 0, 2], mask, np.array([[0, 1], [2, 2]])):
        check(lambda x: x[key] * 1.0, draw((3,)))  # noqa: B023
        check(lambda x: x[key] * 1.0, draw((3, 2)))  # noqa: B023
    for key in (
        (0, 1),
        (slice(None), 1),
        ([0, 1, 1], [1, 0, 0]),
        (slice(1, None), [0, 0]),
        (..., 0),
        (mask, 1),
        (None, 0),
    ):
        check(lambda x: x[key] * 1.0, draw((3, 2)))  # noqa: B023
