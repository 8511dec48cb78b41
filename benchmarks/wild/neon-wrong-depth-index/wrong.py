import numpy as np


def fprop_conv(I, F):
    D, M = I.shape[1] - F.shape[1] + 1, I.shape[2] - F.shape[2] + 1
    O = np.zeros((F.shape[3], D, M))
    for d in range(D):
        for m in range(M):
            block = I[:, d : d + F.shape[1], m : m + F.shape[2]].reshape(-1)
            O[:, d, m] = F.reshape(-1, F.shape[3]).T @ block
    return O, (I, F)


def bprop_conv(E, saved):
    I, F = saved
    grad_I, grad_F = np.zeros_like(I), np.zeros_like(F)
    for d in range(E.shape[1]):
        for m in range(E.shape[2]):
            piece = F.reshape(-1, F.shape[3]) @ E[:, d, m]
            grad_I[:, m : m + F.shape[1], d : d + F.shape[2]] += piece.reshape(F.shape[:3])
            block = I[:, d : d + F.shape[1], m : m + F.shape[2]]
            grad_F += block[..., None] * E[:, d, m]
    return grad_I, grad_F


op = (fprop_conv, bprop_conv)
r = np.random.default_rng(70)
inputs = (r.normal(size=(2, 4, 4)), r.normal(size=(2, 2, 2, 3)))
