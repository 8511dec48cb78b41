"""Mistakes of conditions, loops, roundings, indices and orders: what a text's own edits undo."""

import pytest

from compare.checks.vjp import check_vjp

from .test_lines import checked, module_of
from .test_lines_behind import judged

pytestmark = pytest.mark.lines

BINNED = """
import math
import numpy as np

CENTRED, WINDOWS = True, [(0.4, 3.4), (1.0, 1.7)]

def first(place, ratio):
    return math.ceil(place * ratio)

def spread(v):
    out = np.zeros((2, 4))
    for w, (low, high) in enumerate(WINDOWS):
        size = high - low
        if not CENTRED:
            size = max(size, 1.0)
        for i in range(4):
            at = low + size * i / 4.0
            out[w, i] = v[int(at)] * (1 - at % 1) + v[int(at) + 1] * (at % 1)
    return out.ravel()

def spread_back(dout, many):
    dv = np.zeros(many)
    for w, (low, high) in enumerate(WINDOWS):
        size = high - low
        if not CENTRED:  # back
            size = max(size, 1.0)
        for i in range(4):
            at = low + size * i / 4.0
            dv[int(at)] += dout[4 * w + i] * (1 - at % 1)
            dv[int(at) + 1] += dout[4 * w + i] * (at % 1)
    return dv

def copied(v):
    return v[[int(i * 5 / 8) for i in range(8)]]

def added(dout):
    dv = np.zeros(5)
    for place in range(5):
        dv[place] = dout[first(place, 8 / 5):first(place + 1, 8 / 5)].sum()
    return dv

def forward(v):
    return np.concatenate([spread(v), copied(v)]), len(v)

def back(dout, many):
    return spread_back(dout[:8], many) + added(dout[8:])

op, inputs = (forward, back), (np.random.default_rng(9).normal(size=5),)
"""

LINKED = """
import numpy as np

PAIRS = [(0, 1), (2, 2), (1, 3), (0, 3)]

def energy(v):
    total = 0.0
    for i, j in PAIRS:
        gap = v[i] - v[j]
        if gap @ gap > 0:
            total += np.sqrt(gap @ gap)
    return np.array(total), v

def energy_back(dout, v):
    dv = np.zeros_like(v)
    for i, j in PAIRS:
        gap = v[i] - v[j]
        if gap @ gap == 0:
            continue
        pull = dout * gap / np.sqrt(gap @ gap)
        dv[i] += pull
        dv[j] -= pull
    return dv

op, inputs = (energy, energy_back), (np.random.default_rng(10).normal(size=(4, 3)),)
"""

MASKED = """
import numpy as np

def paths(w, x):
    z = x * w
    out, last = np.zeros(5), len(z) - 1
    for t in range(len(z)):
        for k in range(5):
            if k == 0 and t == last:
                out[k] += z[t, k]
            if k > 0 and t < last:
                out[k] += z[t, k] * z[t + 1, k]
    return out, z

def backward(params, x, y):
    w = params["w"]
    out, z = paths(w, x)
    loss = 0.5 * np.sum((out - y) ** 2)
    dout, dz, last = out - y, np.zeros_like(z), len(z) - 1
    for t in range(len(z)):
        for k in range(5):
            if k == 0 and t == last:  # back
                dz[t, k] += dout[k]
            if k > 0 and t < last:
                dz[t, k] += dout[k] * z[t + 1, k]
                dz[t + 1, k] += dout[k] * z[t, k]
    return loss, {"w": np.sum(dz * x, axis=0)}

rng = np.random.default_rng(11)
params, x, y = {"w": rng.normal(size=5)}, rng.normal(size=(4, 5)), rng.normal(size=5)
"""

PICKED = """
import numpy as np

ROWS = np.array([2, 0, 2, 3])

def picked(v):
    best = np.maximum.accumulate(np.argsort(v, axis=1), axis=1)
    return np.concatenate([np.take_along_axis(v, best, axis=1), v[ROWS]]), (v.shape, best)

def picked_back(dout, kept):
    shape, best = kept
    dv, rows = np.zeros(shape), np.arange(shape[0])[:, None]
    np.add.at(dv, (rows, best), dout[:shape[0]])
    dpicks = dout[shape[0]:]
    for k in range(len(ROWS)):
        dv[ROWS[k]] += dpicks[k]
    return dv

op, inputs = (picked, picked_back), (np.random.default_rng(13).normal(size=(4, 5)),)
"""

LEAKY = """
import numpy as np

def leaky(v):
    out = np.array(v)
    for i in range(v.size):
        if v.flat[i] < 0:
            out.flat[i] = 0.03 * v.flat[i]
    return out, v

def leaky_back(dout, v):
    dv = np.zeros_like(dout)
    for i in range(v.size):
        if v.flat[i] >= 0:
            dv.flat[i] = dout.flat[i]
        else:
            dv.flat[i] = 0.03 * dout.flat[i]
    return dv

op, inputs = (leaky, leaky_back), (np.random.default_rng(15).normal(size=(3, 4)),)
"""

SERIES = """
import numpy as np

class Absolute:
    def of(self, guess, wanted):
        return sum(abs(g - w) for g, w in zip(guess, wanted)) / len(guess)

    def slope(self, guess, wanted):
        d = np.zeros(len(guess))
        for i in range(len(guess)):
            if guess[i] < wanted[i]:
                d[i] = -1
            else:
                d[i] = 1
        return d / len(guess)

def backward(params, x, y):
    a, b, c = params["abc"]
    guess = a + b * x + np.exp(c) * x ** 2
    cost = Absolute()
    d = cost.slope(guess, y)
    da, db, dc = d.sum(), (d * x).sum(), (d * x ** 2).sum()
    dc = dc * np.exp(c)
    grad = np.array([da, db, dc])
    return cost.of(guess, y), {"abc": grad}

rng = np.random.default_rng(16)
params, x, y = {"abc": np.array([0.3, -0.5, 0.2])}, rng.normal(size=9), rng.normal(1, 1, size=9)
"""

# text, right line, wrong line
MENDED = [
    (BINNED, "return math.ceil(place * ratio)", "return math.floor(place * ratio)"),
    (LINKED, "continue", "break"),
    (SERIES, "if guess[i] < wanted[i]:", "if guess[i] < 0:"),
    (SERIES, "dc = dc * np.exp(c)", "dc == dc * np.exp(c)"),
    (SERIES, "grad = np.array([da, db, dc])", "grad = np.array([db, dc, da])"),
    (LEAKY, "dv.flat[i] = 0.03 * dout.flat[i]", "dv.flat[i] = 0.03"),
    (PICKED, "dv[ROWS[k]] += dpicks[k]", "dv[k] += dpicks[ROWS[k]]"),
    (PICKED, "np.add.at(dv, (rows, best), dout[:shape[0]])",
     "np.put_along_axis(dv, best, dout[:shape[0]], axis=1)"),
    (MASKED, "if k == 0 and t == last:  # back", "if t == last:  # back"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "right", "wrong"), MENDED)
def test_the_line_is_named_alone_with_the_right_change(text, right, wrong, tmp_path):
    report, line = judged(text, right, wrong, tmp_path)
    assert [found.lines for found in report.findings] == [(line,)]
    made = report.findings[0].fix["to"].partition("  #")[0]
    assert made == right.partition("  #")[0].replace(
        "(rows, best)", "(np.arange(dv.shape[0])[:, None], best)"
    )


@pytest.mark.parametrize("text", [BINNED, LINKED, PICKED, LEAKY])
def test_right_operations_have_no_wrong_line(text, tmp_path):
    user = module_of(text, tmp_path)
    report = check_vjp(user.op, *user.inputs)
    assert report.ok and not report.findings


@pytest.mark.parametrize("text", [MASKED, SERIES])
def test_right_functions_have_no_wrong_line(text, tmp_path):
    report, _ = checked(text, tmp_path)
    assert report.ok and not report.findings
