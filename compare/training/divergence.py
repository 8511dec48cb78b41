"""How far losses lie apart: pure functions, nothing is re-run."""

import math
from itertools import combinations


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
