"""At a kink a proof knows which gradients are a choice, and which are wrong."""

import numpy as np
import pytest

from compare.checks.gradients import check_gradients

pytest.importorskip("flint")


def xor(skip):
    def hand(p, x, y):
        z = x @ p["W1"] + p["b1"]
        a = np.maximum(z, 0)
        s = 1 / (1 + np.exp(-(a @ p["W2"] + p["b2"])))
        g = {k: np.zeros_like(v) for k, v in p.items()}
        for n in range(len(x)):
            if skip and not a[n].any():
                continue  # wrong: the output bias learns from such a sample too
            d2 = (s[n] - y[n]) / len(x)
            d1 = (p["W2"] @ d2) * (z[n] > 0)
            g["W2"] += np.outer(a[n], d2)
            g["b2"] += d2
            g["W1"] += np.outer(x[n], d1)
            g["b1"] += d1
        return -np.mean(y * np.log(s) + (1 - y) * np.log(1 - s)), g

    return hand


def on_a_kink():
    r = np.random.default_rng(4)
    p = {"W1": r.normal(size=(2, 3)), "b1": np.zeros(3), "W2": r.normal(size=(3, 1)), "b2": np.zeros(1)}
    return p, np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])


def test_a_kink_excuses_no_array_that_it_cannot_move():
    report = check_gradients(xor(True), *on_a_kink())
    assert report["b2"].status == "wrong" and report.exit_code == 1
    assert report["b2"].values["adjoint"] == pytest.approx(-0.24305724, rel=1e-7)
    assert check_gradients(xor(False), *on_a_kink()).ok


def test_any_choice_between_both_sides_of_a_kink_is_right():
    for slope, right in ((0.0, True), (0.5, True), (1.0, True), (1.5, False), (-0.2, False)):

        def hand(p, x, slope=slope):
            z = x * p["w"] - 1
            dz = np.where(z > 0, 1.0, np.where(z == 0, slope, 0.0))
            return np.maximum(z, 0).sum(), {"w": (dz * x).sum(axis=0)}

        report = check_gradients(hand, {"w": np.array([0.5, 2.0])}, np.array([[2.0, 3.0], [1.0, 0.1]]))
        assert report.ok == right, (slope, str(report))


@pytest.mark.parametrize(
    "gradient, ok",
    [
        ([1, 0, 0], True),
        ([0, 0, 1], True),
        ([1 / 3, 1 / 3, 1 / 3], True),
        ([0.5, 0.5, 0], True),
        ([1.2, 0, 0], False),
    ],
)
def test_where_three_are_largest_each_may_have_its_share(gradient, ok):
    report = check_gradients(
        lambda p, x, y: (p["w"].max(), {"w": np.array(gradient) + 0 * p["w"]}),
        {"w": np.ones(3)},
        np.zeros(2),
        np.zeros(2),
    )
    assert report.ok is ok, str(report)


def test_where_two_are_largest_both_have_the_whole_derivative_of_none():
    def both(p, x, y):
        return p["w"].max(), {"w": (p["w"] == p["w"].max()) * 1.0}

    report = check_gradients(both, {"w": np.array([1, 1, 0.5])}, np.zeros(2), np.zeros(2))
    assert report["w"].status == "wrong" and report["w"].proved


def test_zeros_of_two_weights_are_two_kinks():
    report = check_gradients(
        lambda p, x, y: (np.abs(p["w"]).sum(), {"w": np.array([0.3, -0.5, 1]) + 0 * p["w"]}),
        {"w": np.array([0.0, 0, 2])},
        np.zeros(2),
        np.zeros(2),
    )
    assert report.ok, str(report)
