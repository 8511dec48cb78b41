"""An implicit derivative is right beside an iteration that stops early, and as wrong as it is beyond that."""

import numpy as np
import pytest

from compare.checks.gradients import check_gradients

pytest.importorskip("flint")


def point():
    rng = np.random.default_rng(5)
    return {"W": 0.2 * rng.normal(size=(3, 3)), "b": rng.normal(size=3)}, np.zeros(1), rng.normal(size=3)


def equilibrium(bound, share=0.0):
    """z = tanh(W z + b) by iteration, and the derivative of its limit; `share` is planted in db[0]."""

    def hand(p, x, y):
        z, step = np.zeros(3), 1.0
        while step > bound:
            new = np.tanh(p["W"] @ z + p["b"])
            z, step = new, np.abs(new - z).max()
        e = z - y
        D = np.diag(1 - z**2)
        d = D @ np.linalg.solve((np.eye(3) - D @ p["W"]).T, e)
        db = d.copy()
        db[0] *= 1 + share
        return 0.5 * e @ e, {"W": np.outer(d, z), "b": db}

    return hand


@pytest.mark.parametrize("bound", [1e-6, 1e-10, 1e-15])
def test_the_derivative_of_the_limit_is_right_and_its_distance_is_told(bound):
    report = check_gradients(equilibrium(bound), *point())
    assert report.ok and any(f"stops at {bound:g}" in w for w in report.warnings), str(report)


@pytest.mark.parametrize("share", [1e-2, 1e-4, 1e-6, 1e-9])
def test_what_the_stop_does_not_leave_is_wrong(share):
    report = check_gradients(equilibrium(1e-13, share), *point())
    assert report["b"].status == "wrong" and report.exit_code == 1


def test_a_condition_in_a_loop_over_samples_is_no_stop():
    def hand(p, x, y):
        loss, g = 0.0, np.zeros(3)
        for row, target in zip(x, y, strict=True):
            e = row @ p["w"] - target
            size = np.abs(e)
            if size < 0.1:
                loss, g = loss + 0.5 * e**2, g + e * row
            else:
                loss, g = loss + 0.1 * size - 0.005, g + 0.1 * np.sign(e) * row
        g[0] *= 1 + 1e-6
        return loss, {"w": g}

    w = np.array([0.3, -0.7, 0.2])
    x = np.random.default_rng(0).normal(size=(5, 3))
    y = x @ w - np.array([900.0, 90.0, 9.0, 0.9, 1e-4])  # each smaller, the last below the number
    assert check_gradients(hand, {"w": w}, x, y).exit_code == 1
