"""Kernels that normalise, each with a right and a wrong backward pass."""

import numpy as np


def log_softmax(x):
    shifted = x - x.max(axis=-1, keepdims=True)
    y = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return y, y


def log_softmax_backward(dy, y):
    total = dy.sum(axis=-1, keepdims=True)
    return dy - np.exp(y) * total


def log_softmax_without_sum(dy, y):
    p = np.exp(y)
    return dy - p * dy  # wrong


def softmax_at(x, temperature):
    z = x / temperature
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, (p, temperature)


def softmax_at_backward(dp, cache):
    p, temperature = cache
    inner = (dp * p).sum(axis=1, keepdims=True)
    dz = p * (dp - inner)
    return dz / temperature, None


def softmax_at_times_temperature(dp, cache):
    p, temperature = cache
    inner = (dp * p).sum(axis=1, keepdims=True)
    dz = p * (dp - inner)
    return dz * temperature, None  # wrong


def rms_norm(x, gain):
    r = 1.0 / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6)
    return x * r * gain, (x, r, gain)


def rms_norm_backward(dy, cache):
    x, r, gain = cache
    dgain = (dy * x * r).sum(axis=0)
    dn = dy * gain
    dot = (dn * x).mean(axis=-1, keepdims=True)
    dx = r * dn - x * r**3 * dot
    return dx, dgain


def rms_norm_without_mean_term(dy, cache):
    x, r, gain = cache
    dgain = (dy * x * r).sum(axis=0)
    dn = dy * gain
    dx = r * dn  # wrong
    return dx, dgain


def rms_norm_wrong_power(dy, cache):
    x, r, gain = cache
    dgain = (dy * x * r).sum(axis=0)
    dn = dy * gain
    dot = (dn * x).mean(axis=-1, keepdims=True)
    dx = r * dn - x * r**2 * dot  # wrong
    return dx, dgain


def layer_norm(x, gamma, beta):
    mu = x.mean(axis=-1, keepdims=True)
    centred = x - mu
    inv = 1.0 / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    xhat = centred * inv
    return gamma * xhat + beta, (xhat, inv, gamma)


def layer_norm_backward(dout, cache):
    xhat, inv, gamma = cache
    dgamma = (dout * xhat).sum(axis=(0, 1))
    dbeta = dout.sum(axis=(0, 1))
    dxhat = dout * gamma
    m1 = dxhat.mean(axis=-1, keepdims=True)
    m2 = (dxhat * xhat).mean(axis=-1, keepdims=True)
    dx = (dxhat - m1 - xhat * m2) * inv
    return dx, dgamma, dbeta


def layer_norm_over_the_wrong_axis(dout, cache):
    xhat, inv, gamma = cache
    dgamma = (dout * xhat).sum(axis=(0, 1))
    dbeta = dout.sum(axis=(0, 1))
    dxhat = dout * gamma
    m1 = dxhat.mean(axis=1, keepdims=True)  # wrong
    m2 = (dxhat * xhat).mean(axis=-1, keepdims=True)
    dx = (dxhat - m1 - xhat * m2) * inv
    return dx, dgamma, dbeta


def layer_norm_over_all_rows(dout, cache):
    xhat, inv, gamma = cache
    dgamma = (dout * xhat).sum(axis=(0, 1))
    dbeta = dout.sum(axis=(0, 1))
    dxhat = dout * gamma
    m1 = dxhat.mean(axis=-1, keepdims=True)
    m2 = (dxhat * xhat).mean()  # wrong
    dx = (dxhat - m1 - xhat * m2) * inv
    return dx, dgamma, dbeta


def group_norm(x, gamma, groups):
    n, c, s = x.shape
    g = x.reshape(n, groups, c // groups, s)
    mu = g.mean(axis=(2, 3), keepdims=True)
    inv = 1.0 / np.sqrt(g.var(axis=(2, 3), keepdims=True) + 1e-5)
    xhat = ((g - mu) * inv).reshape(n, c, s)
    return xhat * gamma[None, :, None], (xhat, inv, gamma, groups)


def group_norm_backward(dout, cache):
    xhat, inv, gamma, groups = cache
    n, c, s = dout.shape
    dgamma = (dout * xhat).sum(axis=(0, 2))
    dxhat = (dout * gamma[None, :, None]).reshape(n, groups, c // groups, s)
    xh = xhat.reshape(n, groups, c // groups, s)
    m1 = dxhat.mean(axis=(2, 3), keepdims=True)
    m2 = (dxhat * xh).mean(axis=(2, 3), keepdims=True)
    dx = (dxhat - m1 - xh * m2) * inv
    return dx.reshape(n, c, s), dgamma, None


def group_norm_wrong_groups(dout, cache):
    xhat, inv, gamma, groups = cache
    n, c, s = dout.shape
    dgamma = (dout * xhat).sum(axis=(0, 2))
    dxhat = (dout * gamma[None, :, None]).reshape(n, groups, c // groups, s)
    xh = xhat.reshape(n, groups, c // groups, s)
    m1 = dxhat.mean(axis=(1, 3), keepdims=True)  # wrong
    m2 = (dxhat * xh).mean(axis=(2, 3), keepdims=True)
    dx = (dxhat - m1 - xh * m2) * inv
    return dx.reshape(n, c, s), dgamma, None
