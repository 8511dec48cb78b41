import numpy as np


def layernorm_fw(x, gamma, beta):
    mean = x.mean(-1, keepdims=True)
    rstd = 1 / np.sqrt(x.var(-1, keepdims=True) + 1e-6)
    x_hat = (x - mean) * rstd
    return gamma * x_hat + beta, (x_hat, rstd, gamma)


def layernorm_bw(dy, saved):
    x_hat, rstd, gamma = saved
    dyg = dy * gamma
    s1 = dyg.mean(-1, keepdims=True)
    s2 = (dyg * x_hat).mean(-1, keepdims=True)
    dx = dyg - s1
    temp = x_hat * s2
    dx = (dx - temp) * rstd
    return dx, (dy * x_hat).sum(0), dy.sum(0)


ln = (layernorm_fw, layernorm_bw)
rng = np.random.default_rng(53)
inputs = (rng.normal(size=(4, 6)), rng.normal(size=6), rng.normal(size=6))
