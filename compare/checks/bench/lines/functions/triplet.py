"""Triplet loss: a linear embedding normalised to length one, anchor, positive and negative in one array, active ones counted."""
import numpy as np

alpha = 0.8


def normalize(e):
    norm = np.sqrt(np.sum(e ** 2, axis=1, keepdims=True) + 1e-12)
    return e / norm, norm


def normalize_backward(du, u, norm):
    return (du - u * np.sum(du * u, axis=1, keepdims=True)) / norm


def backward(params, x, y):
    W, b = params
    a, p, n = x[0], x[1], x[2]
    ua, na = normalize(a @ W + b)
    up, np_ = normalize(p @ W + b)
    un, nn = normalize(n @ W + b)
    d_pos = np.sum((ua - up) ** 2, axis=1)
    d_neg = np.sum((ua - un) ** 2, axis=1)
    violation = d_pos - d_neg + alpha
    active = violation > 0
    loss = np.sum(y * violation * active) / len(y)

    w = (y * active / len(y))[:, None]
    dua = 2 * w * (un - up)
    dup = -2 * w * (ua - up)
    dun = 2 * w * (ua - un)
    dW = np.zeros_like(W)
    db = np.zeros_like(b)
    for inp, du, u, norm in ((a, dua, ua, na), (p, dup, up, np_), (n, dun, un, nn)):
        de = normalize_backward(du, u, norm)
        dW += inp.T @ de
        db += de.sum(axis=0)
    return loss, [dW, db]


def draw(rng, scale=1.0):
    return [scale * rng.normal(size=(4, 3)), scale * rng.normal(size=3)]


def batch(rng, n):
    return rng.normal(size=(3, n, 4)), rng.uniform(0.5, 2, size=n)


rng = np.random.default_rng(30)
params = draw(rng)
x, y = batch(rng, 6)
