"""Layer norm and RMS norm: each row of features scaled to mean square 1.

x is (..., C); the norm is over the last axis, so each token is normalised by itself. gamma and beta are (C,).
With x^ the normed row, g = dL/dx^ = dL/dout * gamma, and means over the C features,

    layer norm    dL/dx = (g - mean(g) - x^ mean(g x^)) / sigma
    RMS norm      dL/dx = (g - x^ mean(g x^)) / r

The term mean(g) comes from the mean of x, the other from its spread; both depend on all of x.
"""

import numpy as np

from ..arrays import Array, Cache

EPS = 1e-5


def layer_norm(x: Array, gamma: Array, beta: Array, *, eps: float = EPS) -> tuple[Array, Cache]:
    """Return out = gamma x^ + beta, x^ = (x - mean) / sqrt(variance + eps), of x's shape (Ba et al. 2016, eq. 4)."""
    centred = x - x.mean(axis=-1, keepdims=True)
    rsigma = 1 / np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + eps)
    x_hat = centred * rsigma
    return gamma * x_hat + beta, (x_hat, rsigma, gamma)


def layer_norm_backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """Return (dx, dgamma, dbeta)"""
    x_hat, rsigma, gamma = cache
    g = dout * gamma
    through_mean = g.mean(axis=-1, keepdims=True)
    through_variance = x_hat * (g * x_hat).mean(axis=-1, keepdims=True)
    dx = (g - through_mean - through_variance) * rsigma
    return dx, over_tokens(dout * x_hat), over_tokens(dout)


def rms_norm(x: Array, gamma: Array, *, eps: float = EPS) -> tuple[Array, Cache]:
    """Return out = gamma x^, x^ = x / sqrt(mean(x^2) + eps), of x's shape (Zhang and Sennrich 2019, eq. 4)."""
    r = 1 / np.sqrt(np.square(x).mean(axis=-1, keepdims=True) + eps)
    x_hat = x * r
    return gamma * x_hat, (x_hat, r, gamma)


def rms_norm_backward(dout: Array, cache: Cache) -> tuple[Array, Array]:
    """Return (dx, dgamma)"""
    x_hat, r, gamma = cache
    g = dout * gamma
    dx = (g - x_hat * (g * x_hat).mean(axis=-1, keepdims=True)) * r
    return dx, over_tokens(dout * x_hat)


def over_tokens(d: Array) -> Array:
    """Sum (..., C) to (C,): the gradient of a parameter that all rows share is the sum over the rows."""
    return d.reshape(-1, d.shape[-1]).sum(axis=0)
