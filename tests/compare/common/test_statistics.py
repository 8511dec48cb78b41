"""The intervals keep their promise; ratios cancel what disturbs both."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compare.common import statistics
from compare.common.statistics import mean_interval, sampling_error

numbers = st.lists(st.floats(1e-9, 1e3), min_size=1, max_size=60)


@settings(max_examples=100)
@given(numbers)
def test_the_median_is_numpys(samples):
    assert statistics.median(samples) == pytest.approx(np.median(samples), rel=1e-12)


@settings(max_examples=100)
@given(numbers)
def test_an_interval_encloses_its_median(samples):
    found = statistics.interval(samples)
    assert found.low <= found.median <= found.high


@pytest.mark.parametrize(
    ("n", "ranks"), [(1, (0, 0)), (5, (0, 4)), (6, (0, 5)), (20, (5, 14)), (100, (39, 60))]
)
def test_ranks_are_those_of_the_binomial_table(n, ranks):
    # Conover, Practical Nonparametric Statistics: for n = 20 the 6th and the 15th, for n = 100 the 40th and 61st.
    assert statistics.ranks(n) == ranks


def test_a_skewed_distributions_median_is_held_in_95_of_100_intervals():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(1000):
        found = statistics.interval(list(rng.lognormal(0, 1, 40)))
        held += found.low <= 1.0 <= found.high
    # 95 % are promised; the binomial's 1000 draws deviate by 0.7 % (one sigma).
    assert held >= 940


def test_a_disturbance_of_both_cancels_in_the_paired_ratio():
    rng = np.random.default_rng(1)
    neighbour = rng.uniform(1, 3, 50)  # another process makes both slower, block by block
    found = statistics.ratio(list(2.0 * neighbour), list(1.0 * neighbour))
    assert (found.low, found.median, found.high) == pytest.approx((2, 2, 2))


def test_no_samples_are_refused():
    with pytest.raises(ValueError, match="no samples"):
        statistics.interval([])


def test_the_interval_of_a_mean_is_students():
    """Five values 1 .. 5: mean 3, standard error sqrt(2.5 / 5), t(4, 0.975) = 2.7764451."""
    found = mean_interval([1, 2, 3, 4, 5])
    assert found.low == pytest.approx(3 - 2.7764451 * math.sqrt(0.5), rel=1e-7)
    assert found.median == 3 and found.reason is None


def test_four_values_have_no_interval_and_a_reason():
    found = mean_interval([1, 2, 3, 4])
    assert found.low is None and found.reason.startswith("4 seeds")


def test_a_test_set_of_a_hundred_at_nine_tenths_leaves_three_points():
    assert sampling_error(0.9, 100) == pytest.approx(0.03)
