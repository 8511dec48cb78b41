"""Mistakes behind the first wrong value: a number, a start, a variable that another function would make more of."""

import pytest

from compare.checks.vjp import check_vjp

from .test_lines import checked, module_of, planted_report

pytestmark = pytest.mark.lines

RESIZED = """
import numpy as np

def around(place, many, wide):
    at = (place + 0.5) * many / wide - 0.5
    low = int(max(at, 0))
    return low, min(low + 1, many - 1), max(at, 0) - low

def stretched(grid):
    rows, columns = grid.shape
    out = np.zeros((5, 8))
    for i in range(5):
        a, b, s = around(i, rows, 5)
        for j in range(8):
            c, d, t = around(j, columns, 8)
            out[i, j] = (1 - s) * ((1 - t) * grid[a, c] + t * grid[a, d])
            out[i, j] += s * ((1 - t) * grid[b, c] + t * grid[b, d])
    return out, grid.shape

def stretched_back(dout, shape):
    rows, columns = shape
    dgrid = np.zeros(shape)
    for i in range(5):
        a, b, s = around(i, rows, 5)
        for j in range(8):
            c, d, t = around(j, columns, 8)  # back
            dgrid[a, c] += (1 - s) * (1 - t) * dout[i, j]
            dgrid[a, d] += (1 - s) * t * dout[i, j]
            dgrid[b, c] += s * (1 - t) * dout[i, j]
            dgrid[b, d] += s * t * dout[i, j]
    return dgrid

op, inputs = (stretched, stretched_back), (np.random.default_rng(1).normal(size=(3, 4)),)
"""

WINDOWS = """
import numpy as np

def means(v):
    out = np.empty((len(v), 3))
    for j in range(3):
        out[:, j] = v[:, 3 * j:3 * j + 3].mean(axis=1)
    return out, v

def means_back(dout, v):
    dv = np.zeros_like(v)
    for j in range(3):
        part = dv[:, 3 * j:3 * j + 3]
        many = part.shape[1]
        part += dout[:, j, None] / many
    return dv

op, inputs = (means, means_back), (np.random.default_rng(2).normal(size=(4, 8)),)
"""

SINKS = """
import numpy as np

def shares(q, k, none):
    top = np.log(np.exp(q @ k.T).sum(axis=1))
    return np.exp(q @ k.T - np.logaddexp(top, none)[:, None]), (q, k, none, top)

def shares_back(dout, kept):
    q, k, none, top = kept
    whole = np.logaddexp(top, none)  # back
    p = np.exp(q @ k.T - whole[:, None])
    within = (dout * p).sum(axis=1)
    ds = p * (dout - within[:, None])
    dnone = -np.exp(none - whole) * within
    return ds @ k, ds.T @ q, dnone

rng = np.random.default_rng(3)
op, inputs = (shares, shares_back), (rng.normal(size=(3, 2)), rng.normal(size=(4, 2)), rng.normal(size=3))
"""

STATES = """
import numpy as np

def states_back(W, kept, douts, dend):
    dW, dh = np.zeros_like(W), dend
    for h, x_t, out, dout in reversed([(*k, d) for k, d in zip(kept, douts)]):
        da = (dh + dout) * (1 - out ** 2)
        dW += np.outer(h, da)
        dh = W @ da
    return dW

def backward(params, x, y):
    W, h, kept = params["W"], np.zeros(3), []
    for x_t in x:
        out = np.tanh(h @ W + x_t)
        kept.append((h, x_t, out))
        h = out
    outs = np.array([k[2] for k in kept])
    loss = 0.5 * np.sum((outs - y) ** 2) + 0.5 * np.sum((h - 2) ** 2)
    return loss, {"W": states_back(W, kept, outs - y, h - 2)}

rng = np.random.default_rng(4)
params, x, y = {"W": rng.normal(size=(3, 3))}, rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
"""

PAINTED = """
import numpy as np

def layered(covers, tints):
    light, seen, before, used, last = 0.0, 1.0, 1.0, 0, -1
    for i, cover in enumerate(covers):
        used += 1
        if cover < 0.1:
            continue
        light += seen * cover * tints[i]
        before, last = seen, i
        seen *= 1 - cover
    return light, before, used, last

def backward(params, x, y):
    tints, loss, dtints = params["t"], 0.0, np.zeros(5)
    for covers, wanted in zip(x, y):
        light, seen, used, last = layered(covers, tints)
        loss += 0.5 * (light - wanted) ** 2
        for i in range(used - 1, -1, -1):
            if covers[i] < 0.1:
                continue
            if i < last:
                seen /= 1 - covers[i]
            dtints[i] += (light - wanted) * seen * covers[i]
    return loss, {"t": dtints}

rng = np.random.default_rng(5)
params, x, y = {"t": rng.normal(size=5)}, rng.uniform(0.2, 0.9, size=(4, 5)), rng.normal(size=4)
x[1, 4] = x[2, 3:] = 0.02
"""

ANGLES = """
import numpy as np

def backward(params, x, y):
    W = params["W"]
    long = np.sqrt((W ** 2).sum(axis=1, keepdims=True))
    out = x @ (W / long).T
    loss = 0.25 * np.sum((out - y) ** 2)
    half = 0.5
    dout = out - y
    dW = np.zeros_like(W)
    dW += half * dout.T @ x / long
    dW -= half * (dout * out).sum(axis=0)[:, None] * W / long ** 2
    return loss, {"W": dW}

rng = np.random.default_rng(6)
params, x, y = {"W": rng.normal(size=(3, 4))}, rng.normal(size=(5, 4)), rng.normal(size=(5, 3))
"""

NODES = """
import numpy as np

class Node:
    def __init__(self, value, made_of=()):
        self.value, self.made_of, self.grad = value, made_of, 0.0

    def __add__(self, other):
        return Node(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Node(self.value * other.value, ((self, other.value), (other, self.value)))

    def back(self):
        for node, slope in self.made_of:
            node.grad += slope * self.grad
        for node, _ in self.made_of:
            node.back()

def backward(params, x, y):
    w = [Node(v) for v in params["w"]]
    total = Node(0.0)
    for row, wanted in zip(x, y):
        out = Node(-wanted)
        for node, v in zip(w, row):
            out = out + node * node * Node(v)
        total = total + out * out
    total.grad = 1.0
    total.back()
    return total.value, {"w": np.array([node.grad for node in w])}

rng = np.random.default_rng(7)
params, x, y = {"w": rng.normal(size=3)}, rng.normal(size=(4, 3)), rng.normal(size=4)
"""


SMOOTHED = """
import numpy as np

def run(v):
    out = np.zeros_like(v)
    for t in range(len(v)):
        out[t] += 0.4 * v[t]
        if t > 0:
            out[t] += 0.6 * out[t - 1]
    return out

def smoothed(v):
    return run(v), None

def smoothed_back(dout, _):
    return run(dout[::-1])[::-1]

op, inputs = (smoothed, smoothed_back), (np.random.default_rng(12).normal(size=8),)
"""


# text, right line, wrong line
MENDED = [
    (RESIZED, "c, d, t = around(j, columns, 8)  # back", "c, d, t = around(j, rows, 8)  # back"),
    (SINKS, "whole = np.logaddexp(top, none)  # back", "whole = top  # back"),
    (STATES, "dW, dh = np.zeros_like(W), dend", "dW, dh = np.zeros_like(W), np.zeros(3)"),
    (PAINTED, "if i < last:", "if i < used - 1:"),
    (ANGLES, "dW -= half * (dout * out).sum(axis=0)[:, None] * W / long ** 2",
     "dW -= (dout * out).sum(axis=0)[:, None] * W / long ** 2"),
]  # fmt: skip
AMONG = [
    (WINDOWS, "many = part.shape[1]", "many = 3"),
]


TWICE = """
import numpy as np

def run(w, order, x):
    state, kept = np.zeros(2), {}
    for t in order:
        before, state = state, np.tanh(x[t] + w.reshape(2, 2) @ state)
        kept[t] = (before, state)
    return kept

def step_back(w, kept, top):
    before, state = kept
    delta = top * (1 - state ** 2)
    return np.outer(delta, before).ravel(), w.reshape(2, 2).T @ delta

def backward(params, x, y):
    w, total, carry = params["w"], np.zeros(8), np.zeros(2)
    one, two = run(w[:4], range(4), x), run(w[4:], reversed(range(4)), x)
    error = np.array([one[t][1] + two[t][1] for t in range(4)]) - y
    for t in reversed(range(4)):
        dw, carry = step_back(w[:4], one[t], error[t] + carry)
        total[:4] += dw
    carry = np.zeros(2)
    for t in range(4):
        dw, carry = step_back(w[4:], two[t], error[t] + carry)  # never added
    return 0.5 * np.sum(error ** 2), {"w": total}

rng = np.random.default_rng(14)
params, x, y = {"w": rng.normal(size=8)}, rng.normal(size=(4, 2)), rng.normal(size=(4, 2))
"""


def test_a_value_that_is_never_added_is_among_three(tmp_path):
    report, _ = checked(TWICE, tmp_path)
    (found,) = report.findings
    line = next(i for i, each in enumerate(TWICE.splitlines(), 1) if "never added" in each)
    assert not report.ok and line in found.lines and len(found.lines) <= 3


def judged(text, right, wrong, folder):
    if "op, inputs" not in text:
        return planted_report(text, right, wrong, folder)
    planted = text.replace(right, wrong)
    assert planted != text
    user = module_of(planted, folder)
    line = next(i for i, each in enumerate(planted.splitlines(), 1) if each != text.splitlines()[i - 1])
    return check_vjp(user.op, *user.inputs), line


@pytest.mark.parametrize(("text", "right", "wrong"), MENDED)
def test_the_line_is_named_alone_with_the_right_change(text, right, wrong, tmp_path):
    report, line = judged(text, right, wrong, tmp_path)
    assert [found.lines for found in report.findings] == [(line,)]
    made = report.findings[0].fix["to"].partition("  #")[0]
    assert made == right.partition("  #")[0].replace(
        "(rows, best)", "(np.arange(dv.shape[0])[:, None], best)"
    )


@pytest.mark.parametrize(("text", "right", "wrong"), AMONG)
def test_the_line_is_among_three_where_no_change_is_found(text, right, wrong, tmp_path):
    report, line = judged(text, right, wrong, tmp_path)
    (found,) = report.findings
    assert not report.ok and line in found.lines and len(found.lines) <= 3


def test_the_call_that_goes_on_before_a_sum_is_complete_is_among_three(tmp_path):
    report, _ = checked(NODES, tmp_path)
    (found,) = report.findings
    line = next(i for i, each in enumerate(NODES.splitlines(), 1) if each.strip() == "node.back()")
    assert not report.ok and line in found.lines and len(found.lines) <= 3


def test_a_cotangent_that_is_handed_on_as_it_came_is_the_line(tmp_path):
    report, line = judged(SMOOTHED, "return run(dout[::-1])[::-1]", "return dout", tmp_path)
    assert [found.lines for found in report.findings] == [(line,)]
    assert "handed on as it came" in report.diagnosis


@pytest.mark.parametrize("text", [RESIZED, WINDOWS, SINKS, SMOOTHED])
def test_right_operations_have_no_wrong_line(text, tmp_path):
    user = module_of(text, tmp_path)
    report = check_vjp(user.op, *user.inputs)
    assert report.ok and not report.findings


@pytest.mark.parametrize("text", [STATES, PAINTED, ANGLES])
def test_right_functions_have_no_wrong_line(text, tmp_path):
    report, _ = checked(text, tmp_path)
    assert report.ok and not report.findings
