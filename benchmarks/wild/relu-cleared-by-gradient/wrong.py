import numpy as np


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    x = cache
    dx = dout.copy()
    dx[dout < 0] = 0
    return dx


relu = (relu_forward, relu_backward)
inputs = (np.random.default_rng(19).normal(size=(4, 5)),)
