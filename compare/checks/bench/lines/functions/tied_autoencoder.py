"""Autoencoder with tied weights: the decoder uses W.T, the gradient of W has two parts, a sparsity penalty on mean activation."""
import numpy as np

rho, weight = 0.2, 0.3


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def backward(params, x, y):
    W, b, c = params["W"], params["b"], params["c"]
    n = len(x)
    hid = sigmoid(x @ W + b)
    rec = hid @ W.T + c
    rho_hat = hid.mean(axis=0)
    penalty = ((rho_hat - rho) ** 2).sum()
    loss = ((rec - x) ** 2).sum() / (2 * n) + weight * penalty

    delta_out = (rec - x) / n
    grad_c = delta_out.sum(axis=0)
    grad_W = delta_out.T @ hid                   # as the decoder
    delta_hid = delta_out @ W
    delta_hid += weight * 2 * (rho_hat - rho) / n
    delta_hid *= hid * (1 - hid)
    grad_W += x.T @ delta_hid                    # as the encoder
    grad_b = delta_hid.sum(axis=0)
    return loss, {"W": grad_W, "b": grad_b, "c": grad_c}


def draw(rng, scale=1.0):
    return {"W": scale * rng.normal(size=(5, 3)), "b": scale * rng.normal(size=3), "c": scale * rng.normal(size=5)}


def batch(rng, n):
    x = rng.normal(size=(n, 5))
    return x, x


rng = np.random.default_rng(18)
params = draw(rng)
x, y = batch(rng, 5)
