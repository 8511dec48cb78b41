"""Inverted dropout (Srivastava et al. 2014) with a given mask: the caller draws it."""

import numpy as np

from ..arrays import Array, Cache


def dropout_mask(rng: np.random.Generator, shape: tuple[int, ...], rate: float) -> Array:
    """Draw the mask from the NumPy generator `rng`: True where a value is kept, with probability 1 - rate."""
    return rng.random(shape) >= rate


def dropout(x: Array, mask: Array, *, rate: float) -> tuple[Array, Cache]:
    """Return x / (1 - rate) where the mask is True, else 0, and the cache; x and mask have one shape.

    Divided here, in training ("inverted"), the expected value is x, and inference needs no factor.
    """
    scale = np.asarray(1 / (1 - rate), x.dtype)
    return x * mask * scale, (mask, scale)


def dropout_backward(dout: Array, cache: Cache) -> tuple[Array, None]:
    """Return dx = dout * mask / (1 - rate), and None: the mask has no gradient"""
    mask, scale = cache
    return dout * mask * scale, None
