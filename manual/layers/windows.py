"""The places of the windows of a convolution or a pooling on an image."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

Pair = tuple[int, ...]  # (rows, columns)
Size = int | Pair


@dataclass(frozen=True)
class Windows:
    """(OH, OW) windows on an image of (H, V) pixels; window (i, j) starts at row i stride - padding.

    All fields are pairs, (rows, columns). `padded` is the image with its border, `reach` what one window spans.
    """

    image: Pair
    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    padded: Pair
    reach: Pair
    out: Pair

    def at(self, u: int, v: int) -> tuple[Any, ...]:
        """Return the index of entry (u, v) of every window in a padded image (..., H, V); it selects (..., OH, OW).

        Windows may overlap, but the entries (u, v) of two windows are never the same pixel.
        """
        return (..., *(self._slice(axis, k) for axis, k in enumerate((u, v))))

    @property
    def offsets(self) -> list[tuple[int, ...]]:
        """(u, v) of each entry of a window, in reading order."""
        return list(np.ndindex(self.kernel))

    @property
    def inside(self) -> tuple[Any, ...]:
        """The index of the image in a padded one."""
        return (..., *(slice(p, p + size) for p, size in zip(self.padding, self.image, strict=True)))

    def _slice(self, axis: int, k: int) -> slice:
        start = k * self.dilation[axis]
        return slice(start, start + self.stride[axis] * (self.out[axis] - 1) + 1, self.stride[axis])


@lru_cache(maxsize=256)
def windows(image: Pair, kernel: Pair, stride: Size = 1, padding: Size = 0, dilation: Size = 1) -> Windows:
    """Return the Windows of `kernel` on `image`, both (rows, columns); the other arguments are a number or a pair.

    A last window that would reach over the (padded) edge is left out, as in torch and jax. Raises ValueError where
    none fits.
    """
    stride, padding, dilation = (
        pair("stride", stride, 1),
        pair("padding", padding, 0),
        pair("dilation", dilation, 1),
    )
    padded = tuple(size + 2 * p for size, p in zip(image, padding, strict=True))
    reach = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True))
    out = tuple((size - r) // s + 1 for size, r, s in zip(padded, reach, stride, strict=True))
    if min(out) < 1 or min(kernel) < 1:
        raise ValueError(f"a window that spans {reach} does not fit into {padded} (padding included)")
    return Windows(tuple(image), tuple(kernel), stride, padding, dilation, padded, reach, out)


def pair(name: str, value: Size, least: int) -> Pair:
    """Return (rows, columns) from a number or a pair. Raises ValueError where one is no integer or below `least`."""
    both = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(both) != 2 or not all(isinstance(n, int) and n >= least for n in both):
        raise ValueError(f"{name} is {value!r}; it must be {least} or more, one number or one for each axis")
    return both
