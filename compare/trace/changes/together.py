"""Two mistakes at once: which two edits mend everything together, and which one edit may be half of it.

Each edit that the search runs leaves the gradients that it gave. Mistakes in different terms add up: the two edits are
found by their gradients alone, without a run of each pair. Of other mistakes one is found by what its edit alone does:
some entries become right, or an array becomes a multiple of the right one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ...common.arrays import Array, Arrays
from .edits.slots import Edit
from .fix import Fix, fix_of
from .places import Place

ENTRIES = 600  # of the gradients that are kept of each edit
NEAR = 1e-9  # relative to the largest entry of the array
ROUNDING = 1e-12  # relative to the largest change
LARGEST = 1e6  # change of an entry, in units of the largest right one
PAIRS = 50  # of edits that are run together
# How much less likely the first of two edits is than its own cost tells, by what it does.
ENTRIES_RIGHT, MULTIPLE, PENALTY = 1.0, 2.0, 3.0


@dataclass
class Ran:
    """An edit that was run: where, and the kept entries of what it gave."""

    place: Place
    edit: Edit
    gave: Array

    def fix(self, right: frozenset[str] = frozenset()) -> Fix:
        """Return the fix that it is."""
        return fix_of(self.place.suspect, self.edit, right)


@dataclass
class Outcomes:
    """What the edits of a search gave, each array relative to its largest right entry.

    truth: the right arrays.  at: the parameters there.  mine: the arrays without an edit.
    """

    truth: Arrays
    at: Arrays
    mine: Arrays | None
    listed: list[Ran] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(14)
        most = max(ENTRIES // max(len(self.truth), 1), 8)
        largest = max((float(np.abs(a).max(initial=0)) for a in self.truth.values()), default=0.0)
        self.kept, self.scales, self.parts, length = {}, {}, {}, 0
        for name, a in self.truth.items():
            size = a.size
            self.kept[name] = np.arange(size) if size <= most else rng.integers(0, size, most)
            self.scales[name] = max(float(np.abs(a).max(initial=0)), 1e-9 * largest) or 1.0
            self.parts[name] = slice(length, length + len(self.kept[name]))
            length += len(self.kept[name])
        right = self.of(self.truth)
        self.right = np.zeros(length) if right is None else right
        self.start = None if self.mine is None or right is None else self.of(self.mine)

    def of(self, arrays: Arrays) -> Array | None:
        """Return the kept entries of these arrays, None where one is missing or not finite."""
        parts = []
        for name, right in self.truth.items():
            mine = arrays.get(name)
            if mine is None or np.shape(mine) != right.shape:
                return None
            parts.append(np.asarray(mine, np.float64).ravel()[self.kept[name]] / self.scales[name])
        found = np.concatenate(parts) if parts else np.zeros(0)
        return found if np.isfinite(found).all() else None

    def add(self, place: Place, edit: Edit, arrays: Arrays) -> None:
        """Keep what an edit gave."""
        gave = self.of(arrays)
        if gave is not None:
            self.listed.append(Ran(place, edit, gave))

    def pairs(self) -> list[tuple[Ran, Ran]]:
        """Return the edits of two statements whose changes of the gradients add up to the right ones, the likeliest
        first."""
        listed = list(self.distinct())
        if self.start is None or not listed:
            return []
        changes, wanted = np.array([ran.gave for ran in listed]) - self.start, self.right - self.start
        ray = np.random.default_rng(15).normal(size=len(wanted))
        along, goal = changes @ ray, float(wanted @ ray)
        close = NEAR + ROUNDING * np.abs(changes).max(axis=1, initial=0)
        order, room = np.argsort(along), 2 * float(np.abs(ray).sum()) * close
        low = np.searchsorted(along, goal - along - room, sorter=order)
        high = np.searchsorted(along, goal - along + room, sorter=order)
        found = []
        for i in np.flatnonzero(high > low):
            near = order[low[i] : high[i]]
            near = near[near > i]
            off = np.abs(changes[i] + changes[near] - wanted).max(axis=1, initial=0)
            for j in near[off <= close[i]]:
                if listed[i].place.suspect.statement != listed[j].place.suspect.statement:
                    found.append((listed[i], listed[j]))
        found = found[: 4 * PAIRS]
        return sorted(found, key=lambda pair: pair[0].fix().cost + pair[1].fix().cost)[:PAIRS]

    def distinct(self) -> Iterator[Ran]:
        """Yield the edits that change something within bounds, one of those of a statement that give the same."""
        seen: set[tuple[int, bytes]] = set()
        for ran in self.listed:
            key = (id(ran.place.suspect.statement.node), np.round(ran.gave, 9).tobytes())
            change = np.inf if self.start is None else np.abs(ran.gave - self.start).max(initial=0)
            if key not in seen and NEAR < change < LARGEST:
                seen.add(key)
                yield ran

    def halves(self) -> Iterator[tuple[float, Ran]]:
        """Yield (how unlikely, edit) of those after which something is right that was not, and nothing is wrong that
        was right."""
        for ran in self.distinct():
            least = self.unlikely(ran.gave)
            if np.isfinite(least):
                yield least + ran.fix().cost, ran

    def unlikely(self, gave: Array, kept: Array | None = None) -> float:
        """Return how unlikely what an edit gave makes it half of the change; infinity where nothing tells for it.

        kept: the entries that it must leave right, where these are not all that are. Of two mistakes one may undo the
        other at another point: twice the right value, divided by two samples.
        """
        if self.start is None:
            return np.inf
        was, now = self.right_of(self.start), self.right_of(gave)
        if (was & ~now & (True if kept is None else kept)).any():
            return np.inf
        if (now & ~was & (np.abs(self.right) > NEAR)).any():
            arrays = any(now[p].all() and not was[p].all() for p in self.parts.values())
            return 0.0 if arrays else ENTRIES_RIGHT
        if self._multiples(gave) - self._multiples(self.start):
            return MULTIPLE
        return PENALTY if self._penalized(gave) and not self._penalized(self.start) else np.inf

    def right_of(self, gave: Array) -> Array:
        """Return of each kept entry whether it is right."""
        return np.abs(gave - self.right) <= NEAR

    def _multiples(self, gave: Array) -> frozenset[str]:
        """Return the arrays that are a multiple of the right one, 0 and 1 apart."""
        found = set()
        for name, part in self.parts.items():
            mine, right = gave[part], self.right[part]
            square = float(right @ right)
            if len(right) > 2 and square:
                c = float(mine @ right) / square
                if c and abs(c - 1) > NEAR and np.abs(mine - c * right).max() <= NEAR * max(abs(c), NEAR):
                    found.add(name)
        return frozenset(found)

    def _penalized(self, gave: Array) -> bool:
        """Whether what a wrong array lacks is a multiple of its parameter, or the same everywhere."""
        for name, part in self.parts.items():
            lacks = self.right[part] - gave[part]
            size = float(np.abs(lacks).max(initial=0))
            if len(lacks) < 3 or not size > NEAR:
                continue
            terms = [np.ones(len(lacks))]
            at = self.at.get(name)
            if at is not None and at.shape == self.truth[name].shape:
                terms.append(np.asarray(at, np.float64).ravel()[self.kept[name]])
            for term in terms:
                along = float(lacks @ term) / max(float(term @ term), 1e-300) * term
                if np.abs(lacks - along).max() <= NEAR * size:
                    return True
        return False
