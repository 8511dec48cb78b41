"""Compare one array of the candidate with one witness's, read once, in blocks that stay in a core's cache.

Temporaries are never larger than a block: a verdict on 10^8 entries needs the arrays themselves and little more.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..common.arrays import Array, middle
from ..common.blocks import ONE, blocks
from ..common.floats import floating
from ..witnesses import Witness
from ..witnesses.rounding.units import THRESHOLD, combined
from .accumulators import Grid, Index, Norm, Where, Worst, norm

Part = tuple[
    Array, Array, Array, Array | None
]  # candidate, witness, unit; which entries are known (None: all)

SAMPLE = 1 << 16  # entries whose median is the size of a typical unit
ROUNDED = 100  # eps of a typical entry: what sums of such terms leave of a zero


class Comparison:
    """The comparison of one array with one witness, as its verdict needs it.

    mine: the candidate's array; witness: it has the array `name`; unit: the rounding unit of each entry.
    ratio: the largest difference in units (nan where one is nan), at worst_index.  error, noise: the norms of the
    difference and of the units, relative to the witness's.  grid: block maxima of the difference in units, at most
    64 x 64.  Only entries with a finite unit count: the witness computed no others.
    """

    def __init__(self, mine: Array, witness: Witness, name: str, unit: Array):
        self.name, self.exact = witness.name, witness.error is None
        self.mine, self.theirs = np.asarray(mine), np.asarray(witness.arrays[name])
        self._unit, self._error = unit, None if witness.error is None else witness.error[name]
        difference, units, right = Norm(), Norm(), Norm()
        grid, worst, self._known = Grid(self.mine.shape), Worst(self.mine.ndim), 0
        for where in blocks(self.mine):
            a, b, u, known = self.at(where)
            if not a.size or (known is not None and not known.any()):
                continue
            off = np.abs(a - b)
            ratio = _in_units(off, u, known)
            grid.add(where, ratio)
            worst.add(ratio, where)
            self._known += a.size if known is None else int(known.sum())
            difference.add(off, known)
            units.add(u, known)
            right.add(b, known)
        self.worst_index, self.ratio = worst.index, max(worst.value, 0.0)  # nan stays nan
        self.scale, self.grid = right.value, grid.value
        self.error = difference.value / self.scale if self.scale > 0 else difference.value
        self.noise = units.value / self.scale if self.scale > 0 else 0.0

    def at(self, where: Where) -> Part:
        """Return one block in float64."""
        a, b, u = (np.asarray(part[where], np.float64) for part in (self.mine, self.theirs, self._unit))
        if self._error is not None:
            error = self._error[where]
            looked = np.isfinite(error)
            if self.mine.size > ONE and not looked.any():  # of a large array a few entries are differenced
                return a, b, u, looked
            u = combined([u, error])
        known = np.isfinite(u)
        return a, b, u, None if known.all() else known

    @property
    def looked(self) -> bool:
        """Return whether the witness computed at least one entry."""
        return self._known > 0 or not self.mine.size

    @property
    def sensitivity(self) -> float | None:
        """Return the smallest relative error in one entry of typical size that would exceed the threshold."""
        typical = self.scale / max(np.sqrt(self._known), 1)
        return THRESHOLD * middle(self._some_units()) / typical if typical > 0 else None

    def _some_units(self) -> Array:
        """Return the known units; of a large array a sample, in even steps."""
        step = max(1, self.mine.size // SAMPLE) if self.mine.size > ONE else 1
        u = np.asarray(self._unit, np.float64).reshape(-1)[::step]
        if self._error is not None:
            error = np.asarray(self._error).reshape(-1)
            if step > 1:
                looked = np.flatnonzero(np.isfinite(error))
                return combined([np.asarray(self._unit).reshape(-1)[looked], error[looked]])
            u = combined([u, error])
        return u[np.isfinite(u)]

    def too_noisy(self, dtype: Any, share: float) -> bool:
        """Return whether rounding exceeds `share` of the values, which do not agree to that share either."""
        underflow = 1e3 * np.sqrt(self.mine.size) * floating(dtype).lost
        size = self.scale if self._known == self.mine.size else norm(self.theirs)
        if size <= underflow and norm(self.mine) <= underflow:
            return False
        return not (self.noise <= share or self.error <= share)

    def zero_to_rounding(self, dtype: Any, typical: float) -> bool:
        """Return whether the array is a structural zero, as the gradient of a bias before a batch norm is.

        Both sides then hold the rounding of terms as large as gradients are elsewhere, and small next to them.
        Differences measure no rounding, only that there is nothing: the candidate itself must be at its rounding.
        """
        eps = floating(dtype).eps
        for where in blocks(self.mine):
            a, b, u, known = self.at(where)
            looked = ... if known is None else known  # an Ellipsis: of a number too
            b, u = b[looked], u[looked]
            own = THRESHOLD * u if self.exact else ROUNDED * eps * typical
            if not (np.abs(a[looked] if self.exact else a) <= own).all():
                return False
            if not ((np.abs(b) <= THRESHOLD * u) & (u <= np.sqrt(eps) * typical)).all():
                return False
        return self._known > 0

    def value_at(self, index: Index) -> float | None:
        """Return the witness's value of one entry, or None if it has none."""
        known = np.isfinite(self._unit[index]) and (self._error is None or np.isfinite(self._error[index]))
        return float(self.theirs[index]) if known else None

    def finite(self) -> bool:
        """Return whether the witness has neither nan nor inf."""
        return all(np.isfinite(self.theirs[where]).all() for where in blocks(self.theirs))

    def agrees_with(self, other: "Comparison") -> bool:
        """Return whether two witnesses differ by rounding only, in the entries that both computed."""
        for where in blocks(self.mine):
            (_, a, u, _), (_, b, v, _) = self.at(where), other.at(where)
            known = np.isfinite(u) & np.isfinite(v)
            if not (np.abs(a - b)[known] <= THRESHOLD * combined([u[known], v[known]])).all():
                return False
        return True


def worst_index(mine: Array, theirs: Array, unit: Array) -> Index:
    """Return the index where two arrays are farthest apart in units: a Comparison's, without the rest of it."""
    worst = Worst(mine.ndim)
    for where in blocks(mine):
        u = np.asarray(unit[where], np.float64)
        off = np.abs(np.subtract(mine[where], theirs[where], dtype=np.float64))
        worst.add(_in_units(off, u, np.isfinite(u)), where)
    return worst.index


def _in_units(off: Array, unit: Array, known: Array | None) -> Array:
    """Return differences over units: 0 where there is no difference, and where the witness has no value."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        ratio = off / unit
    if not unit.min(initial=1.0) > 0:
        ratio = np.where(off == 0, 0.0, ratio)
    return ratio if known is None or known.all() else np.where(known, ratio, 0.0)


def far_from(comparisons: Sequence[Comparison], where: Where) -> bool:
    """Return whether an entry of a block differs from every witness, by ten times as much as the witnesses differ."""
    parts = [c.at(where) for c in comparisons]
    mine, theirs = parts[0][0], np.array([b for _, b, _, _ in parts])
    away = np.abs(mine - theirs)
    units = np.array([np.where(True if known is None else known, u, np.inf) for _, _, u, known in parts])
    off = (away > THRESHOLD * units).all(axis=0)
    return bool((off & (10 * np.ptp(theirs, axis=0) <= away.min(axis=0))).any())
