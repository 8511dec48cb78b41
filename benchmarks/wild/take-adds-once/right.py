import numpy as np


def take(A, idx=np.array([0, 2, 2, 1, 2])):
    return A[idx], (A.shape, idx)


def untake(x, saved):
    shape, idx = saved
    A = np.zeros(shape)
    np.add.at(A, idx, x)
    return A


getitem = (take, untake)
inputs = (np.random.default_rng(5).normal(size=(4, 3)),)
