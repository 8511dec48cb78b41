import numpy as np


def elementwise(x, k):
    out = np.sin(k * x)
    return out, (x, k)


def vjp(ones, x, k):
    return ones * k * np.cos(k * x), np.sum(ones * x * np.cos(k * x))


def backward(grad_output, saved):
    x, k = saved
    gx, gk = vjp(np.ones_like(x), x, k)
    return gx * grad_output, gk * grad_output.sum()


wrapped = (elementwise, backward)
inputs = (np.array([0.4, -1.3, 0.9, 2.2]), np.array(1.7))
