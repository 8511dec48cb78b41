"""Statistics of a large array, gathered block by block: worst entry, norm, grid."""

import math

import numpy as np

from ..common.arrays import Array
from ..common.blocks import GRID, blocks

Index = tuple[int, ...]
Where = tuple[slice, ...]  # a block, as `blocks` yields it

SAFE = 1e-200  # below, entries whose squares were lost may have counted


class Worst:
    """The largest entry of what is added, and its index; nan is larger than any number."""

    def __init__(self, ndim: int):
        self.value, self.index = -1.0, (0,) * ndim

    def add(self, ratio: Array, where: Where) -> None:
        if not ratio.size or np.isnan(self.value):
            return
        top = int(np.argmax(ratio))  # argmax puts nan first
        if not ratio.flat[top] <= self.value:
            inside = np.unravel_index(top, ratio.shape)
            self.value = float(ratio.flat[top])
            self.index = tuple(int(i) + (s.start or 0) for i, s in zip(inside, where, strict=True))


class Norm:
    """The Euclidean norm of what is added, without overflow or underflow of the squares."""

    def __init__(self) -> None:
        self.largest, self.squares = 0.0, 0.0

    def add(self, values: Array, known: Array | None = None) -> None:
        values = np.ravel(values if known is None else values[known])
        with np.errstate(over="ignore", under="ignore"):
            squares = float(values @ values)
        if self.largest in (0.0, 1.0) and SAFE < squares < 1 / SAFE:  # nothing over- or underflowed: one pass
            self.largest, self.squares = 1.0, self.squares + squares
            return
        largest = float(max(np.max(values, initial=0.0), -np.min(values, initial=0.0)))
        if not np.isfinite(largest) or not np.isfinite(self.largest):
            self.largest = largest + self.largest
        elif largest > 0:
            top = max(largest, self.largest)
            self.squares = self.squares * (self.largest / top) ** 2 + float(np.sum(np.square(values / top)))
            self.largest = top

    @property
    def value(self) -> float:
        if not np.isfinite(self.largest) or self.largest == 0:
            return float(self.largest)
        return float(self.largest * np.sqrt(self.squares))


def norm(array: Array) -> float:
    """Return the norm of a whole array, read block by block."""
    found = Norm()
    for where in blocks(array):
        found.add(np.asarray(array[where], np.float64))
    return found.value


class Grid:
    """The maximum over blocks of a table, no side longer than GRID: what a heatmap shows."""

    def __init__(self, shape: Index):
        self.shape, self.columns = shape, shape[-1] if shape else 1
        rows = math.prod(shape) // max(self.columns, 1)
        self.edges = [_edges(n) for n in (rows, self.columns)]
        self.value = np.zeros([len(edges) for edges in self.edges])

    def add(self, where: Where, part: Array) -> None:
        """Take in the entries >= 0 (or nan) of the array's part at `where`."""
        first = np.ravel_multi_index([s.start or 0 for s in where], self.shape) if where else 0
        table = part.reshape(-1, part.shape[-1] if part.ndim else 1)
        box = []
        for axis, start in enumerate(divmod(int(first), self.columns)):
            edges = self.edges[axis]
            inside = edges[(edges > start) & (edges < start + table.shape[axis])]
            table = np.maximum.reduceat(table, np.array([0, *(inside - start)]), axis=axis)
            block = int(np.searchsorted(edges, start, side="right")) - 1
            box.append(slice(block, block + len(inside) + 1))
        self.value[tuple(box)] = np.maximum(self.value[tuple(box)], table)


def _edges(n: int) -> Array:
    return np.linspace(0, n, min(n, GRID) + 1).astype(int)[:-1]
