import math

import pytest

from compare.training.statistics import interval, paired, sampling_error


def test_the_interval_is_students():
    """Five values 1 .. 5: mean 3, standard error sqrt(2.5 / 5), t(4, 0.975) = 2.7764451."""
    found = interval([1, 2, 3, 4, 5])
    assert found["low"] == pytest.approx(3 - 2.7764451 * math.sqrt(0.5), rel=1e-7)
    assert found["median"] == 3 and found["reason"] is None


def test_four_values_get_none_and_a_reason():
    assert interval([1, 2, 3, 4])["low"] is None
    assert interval([1, 2, 3, 4])["reason"].startswith("4 seeds")


def test_differences_are_taken_seed_by_seed_where_both_have_the_seed():
    (pair,) = paired({"hand": {0: 0.9, 1: 0.8, 2: 0.7}, "torch": {1: 0.7, 0: 0.9}})
    assert pair["seeds"] == [0, 1]
    assert pair["differences"] == pytest.approx([0.0, 0.1])


def test_a_test_set_of_a_hundred_at_nine_tenths_leaves_three_points():
    assert sampling_error(0.9, 100) == pytest.approx(0.03)
