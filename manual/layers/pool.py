"""Pooling: the maximum or the mean of each window, and where its gradient goes.

x is (N, C, H, V), out (N, C, OH, OW). Windows are `window` wide, `stride` apart (default: the window, so that they
tile the image); pixels after the last whole window are left out and get no gradient.
"""

import numpy as np

from ..arrays import Array, Cache
from .windows import Size, Windows, pair, windows


def max_pool2d(x: Array, *, window: Size = 2, stride: Size | None = None) -> tuple[Array, Cache]:
    """Map x (N, C, H, V) to out (N, C, OH, OW), the maximum of each window, and the cache"""
    at = _windows(x, window, stride)
    out = x[at.at(0, 0)]
    for u, v in at.offsets[1:]:
        out = np.maximum(out, x[at.at(u, v)])
    return out, (x, out, at)


def max_pool2d_backward(dout: Array, cache: Cache) -> Array:
    """Map dout (N, C, OH, OW) to dx (N, C, H, V): each entry of dout goes to the pixel that was its maximum

    Among equal maxima the first in reading order gets it, as in torch and jax. Any split among them is a subgradient
    too; giving all of it to each is not.
    """
    x, out, at = cache
    dx = np.zeros_like(x)
    free = np.ones(out.shape, bool)
    for u, v in at.offsets:
        first = free & (x[at.at(u, v)] == out)
        dx[at.at(u, v)] += first * dout
        free &= ~first
    return dx


def avg_pool2d(x: Array, *, window: Size = 2, stride: Size | None = None) -> tuple[Array, Cache]:
    """Map x (N, C, H, V) to out (N, C, OH, OW), the mean of each window, and the cache"""
    at = _windows(x, window, stride)
    total = x[at.at(0, 0)]
    for u, v in at.offsets[1:]:
        total = total + x[at.at(u, v)]
    return total / len(at.offsets), (x.shape, at)


def avg_pool2d_backward(dout: Array, cache: Cache) -> Array:
    """Map dout (N, C, OH, OW) to dx (N, C, H, V): every pixel of a window gets the same share"""
    shape, at = cache
    dx = np.zeros_like(dout, shape=shape)
    share = dout / len(at.offsets)
    for u, v in at.offsets:
        dx[at.at(u, v)] += share
    return dx


def _windows(x: Array, window: Size, stride: Size | None) -> Windows:
    window = pair("window", window, 1)
    return windows(x.shape[2:], window, window if stride is None else stride)
