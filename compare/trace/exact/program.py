"""A program of cells: each cell is one real number, computed once from earlier cells by one of few operations.

An array is an array of the indices of its cells. Moving entries about (a transpose, an index, a write, a choice by a
mask) therefore computes nothing: it moves indices.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...common.arrays import Array, distinct

CONSTANT, SUM, SEGMENTS, MATMUL = "constant", "sum", "segments", "matmul"
MOST_CELLS = 4_000_000
STEP = 100  # multiplications that a step of its own costs


class TooManyCellsError(Exception):
    """A program would grow beyond what can be evaluated."""


@dataclass(frozen=True, slots=True)
class Step:
    """Cells computed together.

    kind: an elementwise operation ("mul", "exp"), with one flat array of cells for each operand;
        "constant": numbers (float64), and whether they are exactly what the user meant, so that their rounding is no
        error (inputs), in `exact`;
        "sum": the terms of each cell as a row;  "segments": flat terms, and the first of each cell;
        "matmul": stacks of matrices, (B, m, k) and (B, k, n).
    start, size: the cells.
    """

    kind: str
    start: int
    size: int
    operands: tuple[Array, ...]
    exact: bool = True
    unit: float = 0.0  # of a constant: the rounding unit of its type


class Program:
    """Cells and the steps that compute them. Cell 0 is 0, cell 1 is 1."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.starts: list[int] = []
        self.size = 0
        self.work = 0  # multiplications and function values, roughly
        self._numbers: dict[tuple[float, bool], Array] = {}
        self.constant(np.array([0.0, 1.0]))

    def _append(
        self, kind: str, shape: tuple[int, ...], operands: tuple[Array, ...], work: int, **more: Any
    ) -> Array:
        size = math.prod(shape)
        if self.size + size > MOST_CELLS:
            raise TooManyCellsError
        self.work += STEP
        self.steps.append(Step(kind, self.size, size, operands, **more))
        self.starts.append(self.size)
        cells = np.arange(self.size, self.size + size).reshape(shape)
        self.size += size
        self.work += work
        return cells

    def constant(self, numbers: Any, exact: bool = True) -> Array:
        """Return cells that hold these numbers.

        exact: they are what the user meant; otherwise their own rounding is in them.
        """
        array = np.asarray(numbers)
        unit = float(np.finfo(array.dtype).eps) if array.dtype.kind == "f" else 0.0
        array = array.astype(np.float64)
        if array.ndim == 0:
            key = (float(array), exact)
            if key not in self._numbers:
                self._numbers[key] = self._append(
                    CONSTANT, (), (array.reshape(1),), 0, exact=exact, unit=unit
                )
            return self._numbers[key]
        return self._append(CONSTANT, array.shape, (array.ravel(),), array.size // 4, exact=exact, unit=unit)

    def number(self, value: float) -> Array:
        """Return the cell of an exact number that belongs to a formula."""
        if value in (0, 1):
            return np.array(int(value))
        return self.constant(np.float64(value))

    def literal(self, cell: int) -> int:
        """Return one cell for all of the same number that stands by itself in the code; others as they are."""
        same = {int(c): number for (number, _), c in self._numbers.items()}
        number = same.get(cell)
        return cell if number is None else min(c for c, n in same.items() if n == number)

    def constants(self, cells: Array) -> bool:
        """Whether all of these cells are constants."""
        own = distinct(np.searchsorted(np.array(self.starts), cells.ravel(), side="right") - 1)
        return all(self.steps[i].kind == CONSTANT for i in own)

    def numbers_of(self, cells: Array) -> Array:
        """Return the numbers of cells that are constants."""
        flat, found = cells.ravel(), np.zeros(cells.size)
        own = np.searchsorted(np.array(self.starts), flat, side="right") - 1
        for index in distinct(own):
            step, here = self.steps[index], own == index
            assert step.kind == CONSTANT
            found[here] = step.operands[0][flat[here] - step.start]
        return found.reshape(cells.shape)

    def apply(self, kind: str, *operands: Array) -> Array:
        """Return the cells of an elementwise operation, its operands broadcast."""
        if len(operands) == 2:
            a, b = operands
            # Nothing is computed where 0 is added or 1 multiplied: derivatives have many of them.
            if kind == "mul":
                if a.ndim == 0 and a == 1:
                    return b
                if b.ndim == 0 and b == 1:
                    return a
        shape = operands[0].shape
        if any(o.shape != shape for o in operands[1:]):
            operands = np.broadcast_arrays(*operands)
            shape = operands[0].shape
        flat = tuple(o.flatten() for o in operands)  # copies: elimination writes in its own arrays
        size = flat[0].size
        return self._append(kind, shape, flat, size if len(flat) > 1 else 8 * size)

    def sum(self, terms: Array) -> Array:
        """Return the sums along the last axis."""
        if terms.shape[-1] == 1:
            return terms[..., 0]
        if not terms.shape[-1]:
            return np.zeros(terms.shape[:-1], np.int64)
        rows = np.ascontiguousarray(terms).reshape(terms.size // terms.shape[-1], terms.shape[-1])
        return self._append(SUM, terms.shape[:-1], (rows,), terms.size // 2)

    def segments(self, terms: Array, starts: Array) -> Array:
        """Return the sums of the runs of `terms` that begin at `starts`."""
        return self._append(SEGMENTS, (len(starts),), (terms, starts), terms.size // 2)

    def matmul(self, a: Array, b: Array) -> Array:
        """Return the products of stacks of matrices, (..., m, k) and (..., k, n), their stacks broadcast."""
        stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        m, k, n = a.shape[-2], a.shape[-1], b.shape[-1]
        if not k:
            return np.zeros((*stack, m, n), np.int64)
        count = math.prod(stack)
        left = np.broadcast_to(a, (*stack, m, k)).reshape(count, m, k)
        right = np.broadcast_to(b, (*stack, k, n)).reshape(count, k, n)
        work = left.shape[0] * (m * k * n // 3 + 2 * m * k + 2 * k * n)
        return self._append(MATMUL, (*stack, m, n), (left, right), work)

    def needed(self, cells: Sequence[Array]) -> list[bool]:
        """Return, for each step, whether one of `cells` is made of it."""
        marked, wanted = np.zeros(self.size, bool), [False] * len(self.steps)
        for each in cells:
            marked[each] = True
        for index in range(len(self.steps) - 1, -1, -1):
            step = self.steps[index]
            if not marked[step.start : step.start + step.size].any():
                continue
            wanted[index] = True
            if step.kind != CONSTANT:
                for operand in step.operands[:1] if step.kind == SEGMENTS else step.operands:
                    marked[operand] = True
        return wanted
