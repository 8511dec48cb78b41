import numpy as np


def elementwise(x, k):
    out = np.sin(k * x)
    return out, (x, k)


def vjp(ones, x, k):
    return ones * k * np.cos(k * x), np.sum(ones * x * np.cos(k * x))


def backward(grad_output, saved):
    x, k = saved
    gx, gk = vjp(grad_output, x, k)
    return gx, gk


wrapped = (elementwise, backward)
inputs = (np.array([0.4, -1.3, 0.9, 2.2]), np.array(1.7))
