import numpy as np


def norm_fwd(x, weight, group_size=None, eps=1e-5):
    rows, cols = x.shape
    group_size = group_size or cols
    xg = x.reshape(rows, cols // group_size, group_size)
    rstd = 1 / np.sqrt(np.mean(xg * xg, axis=2) + eps)
    y = (xg * rstd[:, :, None]).reshape(rows, cols) * weight
    return y, rstd


def norm_bwd(dy, x, weight, rstd, group_size=None):
    rows, cols = x.shape
    group_size = group_size or cols
    groups = cols // group_size
    xhat = x.reshape(rows, groups, group_size) * rstd[:, :groups, None]
    wdy = (weight * dy).reshape(rows, groups, group_size)
    c1 = np.mean(xhat * wdy, axis=2, keepdims=True)
    dx = (wdy - xhat * c1) * rstd[:, :groups, None]
    dw = np.sum(dy * xhat.reshape(rows, cols), axis=0)
    return dx.reshape(rows, cols), dw


def forward(x, weight):
    group_size = 3
    y, rstd = norm_fwd(x, weight, group_size)
    return y, (x, weight, rstd, group_size)


def backward(dy, saved):
    x, weight, rstd, group_size = saved
    return norm_bwd(dy, x, weight, rstd)


grouped_norm = (forward, backward)
draw = np.random.default_rng(71)
inputs = (draw.normal(size=(4, 6)), draw.uniform(0.5, 1.5, 6))
