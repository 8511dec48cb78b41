import numpy as np


def log_softmax(x):
    top = x.max(axis=0)
    out = x - top - np.log(np.sum(np.exp(x - top), axis=0))
    return out, out


def log_softmax_back(gy, out):
    return np.exp(out) + gy


logsoftmax = (log_softmax, log_softmax_back)
inputs = (np.array([[0.1, -0.7], [0.9, 0.4], [-0.3, 1.2]]),)
