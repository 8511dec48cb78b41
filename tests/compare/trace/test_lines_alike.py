"""Mistakes that another line of the function, a comprehension's variable or the kind of a value tells how to undo."""

import pytest

from .test_lines import checked, planted_report

pytestmark = pytest.mark.lines

COUNTS = """
import numpy as np

def softmax(v):
    e = np.exp(v - v.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def backward(params, x, y):
    A, B = softmax(params["a"]), softmax(params["b"])
    loss = -np.sum(np.log(A[x, y])) - np.sum(np.log(B[y, x]))
    moves, emitted = np.zeros_like(A), np.zeros_like(B)
    np.add.at(moves, (x, y), 1.0)
    np.add.at(emitted, (y, x), 1.0)
    d_a = moves.sum(axis=1, keepdims=True) * A - moves
    d_b = emitted.sum(axis=1, keepdims=True) * B - emitted
    return loss, {"a": d_a, "b": d_b}

rng = np.random.default_rng(3)
params = {"a": rng.normal(size=(3, 4)), "b": rng.normal(size=(4, 3))}
x, y = rng.integers(0, 3, size=9), rng.integers(0, 4, size=9)
"""

FILTER = """
import numpy as np

def backward(params, x, y=None):
    a, q = np.tanh(params[0]), np.exp(params[1])
    m, loss, steps = 0.0, 0.0, []
    for obs in x:
        p = a * m
        v = obs - p
        loss += 0.5 * v * v / q + 0.5 * np.log(q)
        steps.append((m, v))
        m = p + 0.3 * v
    da = dq = dm = 0.0
    for m, v in reversed(steps):
        dp = dm
        dv = 0.3 * dm + v / q
        dq += 0.5 / q - 0.5 * v * v / q ** 2
        dp -= dv
        da += dp * m
        dm = dp * a
    return loss, np.array([da * (1 - a ** 2), dq * q])

rng = np.random.default_rng(5)
params, x, y = rng.normal(size=2), rng.normal(size=6), None
"""

HEADS = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def backward(params, x, y):
    W, V = params["W"], params["V"]
    parts = [np.tanh(x @ w) for w in W]
    h = np.concatenate(parts, axis=1)
    X = h @ V
    loss = np.mean(np.sum(np.logaddexp(0, X) - y * X, axis=1))
    dX = (sigmoid(X) - y) / len(x)
    dV = h.T @ dX
    pieces = np.split(dX @ V.T, len(W), axis=1)
    dz = [d * (1 - p ** 2) for d, p in zip(pieces, parts)]
    dW = np.stack([x.T @ d for d in dz])
    return loss, {"W": dW, "V": dV}

rng = np.random.default_rng(6)
params = {"W": rng.normal(size=(2, 3, 4)), "V": rng.normal(size=(8, 2))}
x, y = rng.normal(size=(5, 3)), rng.uniform(size=(5, 2))
"""

RESPONSIBLE = """
import numpy as np

def backward(params, x, y):
    W, s = params["W"], params["s"]
    log_pi = x @ W
    log_n = log_pi - 0.5 * ((y[:, None] - s) ** 2)
    log_p = np.log(np.sum(np.exp(log_n), axis=1, keepdims=True))
    norm = np.log(np.sum(np.exp(log_pi), axis=1, keepdims=True))
    loss = -np.sum(log_p - norm)
    gamma = np.exp(log_n - log_p)
    p = np.exp(log_pi - norm)
    dW = x.T @ (p - gamma)
    ds = -np.sum(gamma * (y[:, None] - s), axis=0)
    return loss, {"W": dW, "s": ds}

rng = np.random.default_rng(7)
params = {"W": rng.normal(size=(3, 2)), "s": rng.normal(size=2)}
x, y = rng.normal(size=(6, 3)), rng.normal(size=6)
"""

PIECES = """
import numpy as np

def smooth(x, k):
    out = np.zeros((len(x), x.shape[1] - len(k) + 1))
    for i in range(len(k)):
        out += x[:, i:i + out.shape[1]] * k[i]
    return out

def spread(dout, x, k):
    dx, dk = np.zeros_like(x), np.zeros_like(k)
    for i in range(len(k)):
        dx[:, i:i + dout.shape[1]] += dout * k[i]
        dk[i] = np.sum(dout * x[:, i:i + dout.shape[1]])
    return dx, dk

def columns(x, W):
    out = np.zeros((len(x), W.shape[1]))
    for j in range(W.shape[1]):
        out[:, j] += x @ W[:, j]
    return out

def backward(params, x, y):
    k, W = params["k"], params["W"]
    z = columns(smooth(x, k), W)
    mean = z.mean(axis=1, keepdims=True)
    inv = 1 / np.sqrt(z.var(axis=1, keepdims=True) + 0.1)
    zn = (z - mean) * inv
    loss = np.mean((zn - y) ** 2)
    dzn = 2 * (zn - y) / y.size
    m1 = dzn.mean(axis=1, keepdims=True)
    m2 = (dzn * zn).mean(axis=1, keepdims=True)
    dz = inv * (dzn - m1 - zn * m2)
    h = smooth(x, k)
    dW = h.T @ dz
    dh = dz @ W.T
    dx, dk = spread(dh, x, k)
    return loss, {"k": dk, "W": dW}

rng = np.random.default_rng(9)
params = {"k": rng.normal(size=3), "W": rng.normal(size=(4, 3))}
x, y = rng.normal(size=(5, 6)), rng.normal(size=(5, 3))
"""

PAIRED = """
import numpy as np

def backward(params, x, y=None):
    U, V = params["U"], params["V"]
    gU, gV = np.zeros(U.shape), np.zeros(V.shape)
    loss = 0.0
    for u, i, j in x:
        diff = V[i] - V[j]
        score = U[u] @ diff
        loss += np.log1p(np.exp(-score))
        g = -1.0 / (1.0 + np.exp(score))
        gU[u] += g * diff
        gV[i] += g * U[u]
        gV[j] -= g * U[u]
    gU = gU / len(x)
    gV = gV / len(x)
    gU = gU + 0.1 * U
    return loss / len(x) + 0.05 * np.sum(U * U), {"U": gU, "V": gV}

rng = np.random.default_rng(10)
params = {"U": rng.normal(size=(4, 3)), "V": rng.normal(size=(5, 3))}
x, y = np.stack([[0, 1, 2], [1, 0, 4], [3, 2, 1], [2, 3, 0], [0, 4, 3], [1, 2, 3], [2, 0, 1]]), None
"""

MISTAKES = [  # text, right line, wrong line
    (COUNTS, "d_a = moves.sum(axis=1, keepdims=True) * A - moves", "d_a = moves"),
    (FILTER, "dp -= dv", "pass"),
    (HEADS, "dW = np.stack([x.T @ d for d in dz])", "dW = np.stack([x.T @ dz[0] for d in dz])"),
    (HEADS, "dX = (sigmoid(X) - y) / len(x)", "dX = y / len(x)"),
    (PIECES, "dz = inv * (dzn - m1 - zn * m2)", "dz = dzn - m1 - zn * m2"),
    (PAIRED, "g = -1.0 / (1.0 + np.exp(score))", "g = -1.0 / np.exp(score)"),
    (PAIRED, "gU = gU + 0.1 * U", "pass  # the penalty"),
    (RESPONSIBLE, "gamma = np.exp(log_n - log_p)", "gamma = np.exp(log_n)"),
    (RESPONSIBLE, "p = np.exp(log_pi - norm)", "p = log_pi - norm"),
]  # fmt: skip

MENDED = {  # the change where it is another than the right line
    "dz = dzn - m1 - zn * m2": "dz = (dzn - m1 - zn * m2) * inv",
    "g = -1.0 / np.exp(score)": "g = -1.0 / (1 + np.exp(score))",
    "pass  # the penalty": "gU += 2 * 0.05 * U  # the penalty",
}


@pytest.mark.parametrize(("text", "right", "wrong"), MISTAKES)
def test_the_line_is_named_alone_with_a_change_that_mends_it(text, right, wrong, tmp_path):
    report, line = planted_report(text, right, wrong, tmp_path)
    assert [found.lines for found in report.findings] == [(line,)]
    assert report.findings[0].fix["to"] == MENDED.get(wrong, right)


@pytest.mark.parametrize("text", [COUNTS, FILTER, HEADS, RESPONSIBLE, PIECES, PAIRED])
def test_right_code_has_no_wrong_line(text, tmp_path):
    report, _ = checked(text, tmp_path)
    assert report.ok
