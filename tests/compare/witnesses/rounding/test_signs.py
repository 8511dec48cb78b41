"""The cheap perturbation of large arrays: every entry moves, by as much as the dear one would move it."""

import numpy as np
import pytest

from compare.witnesses.rounding.signs import Pooled, norms

ULP = np.finfo(np.float32)  # of which arrays in float64 are moved: what a step is can be read to nine digits
EPS = float(ULP.eps)


def moved(array, size=None):
    found = array.copy()
    return Pooled(0).moved(found, ULP, size)


@pytest.mark.parametrize("shape", [(300, 200), (200_000,), (3, 50_000), (4, 30, 500), (1, 1), ()], ids=str)
def test_every_entry_moves_by_eps_of_itself_up_or_down(shape):
    array = np.random.default_rng(0).standard_normal(shape)
    relative = (moved(array) - array) / array
    assert np.allclose(np.abs(relative), EPS, rtol=1e-6)
    if array.size > 1:
        assert abs(np.sign(relative).mean()) < 0.05


def test_a_transposed_array_moves_in_place_too():
    array = np.random.default_rng(0).standard_normal((300, 200))
    view = array.T.copy().T
    Pooled(0).moved(view, ULP)
    assert np.allclose(np.abs(view - array), EPS * np.abs(array), rtol=1e-6)


def test_zeros_and_what_is_not_finite_stay():
    array = np.array([0.0, np.inf, -np.inf, np.nan, 1.0])
    assert np.array_equal(moved(array)[:4], array[:4], equal_nan=True)


def test_a_size_by_two_vectors_is_their_outer_product():
    rows, columns = np.arange(1.0, 5), np.arange(1.0, 4)
    step = np.abs(moved(np.ones((4, 3)), (rows, columns)) - 1)
    assert np.allclose(step, EPS * np.outer(rows, columns), rtol=1e-6)


def test_norms_that_have_lost_their_squares_are_not_used():
    assert norms(np.ones(2), np.array([1.0, 0.0]), 1e-140) is None
    assert norms(np.ones(2), np.array([1.0, np.inf]), 1e-140) is None


def test_columns_of_signs_are_independent():
    steps = np.sign(moved(np.ones((2000, 64))) - 1)
    correlation = steps.T @ steps / len(steps) - np.eye(64)
    assert np.abs(correlation).max() < 0.15
