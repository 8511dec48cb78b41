"""The lines of "See for yourself" run, and give the numbers behind them."""

import re
from collections import namedtuple

import numpy as np
import pytest

from compare.checks.gradients import check_gradients

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((6, 4)), RNG.standard_normal((6, 3))
W, b = RNG.standard_normal((4, 3)), RNG.standard_normal(3)


def run(report, **names):
    """Run the lines; return the quotient they end in, after comparing each number with the one in its comment."""
    text = str(report).split("See for yourself:\n")[1].split("\n\n")[0]
    lines = [line[2:] for line in text.splitlines() if line.startswith("  ")]
    space = {"np": np, **names}
    for line in lines:
        code, _, comment = line.partition("#")
        value, expected = None, re.match(r"\s*(-?[\d.e+-]+)", comment)
        if code.strip().startswith("("):
            value = eval(code, space)
        else:
            exec(code, space)
            value = space[code.split("=")[0].strip()] if expected else None
        if expected:
            assert abs(value - float(expected[1])) <= 1e-5 * abs(value), line
    return value


def sine(W, b, x, y, factor=2.0):
    e = np.sin(x @ W + b) - y
    d = 2 * e * np.cos(x @ W + b)
    return (e**2).sum(), x.T @ d, factor * d.sum(0)


def flat(params, x, y):
    loss, dW, db = sine(params["W"], params["b"], x, y)
    return loss, {"W": dW, "b": db}


NESTS = {
    "a flat dict": {"W": W, "b": b},
    "a nest": {"layers": [{"W": W, "b": b}]},
    "pairs": [(W, b)],
    "a list": [W, b],
    "a tuple in a dict": {"net": (W, b)},
    "a named tuple": namedtuple("Layer", "W b")(W, b),
}


@pytest.mark.parametrize("nest", NESTS)
def test_parameters_in_any_nest(nest):
    def rebuilt(params, leaves):
        if isinstance(params, dict):
            return {k: rebuilt(v, leaves) for k, v in params.items()}
        if isinstance(params, (list, tuple)):
            return [rebuilt(v, leaves) for v in params]
        return leaves.pop(0)

    def leaves(params):
        if isinstance(params, np.ndarray):
            return [params]
        return [a for v in (params.values() if isinstance(params, dict) else params) for a in leaves(v)]

    def backward(params, x, y):
        loss, *grads = sine(*leaves(params), x, y)
        return loss, rebuilt(params, grads)

    params = NESTS[nest]
    report = check_gradients(backward, params, X, Y)
    (wrong,) = (v for v in report.verdicts if not v.passes)
    right = next(iter(wrong.others.values()))
    assert run(report, params=params, x=X, y=Y, backward=backward) == pytest.approx(right, rel=1e-6)


def test_numbers_as_parameters():
    def backward(params, x, y):
        e = params["w"] * x + params["b"] - y
        return float((e**2).sum()), {"w": (e * x).sum(), "b": 2 * e.sum()}

    params, x, y = {"w": 0.5, "b": 0.1}, np.arange(5.0), np.array([1.0, 0, 2, 1, 3])
    report = check_gradients(backward, params, x, y)
    assert "w is 1/2 of the right value" in report.diagnosis
    assert run(report, params=params, x=x, y=y, backward=backward) == pytest.approx(-6)


def test_numbers_in_a_nest_and_zero_dimensional_arrays():
    def backward(params, x, y):
        w, c = params["line"]["w"], params["line"]["c"]
        e = w * x + c - y
        return (e**2).sum(), {"line": {"w": (e * x).sum(), "c": e.sum()}}

    for number in (float, np.array):
        params = {"line": {"w": number(0.5), "c": number(0.1)}}
        report = check_gradients(backward, params, X, Y[:, :1])
        run(report, params=params, x=X, y=Y[:, :1], backward=backward)


def test_a_bare_array_and_no_batch():
    def rosenbrock(p):
        return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2, np.array([0.0, 200 * (p[1] - p[0] ** 2)])

    params = np.array([0.5, 0.7])
    report = check_gradients(rosenbrock, params)
    run(report, params=params, rosenbrock=rosenbrock)


def test_an_object_with_loss_and_grads():
    class Net:
        def loss_and_grads(self, params, x, y):
            return flat(params, x, y)

    params, net = {"W": W, "b": b}, Net()
    run(check_gradients(net, params, X, Y), params=params, x=X, y=Y, net=net)


@pytest.mark.parametrize(
    "form",
    [lambda loss, g: {"loss": loss, "grads": g}, lambda loss, g: (g, loss), lambda loss, g: (loss, 0.5, g)],
)
def test_the_loss_is_taken_from_its_place(form):
    def backward(params, x, y):
        return form(*flat(params, x, y))

    params = {"W": W, "b": b}
    run(check_gradients(backward, params, X, Y), params=params, x=X, y=Y, backward=backward)


def test_float32_parameters():
    params = {"W": W.astype(np.float32), "b": b.astype(np.float32)}
    x, y = X.astype(np.float32), Y.astype(np.float32)
    run(check_gradients(flat, params, x, y), params=params, x=x, y=y, flat=flat)


@pytest.mark.parametrize("off", [1e-4, 1e-7, 3e-9])
def test_as_many_digits_as_show_the_difference(off):
    def nearly(params, x, y):
        loss, dW, db = sine(params["W"], params["b"], x, y, 1.0)
        return loss, {"W": dW, "b": db * (2 + off)}

    def halved(params, x, y):
        loss, dW, db = sine(params["W"], params["b"], x, y, 1.0)
        return loss, {"W": dW, "b": db * (1 + off)}

    params = {"W": W, "b": b}
    report = check_gradients(halved, params, X, Y)
    yours, right = report["b"].entry, next(iter(report["b"].others.values()))
    shown = run(report, params=params, x=X, y=Y, halved=halved)
    assert abs(shown - right) < abs(yours - right) / 2
    last = str(report).split("(up - down) / (2*h)   # ")[1].split()[0]
    assert abs(float(last) - right) < abs(yours - right) / 2


def test_samples_on_a_kink_are_left_out_in_the_lines():
    def relu(params, x, y):
        z = x @ params["W1"] + params["b1"]
        h = np.maximum(z, 0)
        e = h @ params["W2"] + params["b2"] - y
        d2 = 2 * e / len(x)
        d1 = d2 @ params["W2"].T * (z > 0)
        return (e**2).sum() / len(x), {"W1": x.T @ d1, "b1": d1.sum(0), "W2": h.T @ d2, "b2": d2.mean(0)}

    params = {"W1": RNG.standard_normal((4, 5)), "b1": np.zeros(5)}
    params |= {"W2": RNG.standard_normal((5, 3)), "b2": RNG.standard_normal(3)}
    x = X * (np.arange(6) != 2)[:, None]  # one sample is 0, and so is each of its z
    report = check_gradients(relu, params, x, Y)
    assert "keep = np.resize(np.delete(np.arange(6), [2]), 6); x, y =" in str(report)
    run(report, params=params, x=x, y=Y, relu=relu)
