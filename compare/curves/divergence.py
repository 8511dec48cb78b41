"""Where curves part: pure functions of the losses, nothing is re-run."""

import math
from itertools import combinations

# How far the losses of correct runs of a few hundred steps may lie apart, relative to the larger.
TOLERANCE = {"float64": 1e-10, "float32": 1e-3}


def relative_difference(a, b):
    """|a - b| over the larger of |a|, |b|; 0 where both are 0, nan where either is not finite."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.nan
    return abs(a - b) / (max(abs(a), abs(b)) or 1.0)


def largest_difference(losses):
    """(difference, step, one, other) of the largest relative difference between any two of `losses`.

    losses: {name: [loss at each step]}. A nan counts as larger than every number. None where there are
    fewer than two curves.
    """
    found = [
        (relative_difference(a, b), step, one, other)
        for one, other in combinations(losses, 2)
        for step, (a, b) in enumerate(zip(losses[one], losses[other], strict=False))
    ]
    # The earliest of equals, so that the step says where it began.
    return max(found, key=lambda f: (math.inf if math.isnan(f[0]) else f[0], -f[1]), default=None)


def first_divergence(losses, tolerance):
    """The first step where two of `losses` are not within `tolerance` of each other, or None.

    A loss that is not finite is never within.
    """
    for step, values in enumerate(zip(*losses.values(), strict=False)):
        pairs = combinations(values, 2)
        if not all(relative_difference(a, b) <= tolerance for a, b in pairs):
            return step
        if not all(map(math.isfinite, values)):
            return step
    return None


def odd_one_out(losses, step, tolerance):
    """The one contender that is apart at `step` while the others agree with each other, or None."""
    odd = [
        name
        for name in losses
        if all(
            (relative_difference(losses[one][step], losses[other][step]) <= tolerance)
            != (name in (one, other))
            for one, other in combinations(losses, 2)
        )
    ]
    return odd[0] if len(losses) > 2 and len(odd) == 1 else None
