"""Find the factors by which the losses of parts of a batch add up to the loss of the batch, if there are any."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ...common.arrays import Arrays
from ...mistakes.shares import Mixture, named
from .reference import LOSS, Band, Reference

Sizes = tuple[int, ...]
Mask = Callable[[Any], Any]
CLOSE = 1e-9  # relative, in float64: far above rounding, far below what a wrong factor makes
MASKS: dict[str, Mask] = {
    "targets that are not negative": lambda y: y >= 0,
    "targets that are not 0": lambda y: y != 0,
}
GUESSED = "what is unmasked"
MOST = 8  # parts of a split that is looked for


@dataclass(frozen=True)
class Split:
    """A batch in parts: weights, the factors of the parts' losses.  denominator: what the loss is a mean over.

    mask: of y, which tokens count; then the weights are another batch's where y is.
    """

    sizes: Sizes
    weights: tuple[float, ...]
    denominator: str
    mask: Mask | None = None

    def of(self, y: Any) -> tuple:
        """Return the factors of a batch with these targets, of any framework."""
        if self.mask is None:
            return self.weights
        counted, ends = self.mask(y), np.cumsum((0, *self.sizes)).tolist()
        counts = [counted[a:b].sum() for a, b in itertools.pairwise(ends)]
        if hasattr(y, "detach"):  # torch divides integers in float32
            counts = [int(n) for n in counts]
        return tuple(n / sum(counts) for n in counts)


class Parts:
    """The float64 gradients of parts of the first batch, each computed once."""

    def __init__(self, reference: Reference):
        self.reference = reference
        self.x, self.y = reference.subject.batch(0)
        self._kept: dict[tuple[int, int], Arrays] = {}

    def of(self, sizes: Sizes) -> list[Arrays]:
        """Return the gradients of each part, its loss among them."""
        ends = np.cumsum((0, *sizes)).tolist()
        return [self._part(a, b) for a, b in itertools.pairwise(ends)]

    def _part(self, start: int, stop: int) -> Arrays:
        if (start, stop) not in self._kept:
            loss, grads = self.reference.run.gradient_on(self.x[start:stop], self.y[start:stop])
            self._kept[start, stop] = {LOSS: np.array(loss), **grads}
        return self._kept[start, stop]

    def split(self, sizes: Sizes) -> Split | None:
        """Return the factors by which these parts add up to the whole; None where samples depend on one another."""
        found, whole = self.of(sizes), self._part(0, len(self.x))
        for denominator, weights in self._candidates(sizes, found, whole):
            if all(
                _close(sum(w * p[n] for w, p in zip(weights, found, strict=True)), a)
                for n, a in whole.items()
            ):
                mask = next((m for said, m in MASKS.items() if said in denominator), None)
                return Split(sizes, weights, denominator, mask)
        return None

    def _candidates(self, sizes: Sizes, found: list[Arrays], whole: Arrays) -> Iterator[tuple[str, tuple]]:
        yield "samples", tuple(n / sum(sizes) for n in sizes)
        yield "nothing: it is a sum", (1.0,) * len(sizes)
        ends = np.cumsum((0, *sizes)).tolist()
        places = list(itertools.pairwise(ends))
        if self.y.dtype.kind in "iu":
            for said, masked in MASKS.items():
                mask = masked(self.y)
                counts = [int(mask[a:b].sum()) for a, b in places]
                if sum(counts):
                    yield f"unmasked tokens ({said})", tuple(n / sum(counts) for n in counts)
        # Of a mean over anything, the losses of two parts and of both together give the ratio of their denominators.
        ratios, most = [1.0], 4 * max(self.x.size, self.y.size)
        for k in range(1, len(places)):
            both = float(self._part(0, ends[k + 1])[LOSS])
            before, one = (float(self._part(0, ends[k])[LOSS]), float(found[k][LOSS]))
            share = (both - before) / (one - before) if one != before else 0.0
            if not 0 < share < 1:
                return
            ratios.append(sum(ratios) * share / (1 - share))
        exact = [Fraction(r / sum(ratios)).limit_denominator(most) for r in ratios]
        yield GUESSED, tuple(float(f) for f in exact)


def named_mixture(
    parts: Parts, grads: Arrays, band: Band, sizes: Sizes | None, workers: bool
) -> list[Mixture]:
    """Return which wrong mixtures of parts a wrong gradient is. sizes: of the parts, where they are known."""

    def equal(other: Arrays) -> bool:
        return all(
            np.all(np.abs(other[n] - np.asarray(grads[n])) <= band.limit * band.units[n]) for n in grads
        ) and any(np.any(a) for a in grads.values())

    for one in [sizes] if sizes else splits(len(parts.x)):
        split = parts.split(one)
        if split is not None:
            found = named(parts.of(one), split.weights, one, workers, equal)
            if found:
                return found
    return []


def splits(samples: int) -> Iterator[Sizes]:
    """Yield the ways in which programs split a batch: in parts as equal as can be, or of one size and a rest."""
    seen = set()
    for count in range(2, min(MOST, samples) + 1):
        seen.add(tuple(samples // count + (k < samples % count) for k in range(count)))
    for size in range(-(-samples // MOST), samples):
        rest = samples % size
        seen.add((size,) * (samples // size) + ((rest,) if rest else ()))
    yield from sorted(seen, key=len)


def _close(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.all(np.abs(one - other) <= CLOSE * max(float(np.max(np.abs(other), initial=0.0)), 1e-12)))
