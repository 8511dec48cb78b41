"""Small pure functions over lists of numbers; every figure shown can be recomputed from the raw samples.

No distribution is assumed: timings have a floor and a long tail, so a mean and its standard error say little.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr  # not scipy.stats, whose import takes a second in every child


@dataclass(frozen=True)
class Interval:
    """A median and an interval that holds the true median in about 95 of 100 repetitions."""

    median: float
    low: float
    high: float


def median(samples):
    """The middle value, or the mean of the two in the middle."""
    ordered, middle = sorted(samples), len(samples) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def ranks(n, level=0.95):
    """Indices (i, j) of the order statistics that enclose the median of n samples with probability >= level.

    Each sample falls below the median like a fair coin, so the number that do is binomial(n, 1/2). Below six
    samples no two of them reach 95 %; the smallest and the largest are what there is.
    """
    below = bdtr(np.arange(n + 1), n, 0.5)  # the binomial distribution function
    i = int(np.searchsorted(below, (1 - level) / 2)) - 1
    return (0, n - 1) if i < 0 else (i, n - 1 - i)


def interval(samples, level=0.95):
    """The median with its distribution-free interval. Raises ValueError where there are no samples."""
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)
    i, j = ranks(len(ordered), level)
    return Interval(median(ordered), ordered[i], ordered[j])


def paired(upper, lower, combine, level=0.95):
    """The interval of combine(u, l) over samples taken side by side: what disturbed both cancels."""
    return interval([combine(u, l) for u, l in zip(upper, lower, strict=True)], level)


def ratio(upper, lower, level=0.95):
    """How many times `lower` fits in `upper`, pair by pair."""
    return paired(upper, lower, lambda u, l: u / l, level)


def spread(samples):
    """The middle half's width over the median: 0.1 is quiet, 0.5 is not."""
    ordered = sorted(samples)
    n = len(ordered)
    return (ordered[(3 * n) // 4 if n > 1 else 0] - ordered[n // 4]) / median(ordered)


def between(medians, prior_sd, prior_dof):
    """Relative standard deviation among processes from their medians: (sd, degrees of freedom).

    Two processes of one program differ by more than the noise within either (memory lands elsewhere), and more
    blocks do not average that away. Of two or three processes alone a deviation is hardly known, so it is pooled
    with a prior one, each weighed by its degrees of freedom.
    """
    logs = [math.log(m) for m in medians]
    mean = sum(logs) / len(logs)
    dof = prior_dof + len(logs) - 1
    squares = prior_dof * prior_sd**2 + sum((v - mean) ** 2 for v in logs)
    return math.sqrt(squares / dof), dof


def widened(found, relative):
    """`found` with an independent relative half-width added in quadrature, on the log scale."""

    def reach(end):
        return math.hypot(math.log(end / found.median), relative)

    return Interval(
        found.median, found.median / math.exp(reach(found.low)), found.median * math.exp(reach(found.high))
    )
