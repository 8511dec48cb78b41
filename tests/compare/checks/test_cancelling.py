"""A gradient whose terms cancel in floats, exactly or all but a few digits, is judged by its formula."""

import numpy as np
import pytest

from compare.checks.bench.families.drawing import drawn
from compare.checks.gradients import check_gradients

pytest.importorskip("flint")


@pytest.mark.parametrize("number, dtype", [(49, "float32"), (50, "mixed"), (257, "float32")])
def test_a_derivative_whose_terms_cancel_in_floats_is_no_contradiction(number, dtype):
    function = drawn([31, number], dtype)
    with np.errstate(all="ignore"):
        report = check_gradients(function.hand, function.params, function.x, function.y)
    assert report.ok and all(v.proved for v in report.verdicts), str(report)


def test_floats_that_keep_no_digit_of_a_derivative_are_no_failure_and_hide_errors():
    """Saturated units make all rows alike, so each lies on a tie of the largest, with sides of 1e-307."""
    function = drawn([41, 252], "float64")

    def doubled(params, x, y):
        loss, grads = function.hand(params, x, y)
        return loss, {n: 2 * g for n, g in grads.items()}

    for hand in (function.hand, doubled):
        with np.errstate(all="ignore"):
            report = check_gradients(hand, function.params, function.x, function.y)
        assert report.exit_code == 0
        assert all(v.sensitivity is None for v in report.verdicts if v.status == "kink")


@pytest.mark.parametrize(("far", "states"), [(800.0, False), (300.0, True)])
def test_no_sensitivity_is_stated_where_the_derivative_is_below_every_float(far, states):
    """exp(-800) is no float: of what the user's rounding leaves there, 1 % is no error of the formula."""

    def hand(params, x, y):
        shifted = params["w"] - x
        total = np.log(np.exp(shifted).sum())
        g = np.exp(shifted - total)
        g[0] -= 1
        return total - shifted[0], {"w": g}

    found = check_gradients(hand, {"w": np.array([0.3, 0.2])}, np.array([0.0, far]), np.zeros(1))["w"]
    assert found.proved and (found.sensitivity is not None) is states
