"""Focal loss: imbalanced logistic regression on polynomial features, scalar bias, a chain of named partial derivatives."""
import numpy as np

GAMMA, ALPHA, EPS = 2.0, 0.25, 1e-7


def features(x):
    return np.hstack([x, x ** 2])


def backward(params, x, y):
    w, b, s = params['w'], params['b'], params['s']
    n = x.shape[0]
    phi = features(x * s)
    z = phi.dot(w) + b
    p = 1 / (1 + np.exp(-z))
    p_t = y * p + (1 - y) * (1 - p)
    a_t = y * ALPHA + (1 - y) * (1 - ALPHA)
    loss = np.sum(-a_t * (1 - p_t) ** GAMMA * np.log(p_t + EPS)) / n

    dloss_dpt = a_t * (GAMMA * (1 - p_t) ** (GAMMA - 1) * np.log(p_t + EPS) - (1 - p_t) ** GAMMA / (p_t + EPS)) / n
    dpt_dp = 2 * y - 1
    dp_dz = p * (1 - p)
    dz = dloss_dpt * dpt_dp * dp_dz
    dw = phi.T.dot(dz)
    db = dz.sum()
    dphi = np.outer(dz, w)
    d = x.shape[1]
    dlin, dsq = dphi[:, :d], dphi[:, d:]
    dxs = dlin + dsq * 2 * (x * s)
    ds = np.sum(dxs * x, axis=0)
    return loss, {'w': dw, 'b': db, 's': ds}


def draw(rng, scale=1.0):
    return {'w': scale * rng.normal(size=6) / 3, 'b': scale * rng.normal(), 's': np.tanh(scale * rng.normal(size=3))}


def batch(rng, n):
    return rng.normal(size=(n, 3)), (rng.uniform(size=n) < 0.3).astype(int)


rng = np.random.default_rng(37)
params = draw(rng)
x, y = batch(rng, 10)
