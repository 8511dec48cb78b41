"""Arrays whose gradient is zero by structure, as that of a bias before a batch norm."""

import numpy as np
import pytest

from compare.checks.gradients import check_gradients

RNG = np.random.default_rng(0)
PARAMS = {"W": RNG.standard_normal((4, 3)), "b": RNG.standard_normal(4), "v": RNG.standard_normal(4)}
X, Y = RNG.standard_normal((9, 3)), RNG.standard_normal(9)


def normalised(params, x, y, off=0.0):
    """v . (z - mean of z over the batch) / its deviation: adding b to z changes nothing."""
    z = x @ params["W"].T + params["b"]
    centred = z - z.mean(axis=0)
    s = 1 / np.sqrt((centred**2).mean(axis=0) + 1e-5)
    n = centred * s
    e = (n @ params["v"] - y) / len(x)
    dn = e[:, None] * params["v"]
    dz = s * (dn - dn.mean(axis=0) - n * (dn * n).mean(axis=0))
    loss = 0.5 * len(x) * (e**2).sum()
    return loss, {"W": dz.T @ x, "b": dz.sum(axis=0) + off, "v": n.T @ e}


def in_torch(params, x, y):
    z = x @ params["W"].T + params["b"]
    n = (z - z.mean(0)) / ((z - z.mean(0)) ** 2).mean(0).add(1e-5).sqrt()
    return 0.5 * ((n @ params["v"] - y) ** 2).mean()


each_witness = pytest.mark.parametrize("losses", [{}, {"torch_loss": in_torch}], ids=["itself", "torch"])


@each_witness
def test_a_structural_zero_agrees_and_says_nothing_of_sensitivity(losses):
    report = check_gradients(normalised, PARAMS, X, Y, **losses)
    assert report.ok and report["b"].status == "agree"
    assert report["b"].sensitivity is None and report["b"].error < 1e-13
    assert max(v.sensitivity for v in report.verdicts if v.sensitivity) < 1e-6


@each_witness
@pytest.mark.parametrize("off", [1e-3, 1e-7, 1e-10])
def test_what_is_no_rounding_is_no_zero(losses, off):
    report = check_gradients(lambda p, x, y: normalised(p, x, y, off), PARAMS, X, Y, **losses)
    assert not report.ok and report["b"].status != "agree"
