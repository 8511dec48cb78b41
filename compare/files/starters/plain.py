"""A network of two layers with its gradient derived by hand. Check it: threeways check THIS_FILE

One sample is a row of x; W1 is [out, in]. Change the network, the loss and the derivation to your own.
"""

import numpy as np


def example():
    """Return parameters and a batch to check with: all sizes differ, more than one sample, biases not zero."""
    rng = np.random.default_rng(0)
    params = {
        "W1": rng.normal(size=(4, 3)),
        "b1": rng.normal(size=4),
        "W2": rng.normal(size=(2, 4)),
        "b2": rng.normal(size=2),
    }
    return params, rng.normal(size=(5, 3)), rng.normal(size=(5, 2))


def loss_and_grads(params, x, y):
    """Return the loss, and its gradient under the names of the parameters."""
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    N = len(x)

    # forward
    a1 = np.tanh(x @ W1.T + b1)
    a2 = a1 @ W2.T + b2
    loss = 0.5 * np.sum((a2 - y) ** 2) / N

    # backward: each delta is the derivative of the loss by a net input
    delta2 = (a2 - y) / N  # 1/N is here, and nowhere below
    delta1 = (delta2 @ W2) * (1 - a1**2)  # tanh' from its output

    return loss, {
        "W1": delta1.T @ x,
        "b1": delta1.sum(axis=0),
        "W2": delta2.T @ a1,
        "b2": delta2.sum(axis=0),
    }
