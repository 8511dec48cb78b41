"""Whether the names that a report gives reproduce all arrays: tested apart from the checker, on the arrays."""

import numpy as np

from ....common.arrays import Arrays
from ....judge.report import Report

SCALES = ("sign-flipped", "factor-two", "missing-batch-mean", "batch-mean-twice", "mean-over-outputs")
FREE = ("rate-in-gradient", "divided-by-dataset")  # any factor below 1


def unfounded(report: Report, mine: Arrays, right: Arrays, samples: int) -> list[str]:
    """Return the names in a report that do not reproduce all arrays, to rounding.

    mine, right: the gradients returned and the right ones, in the user's types.
    """
    names = sorted({name for f in report.findings for name in f.one_of})
    if not names:
        return []
    factors = {
        "sign-flipped": (-1,),
        "factor-two": (2, 0.5),
        "missing-batch-mean": (samples,),
        "batch-mean-twice": (1 / samples,),
    }
    together = _ratio(mine, right)
    found = []
    for name in names:
        # Of two mistakes at once each reproduces the arrays of which the other says nothing.
        others = {f.array for f in report.findings if name not in f.one_of} if together is None else set()
        ratio = _ratio(mine, {n: a for n, a in right.items() if n not in others})
        if name in FREE:
            founded = ratio is not None and 0 < ratio < 1
        elif ratio is None:  # a mistake of a recognised network: planted there, it gave all arrays
            founded = name not in SCALES and all(f.exact for f in report.findings)
        else:
            founded = name not in factors or any(abs(ratio / f - 1) <= 1e-3 for f in factors[name])
        found += [] if founded else [name]
    return found


def _ratio(mine: Arrays, right: Arrays) -> float | None:
    """Return r where all of `mine` is r times what is right, to the rounding of the arrays' types; else None."""
    if not right:
        return None
    largest = max(range(len(right)), key=lambda i: float(np.abs([*right.values()][i]).max(initial=0)))
    name = [*right][largest]
    place = int(np.abs(right[name]).argmax())
    r = float(mine[name].flat[place]) / float(right[name].flat[place])
    for n, a in right.items():
        size = float(np.abs(a).max(initial=0))
        if not (np.abs(mine[n] - r * a) <= 1e3 * np.finfo(a.dtype).eps * max(1, abs(r)) * size).all():
            return None
    return r
