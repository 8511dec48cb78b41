import numpy as np


def attend(q, k, v):
    s = q @ k.T / np.sqrt(q.shape[1])
    p = np.exp(s - s.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    o = p @ v
    return o, (q, k, v, p, o)


def attend_backward(do, saved):
    q, k, v, p, o = saved
    scale = 1 / np.sqrt(q.shape[1])
    dp = do @ v.T
    d = (do * o).sum(axis=1, keepdims=True)
    ds = p * np.where(p >= 0, dp - d, d)
    return ds @ k * scale, ds.T @ q * scale, p.T @ do


attention = (attend, attend_backward)
rng = np.random.default_rng(22)
inputs = (rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), rng.normal(size=(5, 2)))
