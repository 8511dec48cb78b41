"""Lists of weights and biases, one sample at a time, every layer a sigmoid. Check it: threeways check THIS_FILE

A sample is a column vector; X and Y hold one sample in each row.
"""

from itertools import pairwise

import numpy as np

SIZES = (3, 5, 4, 2)


def example():
    """Return (biases, weights) and a batch to check with."""
    rng = np.random.default_rng(0)
    biases = [rng.normal(size=(m, 1)) for m in SIZES[1:]]
    weights = [rng.normal(size=(m, k)) for k, m in pairwise(SIZES)]
    return (biases, weights), rng.normal(size=(6, 3)), rng.uniform(size=(6, 2))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def backprop(biases, weights, x, y):
    """Return (cost, nabla_b, nabla_w) of one sample; x and y are columns."""
    activation, activations, zs = x, [x], []
    for b, w in zip(biases, weights, strict=True):
        zs.append(w @ activation + b)
        activation = sigmoid(zs[-1])
        activations.append(activation)

    nabla_b, nabla_w = [None] * len(biases), [None] * len(weights)
    delta = (activations[-1] - y) * sigmoid_prime(zs[-1])
    nabla_b[-1], nabla_w[-1] = delta, delta @ activations[-2].T
    for layer in range(2, len(SIZES)):  # counted from the last layer
        delta = (weights[-layer + 1].T @ delta) * sigmoid_prime(zs[-layer])
        nabla_b[-layer], nabla_w[-layer] = delta, delta @ activations[-layer - 1].T
    return 0.5 * np.sum((activations[-1] - y) ** 2), nabla_b, nabla_w


def batch_gradient(params, X, Y):
    """Return (mean cost, (nabla_b, nabla_w)) over the samples, one after the other."""
    biases, weights = params
    cost = 0.0
    nabla_b = [np.zeros(b.shape) for b in biases]
    nabla_w = [np.zeros(w.shape) for w in weights]
    for x, y in zip(X, Y, strict=True):
        c, db, dw = backprop(biases, weights, x.reshape(-1, 1), y.reshape(-1, 1))
        cost += c / len(X)
        nabla_b = [total + d / len(X) for total, d in zip(nabla_b, db, strict=True)]
        nabla_w = [total + d / len(X) for total, d in zip(nabla_w, dw, strict=True)]
    return cost, (nabla_b, nabla_w)
