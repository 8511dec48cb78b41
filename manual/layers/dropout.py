"""Inverted dropout (Srivastava et al. 2014) with a given mask: random draws are the caller's."""

import numpy as np

from ..arrays import Array, Cache


def dropout_mask(rng: np.random.Generator, shape: tuple[int, ...], rate: float) -> Array:
    """True where a value is kept, each with probability 1 - rate; drawn by the NumPy generator `rng`."""
    return rng.random(shape) >= rate


def dropout(x: Array, mask: Array, *, rate: float) -> tuple[Array, Cache]:
    """x and mask of one shape -> x where the mask is True, over 1 - rate; else 0. And the cache.

    Divided here, in training ("inverted"), the expected value is x, and inference needs no factor.
    """
    scale = np.asarray(1 / (1 - rate), x.dtype)
    return x * mask * scale, (mask, scale)


def dropout_backward(dout: Array, cache: Cache) -> tuple[Array, None]:
    """dout -> dx, both of x's shape: through the same mask, and with the same factor; the mask has no gradient"""
    mask, scale = cache
    return dout * mask * scale, None
