"""A multilayer perceptron three ways: derived by hand, in torch and in jax.

threeways gradients mlp.py
threeways curves mlp.py --optimizer adam
"""

import jax
import jax.numpy as jnp
import numpy as np
import torch

rng = np.random.default_rng(0)
params = {
    "W1": 0.5 * rng.normal(size=(12, 6)),
    "b1": 0.1 * rng.normal(size=12),
    "W2": 0.5 * rng.normal(size=(12, 12)),
    "b2": 0.1 * rng.normal(size=12),
    "W3": 0.5 * rng.normal(size=(4, 12)),
    "b3": 0.1 * rng.normal(size=4),
}
x = rng.normal(size=(96, 6))
y = rng.integers(0, 4, 96)


def hand(params, x, y):
    """Return the loss and its gradients, derived by hand."""
    a1 = np.tanh(x @ params["W1"].T + params["b1"])
    a2 = np.tanh(a1 @ params["W2"].T + params["b2"])
    z = a2 @ params["W3"].T + params["b3"]
    z = z - z.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    d3 = p.copy()
    d3[np.arange(len(y)), y] -= 1
    d3 /= len(y)
    d2 = (d3 @ params["W3"]) * (1 - a2**2)
    d1 = (d2 @ params["W2"]) * (1 - a1**2)
    return loss, {
        "W1": d1.T @ x,
        "b1": d1.sum(axis=0),
        "W2": d2.T @ a1,
        "b2": d2.sum(axis=0),
        "W3": d3.T @ a2,
        "b3": d3.sum(axis=0),
    }


torch_model = torch.nn.Sequential(
    torch.nn.Linear(6, 12),
    torch.nn.Tanh(),
    torch.nn.Linear(12, 12),
    torch.nn.Tanh(),
    torch.nn.Linear(12, 4),
)
torch_loss = torch.nn.functional.cross_entropy  # (output, y) -> scalar


def jax_loss(params, x, y):
    """Return the same loss in jax, of the same parameters."""
    a1 = jnp.tanh(x @ params["W1"].T + params["b1"])
    a2 = jnp.tanh(a1 @ params["W2"].T + params["b2"])
    logits = a2 @ params["W3"].T + params["b3"]
    return -jax.nn.log_softmax(logits)[jnp.arange(len(y)), y].mean()
