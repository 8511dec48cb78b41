"""A layer's backward that hands the gradient on as it came: its line is named, no operation stands there."""

import pytest

from .test_lines import checked

pytestmark = pytest.mark.lines

LAYERS = """
import numpy as np

class Bend:
    def forward(self, x):
        self.x = x
        return np.tanh(x) * np.exp(0.1 * x)
    def backward(self, grad):
        out = grad * np.exp(0.1 * self.x) * (1 - np.tanh(self.x) ** 2 + 0.1 * np.tanh(self.x))
        return out

class Dense:
    def __init__(self, W):
        self.W = W
    def forward(self, x):
        self.x = x
        return x @ self.W
    def backward(self, grad):
        return self.x.T @ grad, grad @ self.W.T

def backward(params, x, y):
    first, bend, last = Dense(params["V"]), Bend(), Dense(params["W"])
    out = last.forward(bend.forward(first.forward(x)))
    W, grad = last.backward(out - y)
    V, _ = first.backward(bend.backward(grad))
    return 0.5 * np.sum((out - y) ** 2), {"V": V, "W": W}

rng = np.random.default_rng(6)
params = {"V": rng.normal(size=(3, 4)), "W": rng.normal(size=(4, 2))}
x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
"""
OWN = "out = grad * np.exp(0.1 * self.x) * (1 - np.tanh(self.x) ** 2 + 0.1 * np.tanh(self.x))"


@pytest.mark.parametrize(
    "text, line",
    [
        (LAYERS.replace(OWN, "out = grad"), 9),
        (LAYERS.replace(OWN, "self.seen = grad.shape").replace("return out", "return grad"), 10),
    ],
)
def test_the_line_that_hands_the_gradient_on_is_named(text, line, tmp_path):
    report, _ = checked(text, tmp_path)
    assert [f.lines for f in report.findings if f.line is not None] == [(line,)]
    assert "this function's own is left out" in report.diagnosis


def test_a_gradient_that_may_be_handed_on_is_not_blamed(tmp_path):
    text = LAYERS.replace("return np.tanh(x) * np.exp(0.1 * x)", "return x").replace(OWN, "out = grad")
    assert checked(text, tmp_path)[0].ok
    text = text.replace("return self.x.T @ grad,", "return self.x.T @ np.exp(grad) * grad.std(),")
    assert 9 not in [n for f in checked(text, tmp_path)[0].findings for n in f.lines]
