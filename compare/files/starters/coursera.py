"""Samples as columns, a cache from the forward pass, 1/m in the gradients. Check it: threeways check THIS_FILE

dZ2 is m times the derivative of the cost by Z2: the factor 1/m is in dW and db instead.
"""

import numpy as np


def example():
    """Return parameters and a batch to check with; a sample is a column of X."""
    rng = np.random.default_rng(0)
    parameters = {
        "W1": rng.normal(size=(4, 3)),
        "b1": rng.normal(size=(4, 1)),
        "W2": rng.normal(size=(1, 4)),
        "b2": rng.normal(size=(1, 1)),
    }
    X = rng.normal(size=(3, 6))
    Y = np.array([[1, 0, 1, 1, 0, 0]])
    return parameters, X, Y


def forward(parameters, X):
    """Return the prediction A2, and what the backward pass needs."""
    Z1 = parameters["W1"] @ X + parameters["b1"]
    A1 = np.tanh(Z1)
    Z2 = parameters["W2"] @ A1 + parameters["b2"]
    A2 = 1 / (1 + np.exp(-Z2))
    return A2, {"A1": A1, "A2": A2}


def cost(A2, Y):
    """Return the binary cross-entropy, averaged over the m columns."""
    return -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))


def backward(parameters, X, Y):
    """Return the cost and its gradients."""
    A2, cache = forward(parameters, X)
    A1, m = cache["A1"], X.shape[1]

    dZ2 = A2 - Y
    dW2 = dZ2 @ A1.T / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = (parameters["W2"].T @ dZ2) * (1 - A1**2)
    dW1 = dZ1 @ X.T / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m

    return cost(A2, Y), {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
