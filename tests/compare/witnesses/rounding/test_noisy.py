"""What a Noisy array moves: each result by an ulp of what was rounded, and nothing that was not."""

import pickle

import numpy as np
import pytest

from compare.witnesses.rounding.noisy import Noisy, Rounding, noisy
from compare.witnesses.rounding.signs import Hashed

EPS = float(np.finfo(float).eps)


@pytest.fixture(params=(False, True), ids=("few", "many"))
def rounding(request):
    return Rounding(0, request.param)


def steps(found, right):
    return np.asarray(found) - right


def test_every_result_moves_by_an_ulp_of_itself(rounding):
    x = np.random.default_rng(0).uniform(1, 2, (30, 20))
    at = rounding.watched(x.copy())
    for found, right in ((at * 3, x * 3), (np.exp(at), np.exp(x)), (at - 0.5, x - 0.5)):
        assert np.allclose(np.abs(steps(found, right)) / (EPS * right), 1, atol=0.51)  # 1, rounded


def test_what_only_chooses_or_copies_does_not_move(rounding):
    x = np.random.default_rng(0).standard_normal((5, 4))
    at = rounding.watched(x.copy())
    for found, right in (
        (np.maximum(at, 0), np.maximum(x, 0)),
        (-at, -x),
        (at.T, x.T),
        (np.where(at > 0, at, 0), np.where(x > 0, x, 0)),
        (np.concatenate([at, at]), np.concatenate([x, x])),
        (np.floor(at), np.floor(x)),  # a number below the whole one would be another index
        (np.rint(at), np.rint(x)),
        (at // 0.5, x // 0.5),
    ):
        assert np.array_equal(np.asarray(found), right)


CANCELLED = np.array([[1e8, -1e8, 1.0]])
SUMS = {
    "sum": lambda a: a.sum(),
    "np.sum": np.sum,
    "matmul": lambda a: a @ np.ones((3, 1)),
    "np.dot": lambda a: np.dot(a, np.ones((3, 1))),
    "einsum": lambda a: np.einsum("ij->i", a),
}


@pytest.mark.parametrize("name", SUMS)
def test_a_sum_that_cancels_moves_by_an_ulp_of_its_terms(name, rounding):
    """|1e8| + |-1e8| + 1, not |1|: the terms rounded before they cancelled. Norms bound them by sqrt(3)."""
    step = abs(
        float(np.ravel(steps(SUMS[name](rounding.watched(CANCELLED.copy())), SUMS[name](CANCELLED)))[0])
    )
    assert 0.9 <= step / (EPS * 2e8) <= 1.8


@pytest.mark.parametrize("func", (np.sum, np.mean, np.cumsum))
def test_a_sum_into_a_given_array_leaves_the_sum_in_it(func, rounding):
    x = np.array([1.0, -3.0, 0.5])
    out = np.zeros(3 if func is np.cumsum else ())
    func(rounding.watched(x), out=out)
    assert np.allclose(out, func(x), rtol=10 * EPS) and not np.array_equal(out, func(x))


def test_a_product_into_a_given_array_leaves_the_product_in_it(rounding):
    a, b, out = np.eye(2), np.array([[1.0, -2.0], [3.0, 4.0]]), np.zeros((2, 2))
    np.dot(rounding.watched(a), b, out=out)
    assert np.allclose(out, b, rtol=10 * EPS)


def test_a_view_that_einsum_returns_does_not_move_its_array(rounding):
    x = np.arange(1.0, 7).reshape(2, 3)
    np.einsum("ij->ji", rounding.watched(x))
    assert np.array_equal(x, np.arange(1.0, 7).reshape(2, 3))


def test_results_carry_the_measurement_of_their_arrays():
    first, second = Rounding(0), Rounding(1)
    at = noisy({"w": np.ones(3)}, first)["w"]
    for derived in (
        at + 1,
        at[1:],
        at.reshape(3, 1) @ np.ones((1, 2)),
        np.sum(at, axis=0, keepdims=True),
        np.ones_like(at),
        at.copy(),
    ):
        assert isinstance(derived, Noisy) and derived.rounding is first
    assert noisy(np.ones(3), second).rounding is second


def test_an_array_that_left_the_measurement_computes_as_any_other():
    left = pickle.loads(pickle.dumps(noisy(np.ones(3), Rounding(0))))
    assert np.array_equal(left * 2, np.asarray(left) * 2)


def test_the_same_seed_gives_the_same_signs(rounding):
    again = Rounding(0, rounding.many)
    x = np.random.default_rng(0).standard_normal(100)
    for _ in range(2):
        assert np.array_equal(noisy(x, rounding), noisy(x, again))


@pytest.mark.parametrize("dtype", (np.float16, np.float32, np.float64, np.longdouble))
def test_hashed_signs_are_balanced_and_alike_for_equal_entries(dtype):
    """Of 1,000 fair signs the mean is within 4 / sqrt(1000) = 0.13; a wide type's are drawn one by one."""
    signs = Hashed(0).of(np.linspace(1, 2, 1000).astype(dtype))
    assert set(signs.tolist()) == {1, -1} and abs(float(signs.mean())) < 0.13
    if np.dtype(dtype).itemsize <= 8:
        assert len(set(Hashed(0).of(np.full(50, 1.3, dtype)).tolist())) == 1
