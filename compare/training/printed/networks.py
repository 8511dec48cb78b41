"""Printed numbers of multilayer perceptrons: worked examples and the notebooks of two courses."""

from typing import Any

import numpy as np

from .ways import Array, Way

Numbers = dict[str, Any]
LOGISTIC = {"activations": ("sigmoid", "sigmoid"), "criterion": "quadratic"}


def mazur(way: Way) -> Numbers:
    """One sample through 2-2-2, logistic, squared error, rate 0.5; the biases are not trained."""
    fields = {"sizes": (2, 2, 2), **LOGISTIC}
    params = {
        "W1": np.array([[0.15, 0.20], [0.25, 0.30]]),
        "b1": np.array([0.35, 0.35]),
        "W2": np.array([[0.40, 0.45], [0.50, 0.55]]),
        "b2": np.array([0.60, 0.60]),
    }
    x, y, weights = np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]]), ("W1", "W2")
    hidden = {"sizes": (2, 2), "activations": ("sigmoid",), "criterion": "quadratic"}
    out = way.forward(fields, params, x)
    loss, grads = way.loss_and_grads(fields, params, x, y)
    once = way.descended(fields, params, x, y, 0.5, 1, weights)
    # The mistake behind three of the printed numbers: the error goes down through output weights already updated.
    h = way.forward(hidden, {"W1": params["W1"], "b1": params["b1"]}, x)[0]
    delta = (once["W2"].T @ grads["b2"]) * h * (1 - h)
    late = once | {"W1": params["W1"] - 0.5 * np.outer(delta, x)}
    nearly = way.descended(fields, params, x, y, 0.5, 9_999, weights)
    many = way.descended(fields, nearly, x, y, 0.5, 1, weights)
    return {
        "net_h1": params["W1"][0] @ x[0] + params["b1"][0],
        "out_h": h,
        "out_o": out[0],
        "E_o": 0.5 * (y[0] - out[0]) ** 2,
        "E": loss,
        "dE/dw5": grads["W2"][0, 0],
        "dE/dw1": grads["W1"][0, 0],
        "w5..w8": once["W2"].ravel(),
        "w1..w4": once["W1"].ravel(),
        "E after 1": way.loss_and_grads(fields, once, x, y)[0],
        "E after 1, W2 updated first": way.loss_and_grads(fields, late, x, y)[0],
        "E after 9999": way.loss_and_grads(fields, nearly, x, y)[0],
        "E after 10000": way.loss_and_grads(fields, many, x, y)[0],
        "out after 10000": way.forward(fields, many, x)[0],
    }


def trask(way: Way) -> Numbers:
    """Two and three layers in a few lines: summed squared error, rate 1, no biases; np.random.seed(1)."""
    x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], float)
    one, two = np.array([[0.0, 0, 1, 1]]).T, np.array([[0.0, 1, 1, 0]]).T
    draw = np.random.RandomState(1)
    shallow = {"W1": (2 * draw.random_sample((3, 1)) - 1).T, "b1": np.zeros(1)}
    draw = np.random.RandomState(1)
    deep = {"W1": (2 * draw.random_sample((3, 4)) - 1).T, "b1": np.zeros(4)}
    deep |= {"W2": (2 * draw.random_sample((4, 1)) - 1).T, "b2": np.zeros(1)}
    fields: dict[str, Any] = {"sizes": (3, 1), "activations": ("sigmoid",), "criterion": "quadratic"}
    # The mean over four samples times a rate of four is the sum times a rate of one. The last output that is
    # printed is that before the last update.
    trained = way.descended(fields, shallow, x, one, 4.0, 9_999, ("W1",))
    fields_of_two = {"sizes": (3, 4, 1), **LOGISTIC}
    found: Numbers = {"l1 after 10000": way.forward(fields, trained, x).ravel()}

    def error(params: dict[str, Array]) -> float:
        return float(np.abs(two - way.forward(fields_of_two, params, x)).mean())

    found["error at 0"] = error(deep)
    for alpha in (1.0, 0.01):
        at = way.descended(fields_of_two, deep, x, two, 4 * alpha, 10_000, ("W1", "W2"))
        found[f"error at 10000, alpha {alpha:g}"] = error(at)
    return found


def coursera(way: Way) -> Numbers:
    """Building a deep network step by step: columns are samples, db and dW carry 1/m, dA and dZ do not."""
    xp = way.xp
    found: Numbers = {}

    def linear(A: Any, W: Any, b: Any) -> Any:
        return W @ A + b

    def sigmoid(z: Any) -> Any:
        return 1 / (1 + xp.exp(-z))

    def relu(z: Any) -> Any:
        return z * (z > 0)

    def back(dA: Array, cache: Any, activation: Any) -> tuple[Array, Array, Array]:
        A, W, b, Z = cache
        dZ = dA if activation is None else way.pulled(activation, dA, Z)[0]
        dA_prev, dW, db = way.pulled(linear, dZ, A, W, b)
        return dA_prev, dW / A.shape[1], db / A.shape[1]

    draw = np.random.RandomState(1).randn
    found["Z"] = way.value(linear, draw(3, 2), draw(1, 3), draw(1, 1))
    draw = np.random.RandomState(2).randn
    inputs = draw(3, 2), draw(1, 3), draw(1, 1)
    found["A, sigmoid"] = way.value(lambda *a: sigmoid(linear(*a)), *inputs)
    found["A, relu"] = way.value(lambda *a: relu(linear(*a)), *inputs)
    draw = np.random.RandomState(1).randn
    x = draw(4, 2)
    params = {"W1": draw(3, 4), "b1": draw(3, 1).ravel(), "W2": draw(1, 3), "b2": draw(1, 1).ravel()}
    fields = {
        "sizes": (4, 3, 1),
        "activations": ("relu", "sigmoid"),
        "criterion": "binary_cross_entropy",
    }
    found["AL"] = way.forward(fields, params, x.T).T
    found["cost"] = way.value(lambda a: -xp.sum(xp.log(a)) / 3, [0.8, 0.9, 0.4])  # every label is 1
    draw = np.random.RandomState(1).randn
    dZ, A, W, b = draw(1, 2), draw(3, 2), draw(1, 3), draw(1, 1)
    for name, value in zip(("dA_prev", "dW", "db"), back(dZ, (A, W, b, None), None), strict=True):
        found[f"{name}, linear"] = value
    draw = np.random.RandomState(2).randn
    dA, A, W, b, Z = draw(1, 2), draw(3, 2), draw(1, 3), draw(1, 1), draw(1, 2)
    for kind, activation in (("sigmoid", sigmoid), ("relu", relu)):
        for name, value in zip(("dA_prev", "dW", "db"), back(dA, (A, W, b, Z), activation), strict=True):
            found[f"{name}, {kind}"] = value
    draw = np.random.RandomState(3).randn
    AL, Y = draw(1, 2), np.array([[1, 0]])
    first = draw(4, 2), draw(3, 4), draw(3, 1), draw(3, 2)
    last = draw(3, 2), draw(1, 3), draw(1, 1), draw(1, 2)
    dA2, found["dW2, model"], found["db2, model"] = back(-Y / AL + (1 - Y) / (1 - AL), last, sigmoid)
    found["dA1, model"], found["dW1, model"], found["db1, model"] = back(dA2, first, relu)
    return found


def two_layers(way: Way) -> Numbers:
    """cs231n's toy network 4-10-3, ReLU, softmax: scores, and the loss with 0.05 times the squared weights."""
    draw = np.random.RandomState(0).randn
    params = {"W1": (0.1 * draw(4, 10)).T, "b1": np.zeros(10), "W2": (0.1 * draw(10, 3)).T, "b2": np.zeros(3)}
    x, y = 10 * np.random.RandomState(1).randn(5, 4), np.array([0, 1, 2, 2, 1])
    fields = {
        "sizes": (4, 10, 3),
        "activations": ("relu", "identity"),
        "criterion": "softmax_cross_entropy",
        "l2": 0.1,
    }
    return {
        "scores": way.forward(fields, params, x),
        "loss": way.loss_and_grads(fields, params, x, y)[0],
    }


def rashid(way: Way) -> Numbers:
    """The weight update of Make Your Own Neural Network: error e, hidden outputs 0.4 and 0.5, weights 2 and 3."""
    xp = way.xp
    found: Numbers = {}
    for edition, error, weight in (("first", 1.5, 4.0), ("second", 1.5, 3.0)):

        def half_squared(w: Any, fixed: float = weight, e: float = error) -> Any:
            out = 1 / (1 + xp.exp(-(w * 0.4 + fixed * 0.5)))
            # The target is what leaves the error e at this weight: the book gives the error alone.
            return 0.5 * (out - (float(1 / (1 + np.exp(-(0.8 + fixed * 0.5)))) + e)) ** 2

        slope = float(way.grads(half_squared, 2.0)[0])
        net = 0.8 + weight * 0.5
        found |= {
            f"net, {edition}": net,
            f"output, {edition}": way.value(lambda z: 1 / (1 + xp.exp(-z)), net),
            f"slope, {edition}": slope,
            f"new weight, {edition}": 2.0 - 0.1 * slope,
        }
    return found


def neuron(way: Way) -> Numbers:
    """The neuron of text D with the numbers as printed there: two inputs, two biases."""
    inputs, weights, biases = np.array([[0.05, 0.10]]), np.array([[0.15, 0.20]]), 0.35 + 0.60
    fields = {"sizes": (2, 1), "activations": ("sigmoid",), "criterion": "quadratic"}
    params = {"W1": weights, "b1": np.array([biases])}
    loss, grads = way.loss_and_grads(fields, params, inputs, np.array([[0.01]]))
    w1, w2 = grads["W1"][0]
    return {
        "net": (weights @ inputs.T + biases).ravel(),
        "out": way.forward(fields, params, inputs).ravel(),
        "E": loss,
        "dE/dw1": w1,
        "dE/dw2": w2,
        "w1'": 0.15 - 0.2 * w1,
        "w2'": 0.20 - 0.2 * w2,
    }


def descent(way: Way) -> Numbers:
    """Gradient descent on x squared from 10, rate 0.2: the gradients of text D."""
    x, found = 10.0, []
    for _ in range(11):
        found.append(float(way.grads(lambda at: at**2, x)[0]))
        x -= 0.2 * found[-1]
    return {"gradients": found}
