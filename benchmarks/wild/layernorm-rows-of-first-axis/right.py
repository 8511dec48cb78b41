import numpy as np


def layer_norm(x, weight, bias):
    N = weight.size
    M = x.size // N
    flat = x.reshape(M, N)
    mean, rstd = flat.mean(1, keepdims=True), 1 / np.sqrt(flat.var(1, keepdims=True) + 1e-5)
    y = (flat - mean) * rstd * weight + bias
    return y.reshape(x.shape), (x, weight, mean, rstd)


def layer_norm_backward(dy, cache):
    x, weight, mean, rstd = cache
    N = weight.size
    M = x.size // N
    flat, d = x.reshape(M, N), dy.reshape(M, N)
    xhat = (flat - mean) * rstd
    wdy = d * weight
    rows = M
    c1 = (xhat * wdy).sum(1, keepdims=True) / (x.size // rows)
    c2 = wdy.sum(1, keepdims=True) / (x.size // rows)
    dx = (wdy - (xhat * c1 + c2)) * rstd
    return dx.reshape(x.shape), (d * xhat).sum(0), d.sum(0)


op = (layer_norm, layer_norm_backward)
r = np.random.default_rng(3)
inputs = (r.normal(size=(2, 3, 4)), r.normal(size=4), r.normal(size=4))
