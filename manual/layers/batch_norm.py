"""Batch normalisation (Ioffe and Szegedy 2015), by the batch's own statistics or by running ones.

    mean = 1/n sum x    var = 1/n sum (x - mean)^2    hat = (x - mean) / sqrt(var + eps)    out = gamma hat + beta

x is (N, C) or (N, C, H, V); gamma, beta, mean and var are (C,). The sums go over all n values of a channel: the
batch and, in an image, the positions. mean and var depend on every x, so its gradient has three terms.
"""

from collections.abc import Callable

import numpy as np

from ..arrays import Array, Cache

EPS = 1e-5
Mean = Callable[[Array], Array]


def batch_norm(x: Array, gamma: Array, beta: Array, *, eps: float = EPS) -> tuple[Array, Cache]:
    """Normalise x (N, C, ...) by its own statistics; return out = gamma hat + beta, of x's shape, and the cache"""
    hat, scale = normalise(x, eps=eps)
    return rescale(hat, gamma, beta), (hat, scale, gamma)


def batch_norm_backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """Map dout (N, C, ...) to dx (N, C, ...), dgamma (C,), dbeta (C,)"""
    hat, scale, gamma = cache
    dx = normalise_backward(hat_gradient(dout, gamma), hat, scale)
    return dx, gamma_gradient(dout, hat), beta_gradient(dout)


def channel_mean(x: Array) -> Array:
    """Return the mean of each channel of x (N, C, ...), as (1, C, ...)"""
    return x.mean(axis=_all_but_channels(x), keepdims=True)


def normalise(x: Array, *, eps: float = EPS, mean: Mean = channel_mean) -> tuple[Array, Array]:
    """Map x (N, C, ...) to hat, of mean 0 and variance 1 in each channel, and scale = 1 / sqrt(var + eps)"""
    centred = x - mean(x)
    scale = 1 / np.sqrt(mean(centred * centred) + eps)
    return centred * scale, scale


def normalise_backward(dhat: Array, hat: Array, scale: Array) -> Array:
    """Map dhat (N, C, ...) to dx: the direct path, less those through the mean and through the variance"""
    return scale * (dhat - mean_path(dhat) - variance_path(dhat, hat))


def mean_path(dhat: Array, *, mean: Mean = channel_mean) -> Array:
    """Return 1/n sum dhat: every x moves the mean by 1/n of itself, and the mean moves every hat"""
    return mean(dhat)


def variance_path(dhat: Array, hat: Array, *, mean: Mean = channel_mean) -> Array:
    """Return hat 1/n sum (dhat hat)

    var moves with x by 2/n (x - mean), for in the mean's share the centred x add up to 0; 1 / sqrt(var + eps)
    moves with var by -1/2 scale^3. Together -scale^2 hat / n, and every hat is scaled by it.
    """
    return hat * mean(dhat * hat)


def rescale(hat: Array, gamma: Array, beta: Array) -> Array:
    """Return out = gamma hat + beta, channel by channel"""
    return hat * _spread(gamma, hat) + _spread(beta, hat)


def hat_gradient(dout: Array, gamma: Array) -> Array:
    """Return dhat = gamma dout: undoes gamma hat by hat"""
    return dout * _spread(gamma, dout)


def gamma_gradient(dout: Array, hat: Array) -> Array:
    """Return dgamma = dout hat, summed over all but the channel: undoes gamma hat by gamma"""
    return (dout * hat).sum(axis=_all_but_channels(hat))


def beta_gradient(dout: Array) -> Array:
    """Return dbeta = dout, summed over all but the channel: undoes + beta"""
    return dout.sum(axis=_all_but_channels(dout))


def batch_norm_inference(
    x: Array, gamma: Array, beta: Array, mean: Array, var: Array, *, eps: float = EPS
) -> tuple[Array, Cache]:
    """Normalise x by running statistics mean (C,) and var (C,), which are constants; return out and the cache"""
    scale = _spread(1 / np.sqrt(var + eps), x)
    hat = (x - _spread(mean, x)) * scale
    return rescale(hat, gamma, beta), (hat, scale, gamma)


def batch_norm_inference_backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """Map dout (N, C, ...) to dx (N, C, ...), dgamma (C,), dbeta (C,): only the direct path is left"""
    hat, scale, gamma = cache
    return scale * hat_gradient(dout, gamma), gamma_gradient(dout, hat), beta_gradient(dout)


def running_statistics(mean: Array, var: Array, x: Array, *, momentum: float = 0.1) -> tuple[Array, Array]:
    """Return the running (mean, var), each (C,), after the batch x: (1 - momentum) old + momentum new

    torch's convention: momentum weighs the *new* value (Keras and flax weigh the old one with it), and the new
    variance is the unbiased one, n - 1, though the batch itself is normalised with n.
    """
    axes = _all_but_channels(x)
    new = x.mean(axis=axes), x.var(axis=axes, ddof=1)
    return tuple((1 - momentum) * old + momentum * now for old, now in zip((mean, var), new, strict=True))


def _all_but_channels(x: Array) -> tuple[int, ...]:
    return (0, *range(2, x.ndim))


def _spread(c: Array, x: Array) -> Array:
    """Reshape a (C,) array so that it broadcasts over x (N, C, ...)."""
    return c.reshape(1, -1, *(1,) * (x.ndim - 2))
