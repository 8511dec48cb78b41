"""Layers in a list, or one after another in an object: forward(x), backward(dout), self.dW."""

import pytest

from .judged import is_placed, is_right

LAYERS = """\
import numpy as np
rng = np.random.default_rng(0)
class Dense:
    def __init__(self, i, o):
        self.W, self.b = rng.normal(size=(i, o)), rng.normal(size=o)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T
class Tanh:
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out
    def backward(self, dout):
        return dout * (1 - self.out**2)
def mse(pred, y):
    return np.mean((pred - y) ** 2)
def mse_prime(pred, y):
    return 2 * (pred - y) / pred.size
layers = [Dense(3, 4), Tanh(), Dense(4, 2)]
X, y = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
"""
DICTS = (
    LAYERS.replace(
        "self.W, self.b = rng", "self.params = {}; self.grads = {}; self.params['W'], self.params['b'] = rng"
    )
    .replace("x @ self.W + self.b", "x @ self.params['W'] + self.params['b']")
    .replace("self.dW =", "self.grads['W'] =")
    .replace("self.db =", "self.grads['b'] =")
    .replace("dout @ self.W.T", "dout @ self.params['W'].T")
)
MODEL = (
    LAYERS
    + """\
class Model:
    def __init__(self):
        self.layers = layers
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def backward(self, dout):
        for layer in self.layers[::-1]:
            dout = layer.backward(dout)
model = Model()
"""
)
TRAINED = (
    LAYERS
    + """\
lr = 0.1
for epoch in range(1000000000):
    out = X
    for layer in layers:
        out = layer.forward(out)
    error = mse(out, y)
    grad = mse_prime(out, y)
    for layer in reversed(layers):
        grad = layer.backward(grad)
    for layer in layers:
        if hasattr(layer, "W"):
            layer.W -= lr * layer.dW
            layer.b -= lr * layer.db
"""
)
TEXTS = {"a list": LAYERS, "dicts": DICTS, "a model": MODEL, "a training loop": TRAINED}


@pytest.mark.parametrize("form", TEXTS)
def test_layers_are_driven(form, tmp_path):
    assert len(is_right(TEXTS[form], tmp_path).verdicts) == 4


MISTAKES = [
    ("(1 - self.out**2)", "(1 - self.out)"),
    ("dout.sum(axis=0)", "dout.mean(axis=0)"),
    ("2 * (pred - y)", "(pred - y)"),
]


@pytest.mark.parametrize(("right", "wrong"), MISTAKES)
@pytest.mark.parametrize("form", ["a list", "a training loop"])
def test_a_mistake_is_placed(form, right, wrong, tmp_path):
    is_placed(TEXTS[form], right, wrong, tmp_path)


STEPPING = """\
import numpy as np
np.random.seed(0)
class Dense:
    def __init__(self, input_size, output_size):
        self.weights = np.random.randn(output_size, input_size)
        self.bias = np.random.randn(output_size, 1)
    def forward(self, input):
        self.input = input
        return np.dot(self.weights, self.input) + self.bias
    def backward(self, output_gradient, learning_rate):
        weights_gradient = np.dot(output_gradient, self.input.T)
        input_gradient = np.dot(self.weights.T, output_gradient)
        self.weights -= learning_rate * weights_gradient
        self.bias -= learning_rate * output_gradient
        return input_gradient
class Tanh:
    def forward(self, input):
        self.input = input
        return np.tanh(input)
    def backward(self, output_gradient, learning_rate):
        return np.multiply(output_gradient, 1 - np.tanh(self.input)**2)
def mse(y_true, y_pred):
    return np.mean(np.power(y_true - y_pred, 2))
def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / np.size(y_true)
X = np.reshape([[0.3, 0], [0, 1], [1, 0.2], [1, 1]], (4, 2, 1))
Y = np.reshape([[0.], [1], [1], [0]], (4, 1, 1))
x, y = X[2], Y[2]
network = [Dense(2, 3), Tanh(), Dense(3, 1), Tanh()]
"""


def test_layers_that_make_the_step_themselves_are_given_a_learning_rate_of_1(tmp_path):
    taken = is_right(STEPPING, tmp_path).about["taken"]
    assert "gradients what `network.backward` takes from the parameters" in taken
    assert "x = x; y = y" in taken


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("1 - np.tanh(self.input)**2", "1 - np.tanh(self.input)"),
        ("learning_rate * output_gradient", "learning_rate * output_gradient * 2"),
        ("np.dot(self.weights.T, output_gradient)", "np.dot(2 * self.weights.T, output_gradient)"),
    ],
)
def test_a_mistake_of_such_a_layer_is_placed(right, wrong, tmp_path):
    is_placed(STEPPING, right, wrong, tmp_path)
