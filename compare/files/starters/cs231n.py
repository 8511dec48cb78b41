"""Weights [in, out], class scores, softmax and a penalty on the weights. Check it: threeways check THIS_FILE

y holds the number of each sample's class.
"""

import numpy as np

REG = 0.05  # the penalty is 1/2 REG times the sum of all squared weights


def example():
    """Return parameters and a batch to check with; a sample is a row of X."""
    rng = np.random.default_rng(0)
    params = {
        "W1": rng.normal(size=(4, 6)),
        "b1": rng.normal(size=6),
        "W2": rng.normal(size=(6, 3)),
        "b2": rng.normal(size=3),
    }
    return params, rng.normal(size=(7, 4)), np.array([0, 2, 1, 1, 0, 2, 1])


def forward(params, X):
    """Return the scores of all classes, and what the backward pass needs."""
    hidden = np.maximum(0, X @ params["W1"] + params["b1"])
    scores = hidden @ params["W2"] + params["b2"]
    return scores, {"X": X, "hidden": hidden}


def softmax_loss(scores, y):
    """Return the mean cross-entropy, and its derivative by the scores."""
    N = len(scores)
    shifted = scores - scores.max(axis=1, keepdims=True)  # exp() cannot overflow
    p = np.exp(shifted)
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), y]).mean()
    dscores = p.copy()
    dscores[np.arange(N), y] -= 1
    return loss, dscores / N


def loss_and_grads(params, X, y):
    """Return the loss and its gradients."""
    scores, cache = forward(params, X)
    loss, dscores = softmax_loss(scores, y)
    loss += 0.5 * REG * (np.sum(params["W1"] ** 2) + np.sum(params["W2"] ** 2))

    grads = {}
    grads["W2"] = cache["hidden"].T @ dscores + REG * params["W2"]
    grads["b2"] = dscores.sum(axis=0)
    dhidden = dscores @ params["W2"].T
    dhidden = dhidden * (cache["hidden"] > 0)  # relu lets through where it was positive
    grads["W1"] = cache["X"].T @ dhidden + REG * params["W1"]
    grads["b1"] = dhidden.sum(axis=0)
    return loss, grads
