"""An implicit derivative is right beside an iteration that stops early, and as wrong as it is beyond that."""

import numpy as np
import pytest

from compare.checks.gradients import check_gradients

pytest.importorskip("flint")


def point():
    rng = np.random.default_rng(5)
    return {"W": 0.2 * rng.normal(size=(3, 3)), "b": rng.normal(size=3)}, np.zeros(1), rng.normal(size=3)


def equilibrium(bound, share=0.0, close=False):
    """z = tanh(W z + b) by iteration, and the derivative of its limit; `share` is planted in db[0]."""

    def hand(p, x, y):
        z, going = np.zeros(3), True
        while going:
            new = np.tanh(p["W"] @ z + p["b"])
            going = not np.allclose(new, z, 0, bound) if close else np.abs(new - z).max() > bound
            z = new
        e = z - y
        D = np.diag(1 - z**2)
        d = D @ np.linalg.solve((np.eye(3) - D @ p["W"]).T, e)
        db = d.copy()
        db[0] *= 1 + share
        return 0.5 * e @ e, {"W": np.outer(d, z), "b": db}

    return hand


@pytest.mark.parametrize("close", [True, False])
@pytest.mark.parametrize("bound", [1e-6, 1e-10, 1e-15])
def test_the_derivative_of_the_limit_is_right_and_its_distance_is_told(bound, close):
    report = check_gradients(equilibrium(bound, close=close), *point())
    assert report.ok and any("stops with a step" in w for w in report.warnings), str(report)


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
