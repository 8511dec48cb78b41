"""A network recognised from the loss is withdrawn where differences side with the candidate against it."""

import numpy as np
import pytest

from compare import check_gradients

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((6, 3)), rng.standard_normal((6, 2))
SMALL = {"W1": 0.02 * rng.standard_normal((4, 3)), "W2": rng.standard_normal((2, 4))}


def small_arctan(params, x, y):
    """tanh z and arctan z are z - z^3/3 + ...; they part at z^5/15, below ten digits where z is a few hundredths."""
    z = x @ params["W1"].T
    a = np.arctan(z)
    d = (a @ params["W2"].T - y) / len(x)
    loss = 0.5 * ((a @ params["W2"].T - y) ** 2).sum() / len(x)
    return loss, {"W1": ((d @ params["W2"]) / (1 + z**2)).T @ x, "W2": d.T @ a}


def with_tanhs_slope(params, x, y):
    loss, grads = small_arctan(params, x, y)
    z = x @ params["W1"].T
    d = (np.arctan(z) @ params["W2"].T - y) / len(x)
    return loss, grads | {"W1": ((d @ params["W2"]) * (1 - z**2)).T @ x}


@pytest.mark.parametrize("scale", (0.1, 1, 5))
def test_a_right_gradient_of_a_loss_that_looks_like_anothers_is_right(scale):
    report = check_gradients(small_arctan, SMALL | {"W1": scale * SMALL["W1"]}, X, Y)
    assert report.ok, report.diagnosis


def test_a_planted_slope_is_found_with_the_loss_of_the_other():
    """1 - z^2 is the slope up to z^4 = 0.01 at z = 0.3: the differences, not the network, show it to be wrong."""
    report = check_gradients(with_tanhs_slope, SMALL | {"W1": 5 * SMALL["W1"]}, X, Y)
    assert [v.name for v in report.verdicts if v.status == "wrong"] == ["W1"]
