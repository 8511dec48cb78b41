"""Word2vec skip-gram: negative sampling with given negatives, loops over pairs, rows of two matrices added into zeros."""
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def neg_sampling(v, o, negatives, outside):
    """Loss and gradients of one centre vector v and one outside word o."""
    grad_v = np.zeros_like(v)
    grad_out = np.zeros_like(outside)

    score = np.dot(outside[o], v)
    loss = np.logaddexp(0, -score)
    g = sigmoid(score) - 1
    grad_v += g * outside[o]
    grad_out[o] += g * v

    for k in negatives:
        score = np.dot(outside[k], v)
        loss += np.logaddexp(0, score)
        g = sigmoid(score)
        grad_v += g * outside[k]
        grad_out[k] += g * v
    return loss, grad_v, grad_out


def backward(params, x, y):
    centre, outside = params
    loss = 0.0
    grad_centre = np.zeros_like(centre)
    grad_outside = np.zeros_like(outside)
    for c, (o, negatives) in zip(x, y):
        l, gv, go = neg_sampling(centre[c], o, negatives, outside)
        loss += l / len(x)
        grad_centre[c] += gv / len(x)
        grad_outside += go / len(x)
    return loss, [grad_centre, grad_outside]


def draw(rng, scale=1.0):
    return [scale * rng.normal(size=(6, 3)), scale * rng.normal(size=(6, 3))]


def batch(rng, n):
    x = [int(c) for c in rng.integers(0, 6, n)]
    y = [(int(rng.integers(0, 6)), [int(k) for k in rng.integers(0, 6, 3)]) for _ in range(n)]
    return x, y


rng = np.random.default_rng(14)
params = draw(rng)
x, y = batch(rng, 6)
