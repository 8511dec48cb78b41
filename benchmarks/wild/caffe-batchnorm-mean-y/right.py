import numpy as np

EPS = 1e-5


def bn_forward(x):
    mean = x.mean(axis=0)
    inv = 1.0 / np.sqrt(x.var(axis=0) + EPS)
    y = (x - mean) * inv
    return y, (y, inv)


def bn_backward(top, cache):
    y, inv = cache
    return (top - top.mean(axis=0) - (top * y).mean(axis=0) * y) * inv


op = (bn_forward, bn_backward)
inputs = (np.random.default_rng(9).normal(1.0, 2.0, (6, 3)),)
