import numpy as np


def rotate_half(x):
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate([-second, first], axis=-1)


def apply_rotary(x, cos, sin):
    return x * cos + rotate_half(x) * sin, (x, cos, sin)


def rotary_grad(dout, saved):
    x, cos, sin = saved
    dx = dout * cos - rotate_half(dout * sin)
    dcos = (dout * x).sum(axis=0)
    dsin = (dout * rotate_half(x)).sum(axis=0)
    return dx, dcos, dsin


rope = (apply_rotary, rotary_grad)
rg = np.random.default_rng(74)
inputs = (rg.normal(size=(3, 5, 4)), rg.normal(size=(5, 4)), rg.normal(size=(5, 4)))
