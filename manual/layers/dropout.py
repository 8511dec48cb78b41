"""Inverted dropout (Srivastava et al. 2014) with a given mask: random draws are the caller's."""

import numpy as np


def dropout_mask(rng, shape, rate):
    """True where a value is kept, each with probability 1 - rate; drawn by the NumPy generator `rng`."""
    return rng.random(shape) >= rate


def dropout(x, mask, *, rate):
    """x and mask of one shape -> x where the mask is True, over 1 - rate; else 0. And the cache.

    Divided here, in training ("inverted"), the expected value is x, and inference needs no factor.
    """
    scale = np.asarray(1 / (1 - rate), x.dtype)
    return x * mask * scale, (mask, scale)


def dropout_backward(dout, cache):
    """dout -> dx, both of x's shape: through the same mask, and with the same factor; the mask has no gradient"""
    mask, scale = cache
    return dout * mask * scale, None
