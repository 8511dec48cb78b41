"""RMS norm: one token a row, gated unit after it, loops over tokens that add into zeros."""
import numpy as np
from numpy import sqrt, tanh

EPS = 1e-6


def rms_norm(v, g):
    r = sqrt((v * v).mean() + EPS)
    return g * v / r, r


def rms_norm_grad(dout, v, g, r):
    dg = dout * v / r
    dv = dout * g
    d = v.shape[0]
    return dv / r - v * np.dot(dv, v) / (d * r ** 3), dg


def backward(params, x, y):
    g, W, U, o = (params[k] for k in ('g', 'W', 'U', 'o'))
    grads = {k: np.zeros_like(v) for k, v in params.items()}
    loss = 0.0
    T = len(x)
    for t in range(T):
        v = o + x[t]
        n, r = rms_norm(v, g)
        a = W @ n
        b = U @ n
        q = tanh(a) * b
        e = q - y[t]
        loss += 0.5 * np.sum(e ** 2) / T

        dq = e / T
        db = dq * tanh(a)
        da = dq * b * (1 - tanh(a) ** 2)
        grads['W'] += np.outer(da, n)
        grads['U'] += np.outer(db, n)
        dn = W.T @ da + U.T @ db
        dv, dg = rms_norm_grad(dn, v, g, r)
        grads['g'] += dg
        grads['o'] += dv
    return loss, grads


def draw(rng, scale=1.0):
    return {'g': scale * rng.normal(size=4), 'W': scale * rng.normal(size=(3, 4)),
            'U': scale * rng.normal(size=(3, 4)), 'o': scale * rng.normal(size=4)}


def batch(rng, n):
    return rng.normal(size=(n, 4)), rng.normal(size=(n, 3))


rng = np.random.default_rng(3)
params, (x, y) = draw(rng), batch(rng, 5)
