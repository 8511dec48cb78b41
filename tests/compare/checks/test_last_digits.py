"""Two calls that differ in their last digits are one answer; larger differences are not."""

import numpy as np
import pytest

from compare.checks.gradients import check_gradients
from compare.checks.step import check_step
from compare.checks.vjp import check_vjp

RNG = np.random.default_rng(0)
X, Y, W = RNG.standard_normal((30, 4)), RNG.standard_normal((30, 2)), RNG.standard_normal((4, 2))


@pytest.fixture(autouse=True)
def seeded():
    np.random.seed(0)


def shuffled(params, x, y):
    """The sum over the samples in another order at each call: right but for its last digit."""
    loss, g = x.dtype.type(0), np.zeros_like(params["W"])
    for i in np.random.permutation(len(x)):
        e = x[i] @ params["W"] - y[i]
        loss += x.dtype.type(0.5) * (e**2).sum()
        g += np.outer(x[i], e)
    return loss, {"W": g}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_sum_in_another_order_is_right_and_noted(dtype):
    report = check_gradients(shuffled, {"W": W.astype(dtype)}, X.astype(dtype), Y.astype(dtype))
    assert report.ok, str(report)
    assert any("differ by rounding" in w for w in report.warnings)


def test_a_loss_whose_last_digit_changes_is_the_same_loss():
    def only_the_loss(params, x, y):
        return shuffled(params, x, y)[0], {"W": x.T @ (x @ params["W"] - y)}

    assert check_gradients(only_the_loss, {"W": W}, X, Y).ok


def test_a_mistake_beside_it_is_found():
    def wrong(params, x, y):
        loss, g = shuffled(params, x, y)
        g["W"][1, 1] *= 1 + 1e-9
        return loss, g

    report = check_gradients(wrong, {"W": W}, X, Y)
    assert report["W"].status == "wrong" and "W is off in 1 of 8 entries: [1,1]" in report.diagnosis


@pytest.mark.parametrize("size", [1e-3, 1e-7, 1e-11])
def test_what_is_drawn_anew_is_no_rounding(size):
    def drawn(params, x, y):
        loss, g = shuffled(params, x, y)
        return loss, {"W": g["W"] * (1 + size * np.random.rand())}

    assert check_gradients(drawn, {"W": W}, X, Y)["W"].status == "nondeterministic"


def test_a_step_whose_last_digit_changes_is_judged():
    def update(params, x, y):
        loss, g = shuffled(params, x, y)
        return {"W": params["W"] - 0.1 * g["W"]}, loss

    assert check_step(update, {"W": W}, X, Y, rate=0.1).ok


def test_a_backward_whose_last_digit_changes_is_judged():
    terms = [1.0, 2.0**-53, 2.0**-53]  # 1 from the left, 1 + 2^-52 from the right

    def backward(g, x):
        terms.reverse()
        return g * sum(terms)

    report = check_vjp((lambda x: 1.0 * x, backward), X)
    assert report.ok and any("differ by rounding" in w for w in report.warnings)
