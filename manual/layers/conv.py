"""Convolution in two dimensions: one matrix product over patches, and the same product transposed back.

    out[n, m, i, j] = b[m] + sum over c, u, v of W[m, c, u, v] x[n, c, i s + u d - p, j s + v d - p]

with stride s, padding p and dilation d, each along both axes; x is 0 outside (a cross-correlation, which
every framework calls convolution). Written with the patches as columns (Chellapilla et al. 2006) it is the linear
layer out = W cols + b, so its backward pass is a linear layer's, and then a sum of overlapping patches.
"""

import numpy as np

from ..arrays import Array, Cache
from .windows import Size, Windows, windows


def conv2d(
    x: Array, W: Array, b: Array | None = None, *, stride: Size = 1, padding: Size = 0, dilation: Size = 1
) -> tuple[Array, Cache]:
    """Map x (N, C, H, V), W (M, C, KH, KW), b (M,) or None to out (N, M, OH, OW), cache

    stride, padding, dilation: a number, or one for each axis. Raises ValueError where W does not fit x.
    """
    if x.ndim != 4 or W.ndim != 4 or x.shape[1] != W.shape[1]:
        raise ValueError(f"x {x.shape} and W {W.shape}: (N, C, H, V) and (M, C, KH, KW) are needed")
    at = windows(x.shape[2:], W.shape[2:], stride, padding, dilation)
    cols = im2col(x, at)
    out = W.reshape(len(W), -1) @ cols
    if b is not None:
        out += b[:, None]
    # Channels first in memory: batch norm sums and scales channel by channel, and reads them in order.
    return out.reshape(len(W), len(x), *at.out).transpose(1, 0, 2, 3), (cols, W, b is not None, at)


def conv2d_backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array | None]:
    """Map dout (N, M, OH, OW) to dx (N, C, H, V), dW (M, C, KH, KW), db (M,) or None"""
    biased = cache[2]
    db = conv2d_bias_gradient(dout) if biased else None
    return conv2d_input_gradient(dout, cache), conv2d_weight_gradient(dout, cache), db


def conv2d_weight_gradient(dout: Array, cache: Cache) -> Array:
    """Return dW = dout cols^T, summed over samples and positions: undoes W cols by W"""
    cols, W, _, _ = cache
    return (_by_channel(dout) @ cols.T).reshape(W.shape)


def conv2d_bias_gradient(dout: Array) -> Array:
    """Return db = dout summed over samples and positions: undoes + b"""
    return _by_channel(dout).sum(axis=1)


def conv2d_input_gradient(dout: Array, cache: Cache) -> Array:
    """Return dx = the patches W^T dout, put back: undoes W cols by cols, then im2col

    The same as a convolution of dout, spread by the stride, with the kernel flipped along both axes.
    """
    _, W, _, at = cache
    return col2im(W.reshape(len(W), -1).T @ _by_channel(dout), dout.shape[0], at)


def _by_channel(dout: Array) -> Array:
    """Reshape (N, M, OH, OW) to (M, N OH OW), without a copy where channels come first in memory."""
    return dout.transpose(1, 0, 2, 3).reshape(dout.shape[1], -1)


def im2col(x: Array, at: Windows) -> Array:
    """Return the patches (C KH KW, N OH OW) of x (N, C, H, V), 0 beyond its edge"""
    x = x.transpose(1, 0, 2, 3)
    if at.padded != at.image:
        inside, x = x, np.zeros_like(x, shape=(*x.shape[:2], *at.padded), order="C")
        x[at.inside] = inside
    cols = np.empty_like(x, shape=(len(x), *at.kernel, x.shape[1], *at.out), order="C")
    for u, v in at.offsets:
        cols[:, u, v] = x[at.at(u, v)]
    return cols.reshape(len(x) * at.kernel[0] * at.kernel[1], -1)


def col2im(dcols: Array, batch: int, at: Windows) -> Array:
    """Add dcols (C KH KW, N OH OW) up to (N, C, H, V): a pixel in several patches gets the sum of its entries"""
    dcols = dcols.reshape(-1, *at.kernel, batch, *at.out)
    dx = np.zeros_like(dcols, shape=(len(dcols), batch, *at.padded))
    for u, v in at.offsets:
        dx[at.at(u, v)] += dcols[:, u, v]
    return dx[at.inside].transpose(1, 0, 2, 3)
