"""Kernels entry by entry, each with a right and a wrong backward pass."""

import numpy as np


def rotary(x, theta):
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    c, s = np.cos(theta), np.sin(theta)
    return np.concatenate([a * c - b * s, a * s + b * c], axis=-1), (c, s, x)


def rotary_backward(dy, cache):
    c, s, x = cache
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    da, db = dy[..., :half], dy[..., half:]
    dtheta = da * (-a * s - b * c) + db * (a * c - b * s)
    dx = np.concatenate([da * c + db * s, db * c - da * s], axis=-1)
    return dx, dtheta.sum(axis=0)


def rotary_wrong_sign(dy, cache):
    c, s, x = cache
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    da, db = dy[..., :half], dy[..., half:]
    dtheta = da * (-a * s - b * c) + db * (a * c - b * s)
    dx = np.concatenate([da * c - db * s, db * c - da * s], axis=-1)  # wrong
    return dx, dtheta.sum(axis=0)


def difference(a, b):
    d = a - b
    return d**2, d


def difference_backward(dout, d):
    dd = 2 * d * dout
    return dd, -dd


def difference_sign_lost(dout, d):
    dd = 2 * d * dout
    return dd, dd  # wrong


def gaussian(mu, log_sigma, eps):
    sigma = np.exp(0.5 * log_sigma)
    return mu + sigma * eps, (sigma, log_sigma, eps)


def gaussian_backward(dz, cache):
    sigma, log_sigma, eps = cache
    dlog = 0.5 * dz * eps * sigma
    return dz, dlog, dz * sigma


def gaussian_exp_of_the_whole(dz, cache):
    sigma, log_sigma, eps = cache
    dlog = 0.5 * dz * eps * np.exp(log_sigma)  # wrong
    return dz, dlog, dz * sigma


def dropout(x, mask, rate):
    keep = mask / (1.0 - rate)
    return np.maximum(x, 0.0) * keep, (x, keep)


def dropout_backward(dout, cache):
    x, keep = cache
    dh = dout * keep
    return dh * (x > 0), None, None


def dropout_mask_not_applied(dout, cache):
    x, keep = cache
    dh = dout  # wrong
    return dh * (x > 0), None, None
