"""The rounding unit of each entry, from draws whose deviations are known."""

import numpy as np
import pytest

from compare.common import blocks
from compare.witnesses.rounding.units import combined, unit, units

INFO = np.finfo(float)


def either_side(centre, deviation):
    return [centre + deviation, centre - deviation]


def test_the_unit_is_the_root_mean_square_of_the_draws():
    """1 and 7 off: sqrt((1 + 49) / 2) = 5, in every entry, so the floor by rows and columns is 5 as well."""
    centre = np.zeros((3, 4))
    assert np.allclose(unit([centre + 1, centre - 7], centre, float), 5)


def test_an_entry_that_did_not_move_by_chance_has_what_its_row_and_column_say():
    """Deviations r_i c_j, one of them 0: its unit is row mean x column mean / mean, near r_i c_j."""
    size = np.outer([1.0, 2, 4, 8, 16, 3, 5, 7], [1.0, 3, 9, 2, 4, 6])
    right = size[2, 1]
    size[2, 1] = 0
    found = unit(either_side(np.zeros(size.shape), size), np.zeros(size.shape), float)[2, 1]
    assert found == pytest.approx(size[2].mean() * size[:, 1].mean() / size.mean(), rel=1e-12)
    assert 0.6 * right <= found <= right


def test_an_entry_of_a_vector_has_at_least_their_mean():
    size = np.array([0.0, 1, 2, 5])
    assert unit(either_side(np.zeros(4), size), np.zeros(4), float).tolist() == [2, 2, 2, 5]


@pytest.mark.parametrize("dtype", (np.float32, np.float64))
def test_a_unit_is_never_below_half_an_ulp_nor_what_underflow_takes(dtype):
    info, centre = np.finfo(dtype), np.array([1.0, 4.0, 0.0])
    floor = 0.5 * info.eps * centre + info.tiny / info.eps
    assert np.allclose(unit([centre, centre], centre, dtype), floor, rtol=1e-12, atol=0)


def test_deviations_whose_squares_underflow_count():
    centre = np.zeros((2, 2))
    assert np.allclose(
        unit(either_side(centre, np.full((2, 2), 1e-200)), centre, float), 1e-200, rtol=1e-12, atol=0
    )
    assert combined([np.array([3e-200]), np.array([4e-200])]) == pytest.approx(5e-200, rel=1e-12)


def drawn(shape, count=3):
    rng = np.random.default_rng(0)
    centre = rng.standard_normal(shape)
    return [centre + 1e-9 * rng.standard_normal(shape) for _ in range(count)], centre


@pytest.mark.parametrize("shape", [(40, 30), (50,), (6, 5, 4), ()], ids=str)
def test_of_many_entries_the_largest_deviation_counts(shape):
    """The largest of three is between their root mean square and sqrt(3) times it, and so are the floors."""
    draws, centre = drawn(shape)
    exact = units([{"g": d} for d in draws], {"g": centre}, float)["g"]
    largest = units(iter([{"g": d} for d in draws]), {"g": centre}, float, many=True)["g"]
    assert (exact <= largest * (1 + 1e-12)).all() and (largest <= np.sqrt(3) * exact * (1 + 1e-12)).all()


@pytest.mark.parametrize("many", (False, True))
@pytest.mark.parametrize("shape", [(40, 30), (50,), (6, 5, 4), (1, 70)], ids=str)
def test_in_blocks_the_units_are_the_same(shape, many, monkeypatch):
    draws, centre = drawn(shape)
    found = []
    for one, block in ((blocks.ONE, blocks.BLOCK), (6, 6)):
        monkeypatch.setattr(blocks, "ONE", one)
        monkeypatch.setattr(blocks, "BLOCK", block)
        found.append(units([{"g": d} for d in draws], {"g": centre}, float, many)["g"])
    assert np.array_equal(*found)


def test_an_entry_that_no_draw_moved_has_half_an_ulp_in_every_layout():
    centre = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
    for laid_out in (centre, centre.transpose(1, 0, 3, 2), np.asfortranarray(centre), centre[:, ::-1]):
        still = unit([laid_out, laid_out], laid_out, np.float32)
        assert (still >= 0.5 * np.finfo(np.float32).eps * np.abs(laid_out)).all()
