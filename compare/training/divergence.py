"""Measure how far apart losses are, by pure functions of recorded runs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True)
class Gap:
    """The relative difference of two losses, at a step, between two contenders."""

    value: float
    step: int
    one: str
    other: str


def relative_difference(a: float, b: float) -> float:
    """Return |a - b| over the larger of |a|, |b|; 0 where both are 0, nan where either is not finite."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.nan
    return abs(a - b) / (max(abs(a), abs(b)) or 1.0)


def largest_difference(losses: Mapping[str, Sequence[float]]) -> Gap | None:
    """Return the largest relative difference of any two curves of {name: losses by step}; None of fewer than two.

    A nan counts as larger than every number. Of equals the earliest, so that the step is where it began.
    """
    found = [
        Gap(relative_difference(a, b), step, one, other)
        for one, other in combinations(losses, 2)
        for step, (a, b) in enumerate(zip(losses[one], losses[other], strict=False))
    ]
    return max(found, key=lambda g: (math.inf if math.isnan(g.value) else g.value, -g.step), default=None)
