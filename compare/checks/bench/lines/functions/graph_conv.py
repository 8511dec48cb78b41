"""Graph convolution: two layers on one graph, symmetric normalised adjacency, loss on the labelled nodes alone."""
import numpy as np


def normalized(A):
    A_hat = A + np.eye(len(A))
    deg = A_hat.sum(axis=1)
    D = np.diag(1 / np.sqrt(deg))
    return D @ A_hat @ D


def backward(params, x, y):
    adj, feats = x
    labels, train = y
    W0, W1, b1 = params['W0'], params['W1'], params['b1']
    L = normalized(adj)
    AX = L @ feats
    Z0 = AX @ W0
    H = np.maximum(Z0, 0)
    AH = L @ H
    Z1 = AH @ W1 + b1
    Z1 = Z1 - Z1.max(axis=1, keepdims=True)
    E = np.exp(Z1)
    P = E / E.sum(axis=1, keepdims=True)
    logP = Z1 - np.log(E.sum(axis=1, keepdims=True))
    count = train.sum()
    loss = -np.sum(labels * logP * train[:, None]) / count
    loss += 5e-3 * np.sum(W0 * W0)

    G1 = (P - labels) * train[:, None] / count
    gW1 = AH.T @ G1
    gb1 = G1.sum(axis=0)
    GH = L.T @ G1 @ W1.T
    G0 = GH * (Z0 > 0).astype(GH.dtype)
    gW0 = AX.T @ G0 + 2 * 5e-3 * W0
    return loss, dict(W0=gW0, W1=gW1, b1=gb1)


def draw(rng, scale=1.0):
    return dict(W0=scale * rng.normal(size=(3, 5)), W1=scale * rng.normal(size=(5, 2)), b1=scale * rng.normal(size=2))


def batch(rng, n):
    A = np.triu((rng.uniform(size=(n, n)) < 0.4).astype(float), 1)
    train = (np.arange(n) % 3 != 1).astype(float)
    return [A + A.T, rng.normal(size=(n, 3))], [np.eye(2)[rng.integers(0, 2, n)], train]


rng = np.random.default_rng(40)
params = draw(rng)
x, y = batch(rng, 5)
