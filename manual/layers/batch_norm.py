"""Batch normalisation (Ioffe and Szegedy 2015), by the batch's own statistics and by running ones.

    mean = 1/n sum x    var = 1/n sum (x - mean)^2    hat = (x - mean) / sqrt(var + eps)    out = gamma hat + beta

x is (N, C) or (N, C, H, V); gamma, beta, mean and var are (C,). The sums go over all n values of a channel: the
batch and, in an image, the positions. mean and var depend on every x, so the gradient has three terms.
"""

import numpy as np

EPS = 1e-5


def batch_norm(x, gamma, beta, *, eps=EPS):
    """Training form: x (N, C, ...), gamma (C,), beta (C,) -> out, of x's shape, and the cache (hat, scale, gamma)

    scale is 1 / sqrt(var + eps), one number a channel.
    """
    axes, spread = _axes(x), _spread(x)
    centred = x - x.mean(axis=axes, keepdims=True)
    scale = 1 / np.sqrt((centred**2).mean(axis=axes, keepdims=True) + eps)
    hat = centred * scale
    return hat * gamma.reshape(spread) + beta.reshape(spread), (hat, scale, gamma)


def batch_norm_backward(dout, cache):
    """dout (N, C, ...) -> dx (N, C, ...), dgamma (C,), dbeta (C,)"""
    hat, scale, gamma = cache
    dhat = dout * gamma.reshape(_spread(dout))
    dx = scale * (dhat - mean_path(dhat) - variance_path(dhat, hat))
    return dx, batch_norm_gamma_gradient(dout, hat), batch_norm_beta_gradient(dout)


def mean_path(dhat):
    """1/n sum dhat: what reaches x through the mean, subtracted from every x"""
    return dhat.mean(axis=_axes(dhat), keepdims=True)


def variance_path(dhat, hat):
    """hat 1/n sum (dhat hat): what reaches x through the variance, along hat

    dscale/dx = -scale^2 hat / n, because d var / dx = 2 (x - mean) / n; the mean in it adds nothing, for
    the centred x sum to 0.
    """
    return hat * (dhat * hat).mean(axis=_axes(hat), keepdims=True)


def batch_norm_gamma_gradient(dout, hat):
    """dgamma = dout hat, summed over all but the channel: undoes hat gamma by gamma"""
    return (dout * hat).sum(axis=_axes(hat))


def batch_norm_beta_gradient(dout):
    """dbeta = dout, summed over all but the channel: undoes + beta"""
    return dout.sum(axis=_axes(dout))


def batch_norm_inference(x, gamma, beta, mean, var, *, eps=EPS):
    """With running statistics mean (C,) and var (C,), which are constants: out, of x's shape, and the cache"""
    spread = _spread(x)
    scale = 1 / np.sqrt(var + eps)
    hat = (x - mean.reshape(spread)) * scale.reshape(spread)
    return hat * gamma.reshape(spread) + beta.reshape(spread), (hat, scale, gamma)


def batch_norm_inference_backward(dout, cache):
    """dout (N, C, ...) -> dx (N, C, ...), dgamma (C,), dbeta (C,): no path through mean and variance is left"""
    hat, scale, gamma = cache
    dx = dout * (gamma * scale).reshape(_spread(dout))
    return dx, batch_norm_gamma_gradient(dout, hat), batch_norm_beta_gradient(dout)


def running_statistics(mean, var, x, *, momentum=0.1):
    """The running (mean, var), each (C,), after the batch x: (1 - momentum) old + momentum new

    torch's convention: momentum weighs the *new* value (Keras and flax weigh the old one with it), and the new
    variance is the unbiased one, n - 1, though the batch itself is normalised with n.
    """
    axes = _axes(x)
    new = x.mean(axis=axes), x.var(axis=axes, ddof=1)
    return tuple((1 - momentum) * old + momentum * now for old, now in zip((mean, var), new, strict=True))


def _axes(x):
    """All axes but the channel's."""
    return (0, *range(2, x.ndim))


def _spread(x):
    """The shape of a (C,) array that is to meet x."""
    return (1, -1) + (1,) * (x.ndim - 2)
