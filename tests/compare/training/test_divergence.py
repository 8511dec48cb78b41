import math

from compare.training.divergence import Gap, largest_difference, relative_difference


def test_the_largest_difference_says_where_and_between_whom():
    losses = {"a": [1.0, 1.0, 1.0], "b": [1.0, 1.1, 2.0], "c": [1.0, 1.0, 1.0]}
    assert largest_difference(losses) == Gap(0.5, 2, "a", "b")


def test_a_nan_is_larger_than_every_number():
    nan = math.nan
    assert math.isnan(largest_difference({"a": [1.0, nan, 1.0], "b": [1.0, nan, 9.0]}).value)


def test_infinities_of_one_sign_are_not_equal():
    assert math.isnan(relative_difference(math.inf, math.inf))


def test_zero_against_zero_is_no_difference():
    assert relative_difference(0.0, 0.0) == 0.0


def test_one_curve_alone_has_no_difference():
    assert largest_difference({"a": [1.0]}) is None
