"""Random signs for arrays of millions of entries: drawn once, then read from a new place for every block.

Sums along rows and columns see independent signs; only blocks far apart share some. Drawing one for each entry
would cost more than the gradient whose rounding is looked for.
"""

import numpy as np

BLOCK = 1 << 14  # entries: in float64 they stay in a core's second cache
POOL = 1 << 15
FELT = 1e-300  # a smallest number below this is not added: the unit of an entry is far above it


class Signs:
    """A pool of random +1 and -1, and where blocks of an array find theirs."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        bits = np.unpackbits(np.frombuffer(self.rng.bytes(POOL // 8), np.uint8))
        self._signs = 2.0 * bits - 1
        self._made = {}

    def blocks(self, rows, columns):
        """(rows, columns, start) of each block of a table; `start`: where in the pool its signs begin."""
        wide = min(columns, BLOCK)
        tall = max(1, BLOCK // wide)
        count = -(-rows // tall) * -(-columns // wide)
        starts = iter(self.rng.integers(0, POOL - BLOCK, count).tolist())
        for top in range(0, rows, tall):
            for left in range(0, columns, wide):
                yield slice(top, min(top + tall, rows)), slice(left, min(left + wide, columns)), next(starts)

    def times(self, factor, offset, dtype):
        """The pool as offset + factor * sign, in `dtype`."""
        key = (factor, offset, np.dtype(dtype))
        if key not in self._made:
            self._made[key] = (offset + factor * self._signs).astype(dtype)
        return self._made[key]

    def move(self, array, eps, tiny, size=None):
        """Move every entry of `array`, in place, by `eps` relative to `size`: up or down, at random.

        size: an array of the same shape; two vectors whose outer product it is; None for the array itself.
        An exact 0 stays one under None, and what is not finite stays what it is.
        """
        table = array.reshape(-1, array.shape[-1]) if array.ndim > 1 else array.reshape(1, -1)
        bounded = isinstance(size, tuple)
        if size is not None and not bounded:
            size = np.broadcast_to(size, array.shape).reshape(table.shape)
        if table.flags.f_contiguous and not table.flags.c_contiguous:  # as it lies in memory
            table = table.T
            size = size[::-1] if bounded else size if size is None else size.T
        for rows, columns, start in self.blocks(*table.shape):
            part = table[rows, columns]
            here = slice(start, start + part.size)
            if tiny > FELT:
                flushed = self.times(tiny, 0.0, array.dtype)[here].reshape(part.shape) * (part != 0)
            if size is None:
                part *= self.times(eps, 1.0, array.dtype)[here].reshape(part.shape)
            else:
                if bounded:
                    by = np.multiply.outer(size[0][rows], size[1][columns])
                else:
                    by = np.abs(size[rows, columns])
                    by = np.where(np.isfinite(by), by, 0)  # inf rounds to inf
                by *= self.times(eps, 0.0, array.dtype)[here].reshape(part.shape)
                part += by
            if tiny > FELT:
                part += flushed
        if not np.may_share_memory(table, array):
            array[...] = table.reshape(array.shape)


def outer(rows, columns, low):
    """(rows, columns), norms whose outer product bounds |a| @ |b| (Cauchy and Schwarz), or None.

    None where a square may have been lost below `low`, or overflowed: then the product itself has to be made.
    """
    for norms in (rows, columns):
        if not norms.size or not low <= norms.min() or not np.isfinite(norms.max()):
            return None
    return rows, columns
