"""The measured noise of a loss is the rounding it really has: derived for each loss below."""

import numpy as np
import pytest

from compare.witnesses.loss_noise import jitter_of_many, loss_jitter

EPS = float(np.finfo(float).eps)
W = {"w": np.array([1.0, -0.7, 0.3])}


def measured(loss, arrays=W, how=loss_jitter, **options):
    return how(loss, arrays, float(loss(arrays)), **options)


def test_a_sum_of_squares_is_off_by_a_few_ulps_of_its_value():
    """A moved w rounds twice (2 eps L), its square once (1/2), their sum twice (1): 3.5, times sqrt(7/3), since a cubic
    leaves three degrees of freedom to seven values, is 5.35. An ulp of the value is the least."""
    value = float((W["w"] ** 2).sum())
    assert EPS * value <= measured(lambda at: (at["w"] ** 2).sum()) <= 5.35 * EPS * value


def test_a_loss_rounded_to_float32_inside_has_the_noise_of_float32():
    """Rounding to a multiple of 2^-23 (in [1, 2)) is uniform over one: its deviation is 2^-23 / sqrt(12)."""
    noise = measured(lambda at: float(np.float32(1.5 + 0.1 * np.sin(at["w"]).sum())))
    assert 0.3 <= noise / (2**-23 / np.sqrt(12)) <= 3


def test_a_difference_of_large_terms_has_the_noise_of_the_terms():
    """1e8 + w rounds by up to half an ulp of 1e8; a few ulps of w alone would not change a digit of it."""

    def loss(at):
        return ((1e8 + at["w"]) - 1e8).sum()

    assert len({float(loss({"w": W["w"] * (1 + s * 16 * EPS)})) for s in range(-3, 4)}) == 1
    assert 0.1 <= measured(loss) / (1e8 * EPS) <= 5


def test_a_saturated_logarithm_has_lost_the_digits_of_one_minus_p():
    """1 - p = 2e-9 keeps p's absolute rounding: log(1 - p) is off by about eps / (1 - p)."""
    at = {"w": np.array([20.0])}
    noise = measured(lambda at: np.log(1 - 1 / (1 + np.exp(-at["w"]))).sum(), at)
    assert 0.1 <= noise / (EPS / 2.06e-9) <= 10


def test_a_kink_on_one_side_is_no_noise():
    """The steps reach 6e-5 of w to either side; the slope changes by 1 at 2e-5 above it, and nowhere below."""
    loss = lambda at: np.maximum(at["w"] - (1 + 2e-5), 0).sum() + at["w"].sum()  # noqa: E731
    assert measured(loss, {"w": np.array([1.0])}) <= 10 * EPS


def test_a_coarser_type_that_is_known_sets_the_least_noise():
    value = float((W["w"] ** 2).sum())
    eps32 = float(np.finfo(np.float32).eps)
    assert measured(lambda at: (at["w"] ** 2).sum(), eps=eps32) >= eps32 * value


@pytest.mark.parametrize("how", (loss_jitter, jitter_of_many))
def test_the_arrays_are_as_before(how):
    arrays = {"w": W["w"].copy()}
    measured(lambda at: (at["w"] ** 2).sum(), arrays, how)
    assert np.array_equal(arrays["w"], W["w"])


def test_the_noise_of_many_entries_is_measured_on_the_first_of_each_array():
    """Moves of 16 ulps of 50,000 entries shift the sum in a line; 300,000 roundings of it add up to a few ulps."""
    w = np.random.default_rng(0).standard_normal(300_000)
    value = float((w**2).sum())
    assert (
        EPS * value <= measured(lambda at: (at["w"] ** 2).sum(), {"w": w}, jitter_of_many) <= 20 * EPS * value
    )
