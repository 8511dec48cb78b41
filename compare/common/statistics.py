"""Small pure functions over lists of numbers; every figure shown can be recomputed from the raw samples.

Timings have a floor and a long tail, so their interval assumes no distribution. The accuracies of a few seeds are
too few for that: they get Student's.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from scipy.special import bdtr, stdtrit  # not scipy.stats, whose import takes a second

FEWEST = 5  # seeds: below this an interval's width would be a guess about a guess


@dataclass(frozen=True)
class Interval:
    """A median and an interval that holds the true median in about 95 of 100 repetitions."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class MeanInterval:
    """A mean with its 95 % interval, and the median. low, high: None under FEWEST values, with the reason."""

    mean: float
    median: float
    low: float | None
    high: float | None
    reason: str | None


def ranks(n: int, level: float = 0.95) -> tuple[int, int]:
    """Return the indices of the order statistics that enclose the median of n samples with probability >= level.

    Each sample falls below the median like a fair coin, so the number that do is binomial(n, 1/2). Below six
    samples no two of them reach 95 %: the smallest and the largest have to do.
    """
    below = bdtr(np.arange(n + 1), n, 0.5)  # the binomial distribution function
    i = int(np.searchsorted(below, (1 - level) / 2)) - 1
    return (0, n - 1) if i < 0 else (i, n - 1 - i)


def interval(samples: Sequence[float], level: float = 0.95) -> Interval:
    """Return the median with its distribution-free interval. Raises ValueError without samples."""
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)
    i, j = ranks(len(ordered), level)
    return Interval(median(ordered), ordered[i], ordered[j])


def paired(
    upper: Sequence[float], lower: Sequence[float], combine: Callable[[float, float], float]
) -> Interval:
    """Return the interval of combine(u, l) over samples taken together: what disturbed both cancels."""
    return interval([combine(u, l) for u, l in zip(upper, lower, strict=True)])


def ratio(upper: Sequence[float], lower: Sequence[float]) -> Interval:
    """Return the interval of upper / lower, pair by pair."""
    return paired(upper, lower, lambda u, l: u / l)


def spread(samples: Sequence[float]) -> float:
    """Return the interquartile range over the median: 0.1 is quiet, 0.5 is noisy."""
    ordered = sorted(samples)
    n = len(ordered)
    return (ordered[(3 * n) // 4 if n > 1 else 0] - ordered[n // 4]) / median(ordered)


def between(medians: Sequence[float], prior_sd: float, prior_dof: float) -> tuple[float, float]:
    """Return the relative standard deviation among processes, from their medians, and its degrees of freedom.

    Two processes of one program differ by more than the noise within either (memory lands elsewhere), and more
    blocks do not average that away. Two or three processes hardly determine a deviation, so it is pooled with a
    prior one, each weighed by its degrees of freedom.
    """
    logs = [math.log(m) for m in medians]
    mean = sum(logs) / len(logs)
    dof = prior_dof + len(logs) - 1
    squares = prior_dof * prior_sd**2 + sum((v - mean) ** 2 for v in logs)
    return math.sqrt(squares / dof), dof


def widened(found: Interval, relative: float) -> Interval:
    """Return `found` with an independent relative half-width added in quadrature, on the log scale."""

    def reach(end: float) -> float:
        return math.exp(math.hypot(math.log(end / found.median), relative))

    return Interval(found.median, found.median / reach(found.low), found.median * reach(found.high))


def student_reach(sd: float, n: int, dof: float) -> float:
    """Return the half-width of Student's 95 % interval of a mean of n values."""
    return float(stdtrit(dof, 0.975)) * sd / math.sqrt(n)


def mean_interval(values: Sequence[float]) -> MeanInterval:
    """Return the mean of a few seeds' values with Student's 95 % interval; without one under FEWEST values."""
    array = np.asarray(values, float)
    mean, middle = float(array.mean()), float(np.median(array))
    if len(array) < FEWEST:
        return MeanInterval(
            mean, middle, None, None, f"{len(array)} seeds: under {FEWEST} no interval is given"
        )
    half = student_reach(float(array.std(ddof=1)), len(array), len(array) - 1)
    return MeanInterval(mean, middle, mean - half, mean + half, None)


def sampling_error(accuracy: float, samples: int) -> float | None:
    """Return the standard error that a test set of this size leaves by itself, however many seeds run."""
    return math.sqrt(accuracy * (1 - accuracy) / samples) if samples else None
