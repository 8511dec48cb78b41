"""Quantile regression without crossing: increments by softplus and a running sum, pinball loss smoothed at its kink, one script."""
import numpy as np

LEVELS = np.array([0.1, 0.5, 0.8])
DELTA = 0.25


def backward(theta, features, target):
    W1, W2 = theta["W1"], theta["W2"]
    bias = theta["bias"]
    batch_size = features.shape[0]

    # forward
    pre = features.dot(W1)
    hidden = pre / (1 + np.abs(pre))
    raw = hidden.dot(W2) + bias
    steps = np.hstack([raw[:, :1], np.logaddexp(0, raw[:, 1:])])
    quantiles = np.cumsum(steps, axis=1)
    u = target[:, None] - quantiles
    small = np.abs(u) <= DELTA
    huber = np.where(small, 0.5 * u ** 2 / DELTA, np.abs(u) - 0.5 * DELTA)
    tilt = np.where(u >= 0, LEVELS, 1 - LEVELS)
    loss = np.sum(tilt * huber) / batch_size

    # backward
    grad_u = tilt * np.where(small, u / DELTA, np.sign(u)) / batch_size
    grad_q = -grad_u
    total = grad_q.sum(axis=1, keepdims=True)
    grad_steps = total - np.cumsum(grad_q, axis=1) + grad_q
    grad_raw = grad_steps.copy()
    grad_raw[:, 1:] *= 1 / (1 + np.exp(-raw[:, 1:]))
    grad_bias = grad_raw.sum(axis=0)
    grad_W2 = hidden.T.dot(grad_raw)
    grad_hidden = grad_raw.dot(W2.T)
    grad_pre = grad_hidden / (1 + np.abs(pre)) ** 2
    grad_W1 = features.T.dot(grad_pre)
    return loss, {"W1": grad_W1, "W2": grad_W2, "bias": grad_bias}


def draw(rng, scale=1.0):
    shapes = {"W1": (4, 5), "W2": (5, 3), "bias": (3,)}
    return {k: scale * rng.normal(size=s) for k, s in shapes.items()}


def batch(rng, n):
    return rng.normal(size=(n, 4)), 2 * rng.normal(size=n)


rng = np.random.default_rng(84)
params = draw(rng)
x, y = batch(rng, 5)
