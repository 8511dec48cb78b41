"""What a few seeds can say: n is the number of seeds, and implementations that share a seed are never pooled."""

import math
from itertools import combinations

import numpy as np

FEWEST = 5  # below this, no interval: its width would be a guess about a guess


def interval(values):
    """{"median", "low", "high", "reason"}: 95 % for the mean by Student's t; null under FEWEST values."""
    values = np.asarray(values, float)
    middle = float(np.median(values))
    if len(values) < FEWEST:
        reason = f"{len(values)} seeds: under {FEWEST} no interval is given"
        return {"mean": float(values.mean()), "median": middle, "low": None, "high": None, "reason": reason}
    from scipy.stats import t

    mean, error = float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values)))
    half = float(t.ppf(0.975, len(values) - 1)) * error
    return {"mean": mean, "median": middle, "low": mean - half, "high": mean + half, "reason": None}


def paired(accuracies):
    """Differences of every two implementations, seed by seed.

    accuracies: {implementation: {seed: test accuracy}}. Only seeds that both have count.
    """
    found = []
    for one, other in combinations(accuracies, 2):
        seeds = sorted(accuracies[one].keys() & accuracies[other].keys())
        if seeds:
            differences = [accuracies[one][s] - accuracies[other][s] for s in seeds]
            found.append(
                {
                    "one": one,
                    "other": other,
                    "seeds": seeds,
                    "differences": differences,
                    **interval(differences),
                }
            )
    return found


def sampling_error(accuracy, samples):
    """The standard error that a test set of so many samples leaves by itself, however many seeds are run."""
    return math.sqrt(accuracy * (1 - accuracy) / samples) if samples else None
