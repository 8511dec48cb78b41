import math

from compare.curves.divergence import first_divergence, largest_difference, odd_one_out, relative_difference


def test_equal_curves_never_part():
    assert first_divergence({"a": [1.0, 0.5], "b": [1.0, 0.5]}, 0.0) is None


def test_the_first_step_outside_is_given_not_the_largest():
    losses = {"a": [1.0, 1.0, 1.0], "b": [1.0, 1.1, 2.0], "c": [1.0, 1.0, 1.0]}
    assert first_divergence(losses, 1e-3) == 1
    assert largest_difference(losses)[:2] == (0.5, 2)
    assert odd_one_out(losses, 1, 1e-3) == "b"


def test_a_nan_is_never_within_even_where_all_agree_on_it():
    nan = math.nan
    assert first_divergence({"a": [1.0, nan], "b": [1.0, nan]}, math.inf) == 1
    assert math.isnan(largest_difference({"a": [1.0, nan, 1.0], "b": [1.0, nan, 9.0]})[0])
    assert first_divergence({"a": [nan]}, 1.0) == 0


def test_infinities_of_one_sign_are_not_agreement():
    assert first_divergence({"a": [math.inf], "b": [math.inf]}, math.inf) == 0


def test_zero_against_zero_is_no_difference():
    assert relative_difference(0.0, 0.0) == 0.0


def test_two_that_part_have_no_odd_one_out():
    assert odd_one_out({"a": [1.0], "b": [2.0]}, 0, 1e-3) is None
    assert odd_one_out({"a": [1.0], "b": [2.0], "c": [3.0]}, 0, 1e-3) is None


def test_one_curve_alone_has_no_difference():
    assert largest_difference({"a": [1.0]}) is None
    assert first_divergence({"a": [1.0]}, 0.0) is None
