"""Mistakes in lines that compute nothing wrong themselves: what a cache keeps, how long a loop runs, a sum's start."""

import pytest

from .test_lines import checked, planted_report

pytestmark = pytest.mark.lines

CACHED = """
import numpy as np

WEIGHT = 0.25

def step(x, h, W, U):
    a = x @ W + h @ U
    s = np.tanh(a)
    g = 1 / (1 + np.exp(-a))
    new = g * s + (1 - g) * h
    return new, (x, h, s, g)

def step_back(dnew, cache, W, U):
    x, h, s, g = cache
    ds = dnew * g
    dg = dnew * (s - h)
    da = ds * (1 - s ** 2) + dg * g * (1 - g)
    return da @ U.T + dnew * (1 - g), x.T @ da, h.T @ da

def backward(params, x, y):
    W, U = params["W"], params["U"]
    T = x.shape[1]
    h, caches = np.zeros((len(x), U.shape[0])), []
    for t in range(T):
        h, cache = step(x[:, t], h, W, U)
        caches.append(cache)
    loss = np.sum((h - y) ** 2) / (2 * len(x)) + WEIGHT * np.sum(W ** 2)
    dh = (h - y) / len(x)
    dW, dU = np.zeros_like(W), np.zeros_like(U)
    for t in reversed(range(T)):
        dh, dWt, dUt = step_back(dh, caches[t], W, U)
        dW += dWt
        dU += dUt
    dW = dW + 2 * WEIGHT * W
    return loss, {"W": dW, "U": dU}

rng = np.random.default_rng(4)
params = {"W": rng.normal(size=(2, 3)), "U": rng.normal(size=(3, 3))}
x, y = rng.normal(size=(5, 4, 2)), rng.normal(size=(5, 3))
"""

LOOPS = """
import numpy as np

def smooth(x, k):
    N, D = x.shape
    M = len(k)
    out = np.zeros((N, D - M + 1))
    for n in range(N):
        for i in range(D - M + 1):
            out[n, i] = np.sum(x[n, i:i + M] * k)
    return out

def smooth_back(dout, x, k):
    N, P = dout.shape
    M = len(k)
    dx, dk = np.zeros_like(x), np.zeros_like(k)
    for n in range(N):
        for i in range(P):
            dk += dout[n, i] * x[n, i:i + M]
            dx[n, i:i + M] += dout[n, i] * k
    return dx, dk

def backward(params, x, y):
    h = smooth(x, params["k"])
    z = np.maximum(h, 0)
    out = smooth(z, params["q"])
    loss = np.mean((out - y) ** 2)
    dout = 2 * (out - y) / y.size
    dz, dq = smooth_back(dout, z, params["q"])
    dh = dz * (h > 0)
    dx, dk = smooth_back(dh, x, params["k"])
    return loss, {"k": dk, "q": dq}

rng = np.random.default_rng(5)
params = {"k": rng.normal(size=3), "q": rng.normal(size=2)}
x, y = rng.normal(size=(4, 8)), rng.normal(size=(4, 5))
"""

STATES = """
import numpy as np

def soft(v):
    return np.logaddexp(0, v)

def soft_slope(v):
    return 1 / (1 + np.exp(-v))

def backward(params, x, y):
    W, U, c = params["W"], params["U"], params["c"]
    N, T, _ = x.shape
    S = np.zeros((N, T + 1, len(U)))
    for t in range(T):
        S[:, t + 1] = np.tanh(x[:, t] @ W + S[:, t] @ U)
    z = S[:, T] @ c
    out = soft(z)
    loss = np.mean((out - y) ** 2)
    dz = 2 * (out - y) / N * soft_slope(z)
    dc = S[:, T].T @ dz
    dS = np.zeros_like(S)
    dS[:, T] = np.outer(dz, c)
    dW, dU = np.zeros_like(W), np.zeros_like(U)
    for t in reversed(range(T)):
        d = dS[:, t + 1] * (1 - S[:, t + 1] ** 2)
        dW += x[:, t].T @ d
        dU += S[:, t].T @ d
        dS[:, t] = d @ U.T
    return loss, {"W": dW, "U": dU, "c": dc}

rng = np.random.default_rng(8)
params = {"W": rng.normal(size=(2, 3)), "U": rng.normal(size=(3, 3)), "c": rng.normal(size=3)}
x, y = rng.normal(size=(5, 4, 2)), rng.normal(size=5)
"""

MISTAKES = [  # text, right line, wrong line
    (CACHED, "return new, (x, h, s, g)", "return new, (x, h, new, g)"),
    (CACHED, "return new, (x, h, s, g)", "return new, (x, new, s, g)"),
    (CACHED, "dW, dU = np.zeros_like(W), np.zeros_like(U)", "dW, dU = np.ones_like(W), np.zeros_like(U)"),
    (CACHED, "dW = dW + 2 * WEIGHT * W", "dW = dW"),
    (CACHED, "dU += dUt", "dU += -dUt"),
    (LOOPS, "dh = dz * (h > 0)", "dh = dz"),
    (STATES, "return 1 / (1 + np.exp(-v))", "return 1"),
    (STATES, "d = dS[:, t + 1] * (1 - S[:, t + 1] ** 2)", "d = dS[:, t + 1] * (1)"),
    (STATES, "d = dS[:, t + 1] * (1 - S[:, t + 1] ** 2)", "d = dS[:, t + 1]"),
]


@pytest.mark.parametrize(("text", "right", "wrong"), MISTAKES)
def test_the_line_that_leads_to_wrong_values_is_named_alone(text, right, wrong, tmp_path):
    report, line = planted_report(text, right, wrong, tmp_path)
    assert [found.lines for found in report.findings] == [(line,)]


def test_a_loop_that_runs_too_short_is_mended_by_the_variable_that_is_meant(tmp_path):
    """With four samples, `range(M + 1)` would do as well as `range(N)`; with three it does not."""
    wrong = "for n in range(M):"
    head, tail = LOOPS.split("def smooth_back")
    planted = head + "def smooth_back" + tail.replace("for n in range(N):", wrong)
    report, _ = checked(planted, tmp_path)
    line = 1 + planted[: planted.index(wrong)].count("\n")
    (found,) = report.findings
    assert found.lines == (line,)
    assert found.fix["to"] == "for n in range(N):"


def test_where_no_change_is_found_three_lines_are_named(tmp_path):
    """What the line should compute is far from what it does: no small change mends it."""
    planted = CACHED.replace(
        "da = ds * (1 - s ** 2) + dg * g * (1 - g)", "da = ds * np.cosh(s) + np.sin(dg) / 3"
    )
    report, _ = checked(planted, tmp_path)
    line = 1 + planted[: planted.index("da = ds * np.cosh")].count("\n")
    (found,) = report.findings
    assert found.fix is None
    assert line in found.lines
    assert len(found.lines) <= 3


@pytest.mark.parametrize("text", [CACHED, LOOPS, STATES])
def test_right_code_has_no_wrong_line(text, tmp_path):
    report, _ = checked(text, tmp_path)
    assert report.ok
    assert not report.findings
