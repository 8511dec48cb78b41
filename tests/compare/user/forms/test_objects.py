"""An object that keeps parameters and gradients: attributes, dicts, lists; with a batch or one that is drawn."""

import pytest

from .judged import is_placed, is_right

ATTRIBUTES = """\
import numpy as np
class NN:
    def __init__(self):
        rng = np.random.default_rng(3)
        self.W1, self.b1 = rng.normal(size=(3, 4)), rng.normal(size=4)
        self.W2, self.b2 = rng.normal(size=(4, 2)), rng.normal(size=2)
    def forward(self, X):
        self.X = X
        self.z1 = X @ self.W1 + self.b1
        self.a1 = np.maximum(0, self.z1)
        z2 = self.a1 @ self.W2 + self.b2
        e = np.exp(z2 - z2.max(1, keepdims=True))
        self.p = e / e.sum(1, keepdims=True)
        return self.p
    def loss(self, X, y):
        p = self.forward(X)
        return -np.log(p[np.arange(len(y)), y]).mean()
    def backward(self, y):
        d = self.p.copy()
        d[np.arange(len(y)), y] -= 1
        d /= len(y)
        self.dW2 = self.a1.T @ d
        self.db2 = d.sum(0)
        d1 = d @ self.W2.T * (self.z1 > 0)
        self.dW1 = self.X.T @ d1
        self.db1 = d1.sum(0)
"""
CS231N = """\
import numpy as np
class TwoLayerNet:
    def __init__(self, i, h, o):
        r = np.random.default_rng(0)
        self.params = {"W1": r.normal(size=(i, h)), "b1": r.normal(size=h)}
        self.params |= {"W2": r.normal(size=(h, o)), "b2": r.normal(size=o)}
    def loss(self, X, y=None, reg=0.0):
        p = self.params
        N, _ = X.shape
        h = np.maximum(0, X @ p["W1"] + p["b1"])
        s = h @ p["W2"] + p["b2"]
        if y is None:
            return s
        s = s - s.max(1, keepdims=True)
        P = np.exp(s) / np.exp(s).sum(1, keepdims=True)
        loss = -np.log(P[np.arange(N), y]).mean() + reg * ((p["W1"] ** 2).sum() + (p["W2"] ** 2).sum())
        d = P.copy()
        d[np.arange(N), y] -= 1
        d /= N
        dh = d @ p["W2"].T * (h > 0)
        grads = {}
        grads["W1"] = X.T @ dh + 2 * reg * p["W1"]
        grads["b1"] = dh.sum(0)
        grads["W2"] = h.T @ d + 2 * reg * p["W2"]
        grads["b2"] = d.sum(0)
        return loss, grads
net = TwoLayerNet(4, 10, 3)
reg = 0.1
X, y = np.random.default_rng(1).normal(size=(5, 4)), np.array([0, 1, 2, 2, 1])
"""
NIELSEN = """\
import numpy as np
class Network(object):
    def __init__(self, sizes):
        rng = np.random.default_rng(5)
        self.num_layers = len(sizes)
        self.biases = [rng.normal(size=(y, 1)) for y in sizes[1:]]
        self.weights = [rng.normal(size=(y, x)) for x, y in zip(sizes[:-1], sizes[1:])]
    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(np.dot(w, a) + b)
        return a
    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation = x
        activations = [x]
        zs = []
        for b, w in zip(self.biases, self.weights):
            z = np.dot(w, activation) + b
            zs.append(z)
            activation = sigmoid(z)
            activations.append(activation)
        delta = self.cost_derivative(activations[-1], y) * sigmoid_prime(zs[-1])
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        for l in range(2, self.num_layers):
            delta = np.dot(self.weights[-l + 1].transpose(), delta) * sigmoid_prime(zs[-l])
            nabla_b[-l] = delta
            nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())
        return (nabla_b, nabla_w)
    def cost_derivative(self, output_activations, y):
        return (output_activations - y)
def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))
def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))
net = Network([2, 3, 2])
"""
TEXTS = {"attributes": ATTRIBUTES, "cs231n": CS231N, "nielsen": NIELSEN}


@pytest.mark.parametrize("form", TEXTS)
def test_an_object_is_driven(form, tmp_path):
    is_right(TEXTS[form], tmp_path)


MISTAKES = [
    ("attributes", "self.db1 = d1.sum(0)", "self.db1 = d1.mean(0)"),
    ("attributes", "* (self.z1 > 0)", "* (self.z1 < 0)"),
    ("attributes", "self.dW2 = self.a1.T @ d", "self.dW2 = self.z1.T @ d"),
    ("cs231n", '2 * reg * p["W1"]', 'reg * p["W1"]'),
    ("cs231n", "dh.sum(0)", "dh.mean(0)"),
    ("cs231n", "y] -= 1", "y] -= 2"),
    ("nielsen", " * sigmoid_prime(zs[-l])", ""),
    ("nielsen", "np.dot(delta, activations[-l - 1]", "np.dot(2 * delta, activations[-l - 1]"),
    ("nielsen", "nabla_b[-1] = delta", "nabla_b[-1] = 2 * delta"),
]


LATE = MISTAKES[6]  # one change in the place of two is found late: it has the search's full time


@pytest.mark.parametrize(
    ("form", "right", "wrong"),
    [pytest.param(*m, marks=pytest.mark.lines) if m is LATE else m for m in MISTAKES],
)
def test_a_mistake_is_placed(form, right, wrong, tmp_path):
    is_placed(TEXTS[form], right, wrong, tmp_path)


def test_a_batch_that_was_drawn_is_said(tmp_path):
    taken = is_right(ATTRIBUTES, tmp_path).about["taken"]
    assert "no batch was found: X = rng.normal(size=(6, 3)); y = rng.integers(0, 2, 6) was drawn" in taken


def test_an_object_may_be_named(tmp_path):
    assert {v.name for v in is_right(CS231N, tmp_path, "net").verdicts} == {"W1", "b1", "W2", "b2"}


def test_a_loss_that_is_implied_is_said(tmp_path):
    assert (
        "loss `1/2 ||a - y||^2, as net.cost_derivative has it`" in is_right(NIELSEN, tmp_path).about["taken"]
    )
