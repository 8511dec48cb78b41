"""Forward, cost and backward as functions apart, with caches; a forward that returns the cost; propagate."""

import pytest

from .judged import is_placed, is_right, report_on

COURSERA = """\
import numpy as np
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def initialize_parameters(n_x, n_h, n_y):
    rng = np.random.default_rng(2)
    return {"W1": rng.normal(size=(n_h, n_x)), "b1": rng.normal(size=(n_h, 1)),
            "W2": rng.normal(size=(n_y, n_h)), "b2": rng.normal(size=(n_y, 1))}
def forward_propagation(X, parameters):
    Z1 = np.dot(parameters["W1"], X) + parameters["b1"]
    A1 = np.tanh(Z1)
    Z2 = np.dot(parameters["W2"], A1) + parameters["b2"]
    A2 = sigmoid(Z2)
    cache = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
    return A2, cache
def compute_cost(A2, Y):
    m = Y.shape[1]
    logprobs = np.multiply(np.log(A2), Y) + np.multiply(np.log(1 - A2), 1 - Y)
    return float(np.squeeze(-np.sum(logprobs) / m))
def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    A1, A2 = cache["A1"], cache["A2"]
    dZ2 = A2 - Y
    dW2 = np.dot(dZ2, A1.T) / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = np.dot(parameters["W2"].T, dZ2) * (1 - np.power(A1, 2))
    dW1 = np.dot(dZ1, X.T) / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
rng = np.random.default_rng(1)
X, Y = rng.normal(size=(2, 9)), rng.integers(0, 2, (1, 9))
parameters = initialize_parameters(2, 4, 1)
"""
PROPAGATE = """\
import numpy as np
def propagate(w, b, X, Y):
    m = X.shape[1]
    A = 1 / (1 + np.exp(-(np.dot(w.T, X) + b)))
    cost = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m
    dw = np.dot(X, (A - Y).T) / m
    db = np.sum(A - Y) / m
    grads = {"dw": dw, "db": db}
    return grads, cost
w, b = np.array([[1.0], [2.0]]), 1.5
X, Y = np.array([[1.0, -2.0, -1.0], [3.0, 0.5, -3.2]]), np.array([[1, 1, 0]])
"""
COST_FIRST = """\
import numpy as np
def forward_n(X, Y, parameters):
    m = X.shape[1]
    A = 1 / (1 + np.exp(-(parameters["W1"] @ X + parameters["b1"])))
    return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m, (A, parameters)
def backward_n(X, Y, cache):
    m = X.shape[1]
    A, p = cache
    dZ = A - Y
    return {"dW1": dZ @ X.T / m, "db1": dZ.sum(1, keepdims=True) / m}
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(4, 6)), rng.integers(0, 2, (1, 6))
parameters = {"W1": rng.normal(size=(1, 4)), "b1": rng.normal(size=(1, 1))}
"""


@pytest.mark.parametrize(
    "text", [COURSERA, PROPAGATE, COST_FIRST], ids=["three functions", "propagate", "cost first"]
)
def test_functions_apart_are_called_in_their_order(text, tmp_path):
    is_right(text, tmp_path)


MISTAKES = [
    (COURSERA, "np.power(A1, 2)", "np.power(A1, 1)"),
    (COURSERA, "dZ2 = A2 - Y", "dZ2 = A2 - 2 * Y"),
    (
        COURSERA,
        "db1 = np.sum(dZ1, axis=1, keepdims=True) / m",
        "db1 = np.sum(dZ1, axis=1, keepdims=True)",
    ),
    (PROPAGATE, "db = np.sum(A - Y) / m", "db = np.sum(A - Y)"),
    (PROPAGATE, "np.dot(X, (A - Y).T) / m", "np.dot(X, (Y - A).T) / m"),
    (PROPAGATE, "dw = np.dot(X, (A - Y).T)", "dw = 2 * np.dot(X, (A - Y).T)"),
    (COST_FIRST, "dZ = A - Y", "dZ = A + Y"),
    (COST_FIRST, "dZ @ X.T / m", "dZ @ X.T"),
    (COST_FIRST, "dZ.sum(1, keepdims=True) / m", "dZ.sum(1, keepdims=True)"),
]


@pytest.mark.parametrize(("text", "right", "wrong"), MISTAKES)
def test_a_mistake_is_placed(text, right, wrong, tmp_path):
    is_placed(text, right, wrong, tmp_path)


def test_what_was_taken_is_said(tmp_path):
    taken = is_right(COURSERA, tmp_path).about["taken"]
    assert taken == (
        "Taken: loss of `compute_cost`, gradients of `backward_propagation`, parameters W1, b1, W2, b2; x = X; y = Y"
    )


def test_a_wrapper_beside_a_backward_of_three_arguments_is_the_one_that_is_checked(tmp_path):
    wrapper = "def cost_and_grads(parameters, X, Y):\n    c, cache = forward_n(X, Y, parameters)\n"
    report = report_on(COST_FIRST + wrapper + "    return c, backward_n(X, Y, cache)\n", tmp_path)
    assert report.ok and report.about["function"] == "cost_and_grads"
