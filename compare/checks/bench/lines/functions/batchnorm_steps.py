"""Batch norm: forward and backward functions with a cache tuple, the backward pass in small steps of the graph."""
import numpy as np


def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout @ w.T
    dw = x.T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db


def batchnorm_forward(x, gamma, beta, eps):
    N, D = x.shape
    # step 1: mean
    mu = 1. / N * np.sum(x, axis=0)
    # step 2: subtract it
    xmu = x - mu
    # step 3, 4: variance
    sq = xmu ** 2
    var = 1. / N * np.sum(sq, axis=0)
    # step 5, 6: 1 / standard deviation
    sqrtvar = np.sqrt(var + eps)
    ivar = 1. / sqrtvar
    # step 7, 8, 9: normalise, scale, shift
    xhat = xmu * ivar
    gammax = gamma * xhat
    out = gammax + beta
    return out, (xhat, gamma, xmu, ivar, sqrtvar, var, eps)


def batchnorm_backward(dout, cache):
    xhat, gamma, xmu, ivar, sqrtvar, var, eps = cache
    N, D = dout.shape
    # step 9
    dbeta = np.sum(dout, axis=0)
    dgammax = dout
    # step 8
    dgamma = np.sum(dgammax * xhat, axis=0)
    dxhat = dgammax * gamma
    # step 7
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    # step 6
    dsqrtvar = -1. / (sqrtvar ** 2) * divar
    # step 5
    dvar = 0.5 * 1. / np.sqrt(var + eps) * dsqrtvar
    # step 4
    dsq = 1. / N * np.ones((N, D)) * dvar
    # step 3
    dxmu2 = 2 * xmu * dsq
    # step 2
    dx1 = (dxmu1 + dxmu2)
    dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
    # step 1
    dx2 = 1. / N * np.ones((N, D)) * dmu
    # step 0
    dx = dx1 + dx2
    return dx, dgamma, dbeta


def backward(params, x, y):
    W1, b1, gamma, beta, W2, b2 = params
    h, cache1 = affine_forward(x, W1, b1)
    n, cache2 = batchnorm_forward(h, gamma, beta, 1e-3)
    t = np.tanh(n)
    out, cache3 = affine_forward(t, W2, b2)
    diff = out - y
    loss = 0.5 * np.sum(diff ** 2) / x.shape[0]
    dout = diff / x.shape[0]
    dt, dW2, db2 = affine_backward(dout, cache3)
    dn = dt * (1 - t ** 2)
    dh, dgamma, dbeta = batchnorm_backward(dn, cache2)
    _, dW1, db1 = affine_backward(dh, cache1)
    return loss, [dW1, db1, dgamma, dbeta, dW2, db2]


def draw(rng, scale=1.0):
    sizes = [(5, 5), (5,), (5,), (5,), (5, 2), (2,)]
    return [scale * rng.standard_normal(s) for s in sizes]


def batch(rng, n):
    return rng.standard_normal((n, 5)), rng.standard_normal((n, 2))


rng = np.random.default_rng(1)
params = draw(rng)
x, y = batch(rng, 5)
