"""An implicit derivative is right beside an iteration that stops early, and as wrong as it is beyond that."""

import re

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


# Loops of a fixed count, each with the gradient of its limit; behind a bar what is wrong by more than the end leaves.
FIXED = {}
FIXED["equilibrium"] = """
P = {"W": 0.45 * np.array([[0.9, -0.5, 0.2], [0.4, 0.8, -0.3], [-0.2, 0.5, 0.9]]), "U": rng.normal(size=(3, 2)) / 3}
x = rng.normal(size=2)
y = rng.normal(size=3)
def f(p, x, y):
    z = np.zeros(3)
    for _ in range(25):
        z = np.tanh(p["W"] @ z + p["U"] @ x)
    e, s = z - y, 1 - z * z
    d = s * np.linalg.solve(np.eye(3) - (s[:, None] * p["W"]).T, 2 * e)
    return e @ e, {"W": {{1|(1 + 1e-3)}} * np.outer(d, z), "U": np.outer(d, x)}
"""
FIXED["transport"] = """
P = {"C": rng.uniform(0.1, 1, (3, 4))}
x = np.ones(3) / 3
y = np.ones(4) / 4
def f(p, x, y):
    K, v = np.exp(-p["C"] / 0.15), np.ones(4)
    for _ in range(15):
        u = x / (K @ v)
        v = y / (K.T @ u)
    T = u[:, None] * K * v
    loss = (T * p["C"]).sum() + 0.15 * (T * (np.log(T) - 1)).sum()
    return loss, {"C": {{T|T * p["C"]}}}
"""
FIXED["inner descent"] = """
P = {"lam": np.array(0.5)}
x = rng.normal(size=(9, 3))
y = rng.normal(size=9)
def f(p, x, y):
    a, b = x[:6], x[6:]
    H, w = a.T @ a / 6 + p["lam"] * np.eye(3), np.zeros(3)
    for _ in range(60):
        w = w - 0.2 * (H @ w - a.T @ y[:6] / 6)
    e = b @ w - y[6:]
    return (e @ e) / 3, {"lam": -np.linalg.solve(H, w) @ (2 * b.T @ e / 3) * {{1|1.001}}}
"""
FIXED["in place"] = """
P = {"b": rng.normal(size=4)}
x = np.eye(4) * 4 + rng.random((4, 4))
y = rng.normal(size=4)
def f(p, x, y):
    u = np.zeros(4)
    for _ in range(8):
        for i in range(4):
            u[i] = (p["b"][i] - x[i] @ u + x[i, i] * u[i]) / x[i, i]
    e = u - y
    return 0.5 * e @ e, {"b": np.linalg.solve(x{{.T|}}, e)}
"""
FIXED["root"] = """
P = {"a": rng.uniform(1, 3, 4)}
x = np.zeros(1)
y = rng.normal(size=4)
def f(p, x, y):
    z = np.ones(4)
    for _ in range(4):
        z = 0.5 * (z + p["a"] / z)
    e = z - y
    return e @ e, {"a": 2 * e{{ / (2 * z)| / z}}}
"""


def fixed(name, which):
    scope = {"np": np, "rng": np.random.default_rng(5)}
    exec(re.sub(r"\{\{(.*?)\|(.*?)\}\}", rf"\{which}", FIXED[name]), scope)
    return scope["f"], scope["P"], scope["x"], scope["y"]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", FIXED)
def test_the_derivative_of_the_limit_is_right_beside_a_loop_of_a_fixed_count(name, dtype):
    hand, p, x, y = fixed(name, 1)
    report = check_gradients(
        hand, {n: a.astype(dtype) for n, a in p.items()}, x.astype(dtype), y.astype(dtype)
    )
    assert report.ok and any("stops with a step" in w for w in report.warnings), str(report)
    assert not any(v.proved for v in report.verdicts)  # by more digits it is another number


@pytest.mark.parametrize("name", FIXED)
def test_what_the_end_of_a_loop_of_a_fixed_count_does_not_leave_is_wrong(name):
    assert check_gradients(*fixed(name, 2)).exit_code == 1


def through_the_loop(share, layers=False, entry=0):
    """h = tanh(W h + b) eight times, through which the gradient goes back; `share` is planted in an entry of it."""

    def hand(p, x, y):
        names = [f"W{t}" if layers else "W" for t in range(8)]
        states = [np.zeros(3)]
        for n in names:
            states.append(np.tanh(p[n] @ states[-1] + p["b"]))
        e = states[-1] - y
        d, g = e, {n: np.zeros_like(a) for n, a in p.items()}
        for t in reversed(range(8)):
            d = d * (1 - states[t + 1] ** 2)
            g[names[t]] += np.outer(d, states[t])
            g["b"] += d
            d = p[names[t]].T @ d
        for n in ("W7" if layers else "W", "b")[entry:]:
            g[n].flat[0] *= 1 + share
        return 0.5 * e @ e, g

    return hand


@pytest.mark.parametrize("entry", [0, 1])
@pytest.mark.parametrize("share", [1e-4, 1e-6])
def test_an_entry_is_not_left_to_the_end_of_a_loop(share, entry):
    report = check_gradients(through_the_loop(share, entry=entry), *point())
    assert report["b"].status == "wrong" and report.exit_code == 1, str(report)


def test_layers_that_shrink_are_no_loop_to_a_limit():
    p, x, y = point()
    p = {f"W{t}": 0.05 * p["W"] for t in range(8)} | {"b": 1e-3 * p["b"]}
    assert check_gradients(through_the_loop(1e-6, layers=True), p, x, y).exit_code == 1
