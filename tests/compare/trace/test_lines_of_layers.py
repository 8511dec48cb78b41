"""Mistakes in layers of rarer kinds: norms of an image, gates, stacks of matrices, samplers, crops."""

import pytest

from .test_lines import planted_report

pytestmark = pytest.mark.lines

NORM = """
import numpy as np

def backward(params, x, y):
    g = params["g"]
    mu, var = x.mean(axis=(2, 3), keepdims=True), x.var(axis=(2, 3), keepdims=True)
    h = np.einsum("nchw,cd->ndhw", (x - mu) / np.sqrt(var + 1e-5), g)
    m = h.mean(axis=(2, 3), keepdims=True)
    std = np.sqrt(h.var(axis=(2, 3), keepdims=True) + 1e-5)
    hat = (h - m) / std
    loss = 0.5 * np.sum((hat - y) ** 2)
    dhat = hat - y
    m1 = dhat.mean(axis=(2, 3), keepdims=True)
    m2 = (dhat * hat).mean(axis=(2, 3), keepdims=True)
    dh = (dhat - m1 - hat * m2) / std
    return loss, {"g": np.einsum("nchw,ndhw->cd", (x - mu) / np.sqrt(var + 1e-5), dh)}

rng = np.random.default_rng(0)
params = {"g": rng.normal(size=(2, 2))}
x, y = rng.normal(size=(3, 2, 4, 3)), rng.normal(size=(3, 2, 4, 3))
"""

GATES = """
import numpy as np

def backward(params, x, y):
    s = np.exp(x @ params["gate"])
    g = s / s.sum(axis=1, keepdims=True)
    outs = np.einsum("ni,eio->neo", x, params["experts"])
    r = (np.einsum("ne,neo->no", g, outs) - y) / len(x)
    loss = 0.5 * len(x) * np.sum(r ** 2)
    dg = np.einsum("no,neo->ne", r, outs)
    ds = g * (dg - np.sum(g * dg, axis=1, keepdims=True))
    return loss, {"experts": np.einsum("ni,no,ne->eio", x, r, g), "gate": x.T @ ds}

rng = np.random.default_rng(1)
params = {"experts": rng.normal(size=(3, 4, 2)), "gate": 0.5 * rng.normal(size=(4, 3))}
x, y = rng.normal(size=(7, 4)), rng.normal(size=(7, 2))
"""

HEADS = """
import numpy as np

def backward(params, x, y):
    q, k = x @ params["q"], x @ params["k"]
    s = q @ k.swapaxes(1, 2)
    loss = 0.5 * np.sum((s - y) ** 2)
    ds = s - y
    dq = ds @ k
    dk = ds.swapaxes(1, 2) @ q
    return loss, {"q": np.einsum("bti,btj->ij", x, dq), "k": np.einsum("bti,btj->ij", x, dk)}

rng = np.random.default_rng(2)
params = {"q": rng.normal(size=(3, 2)), "k": rng.normal(size=(3, 2))}
x, y = rng.normal(size=(2, 4, 3)), rng.normal(size=(2, 4, 4))
"""

CROP = """
import numpy as np

def smoothed(xp):
    return xp[:, :-2, :-2] + 2 * xp[:, 1:-1, 1:-1] + 3 * xp[:, 2:, 1:-1]

def backward(params, x, y=None):
    pad = 1
    xp = np.pad(params, ((0, 0), (pad, pad), (pad, pad)))
    d = smoothed(xp) - x
    dxp = np.zeros_like(xp)
    dxp[:, :-2, :-2] += d
    dxp[:, 1:-1, 1:-1] += 2 * d
    dxp[:, 2:, 1:-1] += 3 * d
    return 0.5 * np.sum(d ** 2), dxp[:, pad:-pad, pad:-pad]

rng = np.random.default_rng(3)
params, x, y = rng.normal(size=(2, 4, 4)), rng.normal(size=(2, 4, 4)), None
"""

SAMPLER = """
import numpy as np

def backward(params, x, y):
    i = np.floor(params).astype(int)
    w = params - i
    top, low = x[i, y], x[i + 1, y + 1]
    out = top * (1 - w) + low * w
    loss = 0.5 * np.sum(out ** 2)
    return loss, out * (x[i + 1, y + 1] - x[i, y])

rng = np.random.default_rng(4)
params, x, y = rng.uniform(0.2, 3.8, 6), rng.normal(size=(5, 5)), np.array([0, 3, 1, 2, 2, 1])
"""

WEIGHED = """
import numpy as np

def backward(params, x, y):
    w = np.array([0.5, 1.0, 3.0])[y]
    e = x @ params["v"] - y
    loss = (w * e ** 2).sum() / w.sum()
    d = 2 * w * e / w.sum()
    return loss, {"v": x.T @ d}

rng = np.random.default_rng(5)
params = {"v": rng.normal(size=4)}
x, y = rng.normal(size=(8, 4)), rng.integers(0, 3, size=8)
"""

PENALTY = """
import numpy as np

def backward(params, x, y):
    theta, m = params["theta"], len(y)
    h = 1 / (1 + np.exp(-x @ theta))
    loss = -(y @ np.log(h) + (1 - y) @ np.log(1 - h)) / m + 0.7 / (2 * m) * np.sum(theta[1:] ** 2)
    grad = x.T @ (h - y) / m
    grad[1:] += 0.7 / m * theta[1:]
    return loss, {"theta": grad}

rng = np.random.default_rng(6)
params = {"theta": rng.normal(size=4)}
x, y = np.hstack([np.ones((9, 1)), rng.normal(size=(9, 3))]), (rng.uniform(size=9) < 0.5).astype(float)
"""

NODES = """
import numpy as np

class Node:
    def __init__(self, inputs=()):
        self.inputs, self.outputs, self.gradients = list(inputs), [], {}
        for n in self.inputs:
            n.outputs.append(self)

class Linear(Node):
    def forward(self):
        x, w = (n.value for n in self.inputs)
        self.value = x @ w
    def backward(self):
        x, w = self.inputs
        for n in self.outputs:
            grad = n.gradients[self]
            self.gradients[x], self.gradients[w] = grad @ w.value.T, x.value.T @ grad

class Sigmoid(Node):
    def forward(self):
        self.value = 1 / (1 + np.exp(-self.inputs[0].value))
    def backward(self):
        self.gradients[self.inputs[0]] = np.zeros_like(self.value)
        for n in self.outputs:
            self.gradients[self.inputs[0]] += self.value * (1 - self.value) * n.gradients[self]

class Error(Node):
    def forward(self):
        self.difference = self.inputs[0].value - self.target
        self.value = np.mean(self.difference ** 2)
    def backward(self):
        self.gradients[self.inputs[0]] = 2 * self.difference / self.difference.size

def backward(params, x, y):
    data, first, second = Node(), Node(), Node()
    data.value, first.value, second.value = x, params["first"], params["second"]
    one = Linear([data, first])
    two = Sigmoid([one])
    three = Linear([two, second])
    last = Error([three])
    last.target = y
    for node in (one, two, three, last):
        node.forward()
    for node in (last, three, two, one):
        node.backward()
    return last.value, {"first": one.gradients[first], "second": three.gradients[second]}

rng = np.random.default_rng(7)
params = {"first": rng.normal(size=(3, 4)), "second": rng.normal(size=(4, 2))}
x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
"""

MISTAKES = {
    "an axis too many": (
        NORM,
        "m2 = (dhat * hat).mean(axis=(2, 3), keepdims=True)",
        "m2 = (dhat * hat).mean(axis=(0, 2, 3), keepdims=True)",
    ),
    "the diagonal of a softmax": (
        GATES,
        "ds = g * (dg - np.sum(g * dg, axis=1, keepdims=True))",
        "ds = g * (1 - g) * dg",
    ),
    "a stack not transposed": (HEADS, "dk = ds.swapaxes(1, 2) @ q", "dk = ds @ q"),
    "a crop from the corner": (
        CROP,
        "return 0.5 * np.sum(d ** 2), dxp[:, pad:-pad, pad:-pad]",
        "return 0.5 * np.sum(d ** 2), dxp[:, :-2 * pad, :-2 * pad]",
    ),
    "a corner for another": (
        SAMPLER,
        "return loss, out * (x[i + 1, y + 1] - x[i, y])",
        "return loss, out * (x[i + 1, y + 1] - x[i + 1, y])",
    ),
    "a penalty on the bias": (PENALTY, "grad[1:] += 0.7 / m * theta[1:]", "grad += 0.7 / m * theta"),
    "what comes from above left out, where another class reads it": (
        NODES,
        "self.gradients[self.inputs[0]] += self.value * (1 - self.value) * n.gradients[self]",
        "self.gradients[self.inputs[0]] += self.value * (1 - self.value)",
    ),
    "a mean over all for a weighted mean": (WEIGHED, "d = 2 * w * e / w.sum()", "d = 2 * w * e / len(y)"),
}


@pytest.mark.parametrize(("text", "right", "wrong"), MISTAKES.values(), ids=MISTAKES)
def test_the_line_is_named_alone_and_its_change_shown(text, right, wrong, tmp_path):
    report, line = planted_report(text, right, wrong, tmp_path)
    assert report.exit_code == 1, str(report)
    (found,) = report.findings
    assert (found.line, found.lines) == (line, (line,)) and found.fix is not None, str(report)
