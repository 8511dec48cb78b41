"""Random signs, and arrays whose entries they move by one ulp up or down."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...common.arrays import Array

Norms = tuple[
    Array, Array
]  # of rows and of columns: their outer product bounds |a| @ |b| (Cauchy and Schwarz)

BLOCK = 1 << 14  # entries: in float64 they stay in a core's second cache
POOL = 1 << 15
FELT = 1e-300  # a smallest number below this is not added: the unit of an entry is far above it


class Hashed:
    """Signs by a hash of each entry. Equal entries get equal signs, so ties (equal patches under a maximum) stay."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)

    def of(self, array: Array) -> Array:
        """Return +1 or -1 for each entry."""
        bits = 8 * array.dtype.itemsize
        if bits > 64:
            return self.rng.integers(0, 2, array.shape).astype(array.dtype) * 2 - 1
        unsigned = np.dtype(f"u{array.dtype.itemsize}")
        odd = self.rng.integers(0, 2**bits - 1, dtype=unsigned, endpoint=True) | unsigned.type(1)
        # The highest bit of the product depends on all bits of the entry.
        mixed = np.multiply(array.view(unsigned), odd, dtype=unsigned)
        return 1 - 2 * (mixed >> unsigned.type(bits - 1)).astype(array.dtype)

    def moved(self, array: Array, info: np.finfo, size: Array | None = None) -> Array:
        """Return `array` with each entry moved by an ulp of `size`, or of itself; an exact 0 stays 0."""
        sign = self.of(array)
        with np.errstate(invalid="ignore", over="ignore"):
            size = np.abs(array) if size is None else np.asarray(size)
            if not np.isfinite(size).all():  # inf rounds to inf
                size = np.nan_to_num(size, nan=0.0, posinf=0.0)
            # What falls below `tiny` is flushed to 0 or loses digits.
            moved = array + sign * (info.eps * size + info.tiny * (array != 0))
            return moved.astype(array.dtype, copy=False)


class Unmoved:
    """No signs: arrays are watched and stay as they are."""

    def moved(self, array: Array, info: np.finfo, size: Any = None) -> Array:
        """Return `array`."""
        return array


class Pooled:
    """Signs for arrays of millions of entries: drawn once, then read from a random place for every block.

    Sums along rows and columns have independent signs; blocks far apart may share some. A move in float64 costs
    0.4 ns an entry; with hashed signs, in the same blocks, it would cost 1.6 ns.
    """

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)
        bits = np.unpackbits(np.frombuffer(self.rng.bytes(POOL // 8), np.uint8))
        self._signs = 2.0 * bits - 1
        self._made: dict[tuple, Array] = {}

    def blocks(self, rows: int, columns: int) -> Iterator[tuple[slice, slice, int]]:
        """Yield (rows, columns, start) of each block of a table; `start` is the index of its first sign in the pool."""
        wide = min(columns, BLOCK)
        tall = max(1, BLOCK // wide)
        count = -(-rows // tall) * -(-columns // wide)
        starts = iter(self.rng.integers(0, POOL - BLOCK, count).tolist())
        for top in range(0, rows, tall):
            for left in range(0, columns, wide):
                yield slice(top, min(top + tall, rows)), slice(left, min(left + wide, columns)), next(starts)

    def at(self, start: int, part: Array, factor: float, offset: float = 0.0) -> Array:
        """Return offset + factor * sign for each entry of a block whose signs begin at `start`."""
        key = (factor, offset, part.dtype)
        if key not in self._made:
            self._made[key] = (offset + factor * self._signs).astype(part.dtype)
        return self._made[key][start : start + part.size].reshape(part.shape)

    def moved(self, array: Array, info: np.finfo, size: Array | Norms | None = None) -> Array:
        """Move each entry of `array`, in place, by an ulp of `size`, or of itself; an exact 0 then stays 0.

        size: an array of the same shape, or two vectors whose outer product it is.
        """
        eps, tiny = float(info.eps), float(info.tiny)
        table = array.reshape(-1, array.shape[-1]) if array.ndim > 1 else array.reshape(1, -1)
        sizes: Any = size if size is None or isinstance(size, tuple) else np.broadcast_to(size, array.shape)
        if isinstance(sizes, np.ndarray):
            sizes = sizes.reshape(table.shape)
        if table.flags.f_contiguous and not table.flags.c_contiguous:  # as it lies in memory
            table = table.T
            sizes = sizes[::-1] if isinstance(sizes, tuple) else sizes if sizes is None else sizes.T
        for rows, columns, start in self.blocks(*table.shape):
            part = table[rows, columns]
            if tiny > FELT:
                flushed = self.at(start, part, tiny) * (part != 0)
            if sizes is None:
                part *= self.at(start, part, eps, 1.0)
            else:
                part += _block(sizes, rows, columns) * self.at(start, part, eps)
            if tiny > FELT:
                part += flushed
        if not np.may_share_memory(table, array):
            array[...] = table.reshape(array.shape)
        return array


def _block(sizes: Array | Norms, rows: slice, columns: slice) -> Array:
    if isinstance(sizes, tuple):
        return np.multiply.outer(sizes[0][rows], sizes[1][columns])
    by = np.abs(sizes[rows, columns])
    return np.where(np.isfinite(by), by, 0)  # inf rounds to inf


def norms(rows: Array, columns: Array, low: float) -> Norms | None:
    """Return both, or None where a square may have been lost below `low`, or overflowed."""
    for lengths in (rows, columns):
        if not lengths.size or not low <= lengths.min() or not np.isfinite(lengths.max()):
            return None
    return rows, columns
