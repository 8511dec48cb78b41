"""Where no witness could look, nothing agrees."""

import numpy as np

from compare.checks.gradients import check_gradients

X = np.random.default_rng(0).standard_normal((5, 3))


def test_a_loss_too_large_to_be_differenced_vouches_for_nothing(unrecorded):
    def hand(params, x):
        return 1e200 * (np.sin(params["w"]) @ x.T @ x @ params["w"]), {"w": np.full(3, -7e200)}

    with np.errstate(all="ignore"):
        report = check_gradients(hand, {"w": np.array([0.3, 0.2, -0.1])}, X)
    assert report["w"].status == "inconclusive" and report.exit_code == 3
    assert "could not be differenced" in str(report)


def sharp(params, x):
    """abs keeps the complex step out: the logarithm beside 0 cannot be differenced."""
    w = params["w"]
    return np.log(np.abs(w) * (w > 0)).sum(), {"w": np.array([1, 3, 1]) / w}


def test_an_entry_that_cannot_be_differenced_is_not_passed_over(unrecorded):
    with np.errstate(all="ignore"):
        report = check_gradients(sharp, {"w": np.array([0.5, 1e-8, 2.0])}, X)
    assert report["w"].status != "agree" and not report.ok
