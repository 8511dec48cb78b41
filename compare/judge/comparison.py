"""One array of the hand against one witness's, read once, in blocks that stay in a core's cache.

Only a block's worth of temporaries is ever held: a verdict on 10^8 entries needs the arrays themselves and
little more.
"""

import math

import numpy as np

from ..common.blocks import GRID, ONE, blocks
from ..witnesses.rounding.units import THRESHOLD, combined

SAMPLE = 1 << 16  # entries whose median says how large a unit typically is
ROUNDED = 100  # eps of a typical entry: what sums of such terms leave of a zero
SAFE = 1e-200  # below, entries whose squares were lost may have counted


class Comparison:
    """What the verdict on one array needs to know of one witness.

    mine: the hand's array; witness: Witness that has it; unit: the rounding unit of each entry.
    ratio: the largest difference in units (nan where one is nan), at worst_index.  error, noise: the difference's
    and the units' norm, relative to the witness's.  grid: block maxima of the difference in units, at most 64 x 64.
    Only entries that the witness looked at (a finite unit) count.
    """

    def __init__(self, mine, witness, name, unit):
        self.name, self.exact = witness.name, witness.error is None
        self.mine, self.theirs = np.asarray(mine), np.asarray(witness.arrays[name])
        self._unit, self._error = unit, None if self.exact else witness.error[name]
        difference, units, right = Norm(), Norm(), Norm()
        grid, self._known, worst = Grid(self.mine.shape), 0, -1.0
        self.worst_index = (0,) * self.mine.ndim
        for where in blocks(self.mine):
            a, b, u, known = self.at(where)
            if not a.size or (known is not None and not known.any()):
                continue
            off = np.abs(a - b)
            ratio = _in_units(off, u, known)
            grid.add(where, ratio)
            top = int(np.argmax(ratio))  # nan must not pass: argmax puts it first
            here = float(ratio.flat[top])
            if not here <= worst and not np.isnan(worst):
                worst, self.worst_index = here, _index(top, ratio, where)
            self._known += a.size if known is None else int(known.sum())
            difference.add(off, known)
            units.add(u, known)
            right.add(b, known)
        self.ratio = max(worst, 0.0) if not np.isnan(worst) else worst
        self.scale = right.value
        self.error = difference.value / self.scale if self.scale > 0 else difference.value
        self.noise = units.value / self.scale if self.scale > 0 else 0.0
        self._grid = grid

    def at(self, where):
        """(mine, theirs, unit, known) of one block in float64; known is None where all of it is."""
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
    def looked(self):
        """Whether there is an entry to which the witness says anything."""
        return self._known > 0 or not self.mine.size

    @property
    def grid(self):
        return self._grid.value

    @property
    def sensitivity(self):
        """The smallest relative error in one entry of typical size that would exceed the threshold."""
        typical = self.scale / max(np.sqrt(self._known), 1)
        return float(THRESHOLD * np.median(self._some_units()) / typical) if typical > 0 else None

    def _some_units(self):
        """The known units; of a large array a sample, in even steps."""
        step = max(1, self.mine.size // SAMPLE) if self.mine.size > ONE else 1
        u = np.asarray(self._unit, np.float64).reshape(-1)[::step]
        if self._error is not None:
            error = np.asarray(self._error).reshape(-1)
            if step > 1:
                looked = np.flatnonzero(np.isfinite(error))
                return combined([np.asarray(self._unit).reshape(-1)[looked], error[looked]])
            u = combined([u, error])
        return u[np.isfinite(u)]

    def too_noisy(self, dtype, share):
        """Rounding exceeds `share` of the values, and the values do not agree to that nevertheless."""
        info = np.finfo(dtype)
        underflow = 1e3 * np.sqrt(self.mine.size) * info.tiny / info.eps
        size = self.scale if self._known == self.mine.size else norm(self.theirs)
        if size <= underflow and norm(self.mine) <= underflow:
            return False
        return not (self.noise <= share or self.error <= share)

    def zero_to_rounding(self, dtype, typical):
        """A structural zero, as the gradient of a bias before a batch norm is: what is left on both sides is the
        rounding of terms as large as gradients are elsewhere, and small beside them.

        Differences see no rounding, only that they see nothing: there the hand itself must be at its rounding.
        """
        eps = np.finfo(dtype).eps
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

    def value_at(self, index):
        known = np.isfinite(self._unit[index]) and (self._error is None or np.isfinite(self._error[index]))
        return float(self.theirs[index]) if known else None

    def finite(self):
        """Whether the witness has neither nan nor inf."""
        return all(np.isfinite(self.theirs[where]).all() for where in blocks(self.theirs))

    def agrees_with(self, other):
        """Whether two witnesses differ by rounding only, where both have looked."""
        for where in blocks(self.mine):
            (_, a, u, _), (_, b, v, _) = self.at(where), other.at(where)
            known = np.isfinite(u) & np.isfinite(v)
            if not (np.abs(a - b)[known] <= THRESHOLD * combined([u[known], v[known]])).all():
                return False
        return True


def worst_index(mine, theirs, unit):
    """Where two arrays are farthest apart in units: a Comparison's worst_index, without the rest of it."""
    worst, found = -1.0, (0,) * mine.ndim
    for where in blocks(mine):
        u = np.asarray(unit[where], np.float64)
        off = np.abs(np.subtract(mine[where], theirs[where], dtype=np.float64))
        ratio = _in_units(off, u, np.isfinite(u))
        top = int(np.argmax(ratio)) if ratio.size else None  # nan must not pass: argmax puts it first
        if top is not None and not ratio.flat[top] <= worst and not np.isnan(worst):
            worst, found = float(ratio.flat[top]), _index(top, ratio, where)
    return found


def _in_units(off, unit, known):
    """Differences over units: 0 where there is none, and where the witness did not look."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = off / unit
    if not unit.min(initial=1.0) > 0:
        ratio = np.where(off == 0, 0.0, ratio)
    return ratio if known is None or known.all() else np.where(known, ratio, 0.0)


def _index(top, part, where):
    """The place in the whole array of entry number `top` of its part at `where`."""
    inside = np.unravel_index(top, part.shape)
    return tuple(int(i) + (s.start or 0) for i, s in zip(inside, where, strict=True))


def far_from(comparisons, where):
    """Whether in some entry of a block the hand is off by everybody's rounding, and ten times farther from all than
    they are from each other."""
    parts = [c.at(where) for c in comparisons]
    mine, theirs = parts[0][0], np.array([b for _, b, _, _ in parts])
    away = np.abs(mine - theirs)
    units = np.array([np.where(True if known is None else known, u, np.inf) for _, _, u, known in parts])
    off = (away > THRESHOLD * units).all(axis=0)
    return bool((off & (10 * np.ptp(theirs, axis=0) <= away.min(axis=0))).any())


class Norm:
    """The Euclidean norm of what is added, without overflow or underflow of the squares."""

    def __init__(self):
        self.largest, self.squares = 0.0, 0.0

    def add(self, values, known=None):
        if known is not None:
            values = values[known]
        values = np.ravel(values)
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
            squares = values / top
            squares = float(np.sum(np.square(squares, out=squares)))
            self.squares = self.squares * (self.largest / top) ** 2 + squares
            self.largest = top

    @property
    def value(self):
        if not np.isfinite(self.largest) or self.largest == 0:
            return float(self.largest)
        return float(self.largest * np.sqrt(self.squares))


def norm(array):
    """The norm of a whole array, block by block."""
    found = Norm()
    for where in blocks(array):
        found.add(np.asarray(array[where], np.float64))
    return found.value


class Grid:
    """The maximum over blocks of a table, so that no side exceeds GRID: what a heatmap shows."""

    def __init__(self, shape):
        self.shape, self.columns = shape, shape[-1] if shape else 1
        rows = math.prod(shape) // max(self.columns, 1)
        self.edges = [_edges(n) for n in (rows, self.columns)]
        self.value = np.zeros([len(edges) for edges in self.edges])

    def add(self, where, part):
        """Take in the entries >= 0 (or nan) of the array's part at `where`, slices as `blocks` has them."""
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


def _edges(n):
    return np.linspace(0, n, min(n, GRID) + 1).astype(int)[:-1]
