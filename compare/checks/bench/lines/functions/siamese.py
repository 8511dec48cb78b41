"""Siamese net: contrastive loss of pairs, the two branches share weights, a distance with epsilon under the root."""
import numpy as np

margin = 2.0


def embed(p, x):
    h = np.tanh(x @ p['W1'] + p['b1'])
    return h @ p['W2'], h


def embed_backward(p, x, h, de):
    dW2 = h.T @ de
    dz = (de @ p['W2'].T) * (1 - h ** 2)
    return {'W1': x.T @ dz, 'b1': np.sum(dz, axis=0), 'W2': dW2}


def backward(params, x, y):
    left, right = x[:, 0], x[:, 1]
    N = len(y)
    e1, h1 = embed(params, left)
    e2, h2 = embed(params, right)
    diff = e1 - e2
    dist = np.sqrt(np.sum(diff ** 2, axis=1) + 1e-8)
    slack = np.maximum(margin - dist, 0)
    loss = np.mean(y * dist ** 2 + (1 - y) * slack ** 2) / 2

    ddist = (y * dist - (1 - y) * slack) / N
    ddiff = (ddist / dist)[:, None] * diff
    de1, de2 = ddiff, -ddiff
    g1 = embed_backward(params, left, h1, de1)
    g2 = embed_backward(params, right, h2, de2)
    return loss, {k: g1[k] + g2[k] for k in params}


def draw(rng, scale=1.0):
    return {'W1': scale * rng.normal(size=(4, 4)), 'b1': scale * rng.normal(size=4), 'W2': scale * .5 * rng.normal(size=(4, 2))}


def batch(rng, n):
    return rng.normal(size=(n, 2, 4)), (np.arange(n) % 2).astype(float)


rng = np.random.default_rng(29)
params = draw(rng)
x, y = batch(rng, 6)
