"""Rotary positions: each pair of features rotated by an angle that grows with the position (Su et al. 2021, eq. 34).

x is (..., T, d), d even. Feature i is paired with i + d/2 (the order of GPT-NeoX and Llama), and at position t the
pair is rotated by t base^(-2i/d). q_i . k_j then depends on the distance i - j alone.
"""

import numpy as np
from numpy.typing import DTypeLike

from ..arrays import Array, Cache

BASE = 10_000.0


def rotary(x: Array, *, base: float = BASE) -> tuple[Array, Cache]:
    """Return out, of x's shape: (x1, x2) -> (x1 cos - x2 sin, x2 cos + x1 sin)"""
    cos, sin = angles(x.shape[-2], x.shape[-1], base, x.dtype)
    return _rotated(x, cos, sin), (cos, sin)


def rotary_backward(dout: Array, cache: Cache) -> Array:
    """Return dx: a rotation's transpose is its inverse, so the cotangent is rotated back by the same angle."""
    cos, sin = cache
    return _rotated(dout, cos, -sin)


def angles(positions: int, width: int, base: float, dtype: DTypeLike) -> tuple[Array, Array]:
    """Return (cos, sin), each (T, d/2); computed in float64, since an error of the angle grows with the position."""
    turns = np.outer(np.arange(positions), base ** (-2 * np.arange(width // 2) / width))
    return np.cos(turns).astype(dtype), np.sin(turns).astype(dtype)


def _rotated(x: Array, cos: Array, sin: Array) -> Array:
    x1, x2 = np.split(x, 2, axis=-1)
    return np.concatenate([x1 * cos - x2 * sin, x2 * cos + x1 * sin], axis=-1)
