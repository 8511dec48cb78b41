import numpy as np


def max_forward(a):
    out = a.max(axis=1, keepdims=True)
    return out, (a, out)


def max_backward(grad_output, saved):
    a, out = saved
    mask = a == out
    return mask * grad_output


maximum = (max_forward, max_backward)
inputs = (np.array([[0.312, 1.204, 1.199], [2.041, -0.4, 2.036], [0.7, 0.1, -1.2]]),)
