"""A network as one class; its parameters live outside it. Check it: threeways check THIS_FILE"""

import numpy as np


class Network:
    """Sigmoid layers with a quadratic loss; W is [out, in], a sample is a row."""

    def __init__(self, sizes=(3, 5, 2)):
        self.sizes = sizes
        self.depth = len(sizes) - 1

    def init(self, rng):
        params = {}
        for l in range(1, self.depth + 1):
            params[f"W{l}"] = rng.normal(size=(self.sizes[l], self.sizes[l - 1]))
            params[f"b{l}"] = rng.normal(size=self.sizes[l])
        return params

    def forward(self, params, x):
        """Return the activations of all layers, the input first."""
        a = [x]
        for l in range(1, self.depth + 1):
            z = a[-1] @ params[f"W{l}"].T + params[f"b{l}"]
            a.append(1 / (1 + np.exp(-z)))
        return a

    def loss_and_grads(self, params, x, y):
        """Return the loss, and its gradient under the names of the parameters."""
        a, N = self.forward(params, x), len(x)
        loss = 0.5 * np.sum((a[-1] - y) ** 2) / N

        grads = {}
        delta = (a[-1] - y) / N * a[-1] * (1 - a[-1])  # sigmoid' from its output
        for l in range(self.depth, 0, -1):
            grads[f"W{l}"] = delta.T @ a[l - 1]
            grads[f"b{l}"] = delta.sum(axis=0)
            if l > 1:
                delta = (delta @ params[f"W{l}"]) * a[l - 1] * (1 - a[l - 1])
        return loss, grads


def example():
    """Return parameters and a batch to check with."""
    rng = np.random.default_rng(0)
    return Network().init(rng), rng.normal(size=(6, 3)), rng.uniform(size=(6, 2))
