"""Batch norm: a two-layer net, parameters in a dict, rows as samples, the three-path derivative of dxhat, dvar, dmu."""
import numpy as np

EPS = 1e-5


def draw(rng, scale=1.0):
    return {
        'W1': scale * rng.normal(size=(5, 5)), 'b1': scale * rng.normal(size=5),
        'gamma': 1 + .1 * scale * rng.normal(size=5), 'beta': scale * rng.normal(size=5),
        'W2': scale * rng.normal(size=(5, 3)), 'b2': scale * rng.normal(size=3),
    }


def batch(rng, n):
    return rng.normal(size=(n, 5)), rng.integers(0, 3, n)


def backward(params, x, y):
    N = x.shape[0]
    W1, b1, W2, b2 = params['W1'], params['b1'], params['W2'], params['b2']
    gamma, beta = params['gamma'], params['beta']

    # forward
    z = x.dot(W1) + b1
    mu = z.mean(axis=0)
    var = z.var(axis=0)
    std = np.sqrt(var + EPS)
    zhat = (z - mu) / std
    a = gamma * zhat + beta
    h = np.maximum(0, a)
    scores = h.dot(W2) + b2
    scores = scores - np.max(scores, axis=1, keepdims=True)
    logp = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
    loss = -np.sum(logp[np.arange(N), y]) / N

    # backward
    grads = {}
    dscores = np.exp(logp)
    dscores[np.arange(N), y] -= 1
    dscores /= N
    grads['W2'] = h.T.dot(dscores)
    grads['b2'] = np.sum(dscores, axis=0)
    dh = dscores.dot(W2.T)
    dh[a <= 0] = 0
    grads['gamma'] = np.sum(dh * zhat, axis=0)
    grads['beta'] = np.sum(dh, axis=0)
    dzhat = dh * gamma
    dvar = np.sum(dzhat * (z - mu) * -.5 * (var + EPS) ** (-1.5), axis=0)
    dmu = np.sum(dzhat * -1 / std, axis=0) + dvar * np.sum(-2 * (z - mu), axis=0) / N
    dz = dzhat / std + dvar * 2 * (z - mu) / N + dmu / N
    grads['W1'] = x.T.dot(dz)
    grads['b1'] = dz.sum(axis=0)
    return loss, grads


rng = np.random.default_rng(0)
params = draw(rng)
x, y = batch(rng, 5)
