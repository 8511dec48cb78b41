"""Which values of a backward pass are derivatives of the loss: of the whole, or along one edge, as they are or laid out
anew."""

from bisect import bisect_left
from collections import defaultdict

from math import isfinite, sqrt

import numpy as np

from ..common.arrays import Array
from .adjoint import Adjoint
from .run import Run
from .slices import Origins

CLOSE = 1e-9  # relative, in norm
SUMMED = 20_000  # entries; sums of larger derivatives over their axes are not kept


class Vouched:
    """Answers whether what an operation wrote is a derivative of the loss.

    readers: {operation: those that read its result}.
    """

    def __init__(self, run: Run, back: Adjoint, origins: Origins) -> None:
        self.run, self.origins = run, origins
        self.readers: dict[int, list[int]] = defaultdict(list)
        for index, before in enumerate(origins.before):
            for each in before:
                self.readers[each].append(index)
        self.known: dict[int, list[tuple[float, Array]]] = defaultdict(list)
        for gs in back.by_operation.values():
            for g in gs:
                if g is not None:
                    self._learn(g)
        for g in back.edges.values():
            self._learn(g)
        for g in run.derivatives(back).values():
            self._learn(g)
        self.norms: dict[int, list[float]] = {}  # of the known, sorted, by their number of entries
        for size, listed in self.known.items():
            listed.sort(key=lambda pair: pair[0])
            self.norms[size] = [norm for norm, _ in listed]
        self.answers: dict[int, bool] = {}

    def _learn(self, g: Array) -> None:
        g = np.asarray(g, np.float64)
        self._keep(g)
        if 1 < g.ndim <= 4 and g.size <= SUMMED:
            for axis in range(g.ndim):
                self._keep(g.sum(axis=axis))
                if g.shape[axis] <= 16:
                    for part in np.moveaxis(g, axis, 0):
                        self._keep(part)

    def _keep(self, g: Array) -> None:
        norm = float(np.sqrt(np.vdot(g, g)))
        if norm and np.isfinite(norm):
            self.known[g.size].append((norm, g))

    def holds(self, index: int) -> bool:
        """Whether what the operation wrote is a derivative of the loss, laid out in whatever way."""
        if index not in self.answers:
            operation = self.run.tape.operations[index]
            values = [v.array for v in operation.writes if np.asarray(v.array).dtype.kind == "f"]
            self.answers[index] = bool(values) and all(self.known_as(np.asarray(v, np.float64)) for v in values)
        return self.answers[index]

    def known_as(self, value: Array) -> bool:
        """Whether these are the entries of a known derivative."""
        norms = self.norms.get(value.size)
        if norms is None:
            return False
        norm = sqrt(np.vdot(value, value))
        if not norm or not isfinite(norm):
            return False
        first = bisect_left(norms, norm * (1 - CLOSE))
        listed = self.known[value.size]
        while first < len(listed) and listed[first][0] <= norm * (1 + CLOSE):
            if _same_up_to_layout(value, listed[first][1], norm):
                return True
            first += 1
        return False


def _same_up_to_layout(value: Array, g: Array, norm: float) -> bool:
    flat = value.ravel()
    layouts = [g.ravel()] if g.ndim < 2 else [g.ravel(), g.T.ravel()]
    if any(np.linalg.norm(flat - other) <= CLOSE * norm for other in layouts):
        return True
    return bool(g.ndim > 2 and np.linalg.norm(np.sort(flat) - np.sort(g.ravel())) <= CLOSE * norm)
