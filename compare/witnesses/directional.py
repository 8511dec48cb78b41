"""Two tests along a random direction: each tests every entry at once.

Taylor rate: |f(p + h u) - f(p) - h <g, u>| falls as h^2 where g is the gradient, as h where it is not.
Dot product: <J u, v> by forward mode equals <u, J^T v> by the user's backward pass.
"""

from collections.abc import Callable

import numpy as np

from ..common.arrays import Arrays

STEPS, SHRINK = 5, 1 / 6


def direction(arrays: Arrays, seed: int = 0) -> Arrays:
    """Return a random direction whose entries have the size of their array's."""
    rng = np.random.default_rng([seed, 2])  # not a generator that may have drawn the inputs
    return {n: rng.standard_normal(a.shape) * max(_rms(a), 0.1) for n, a in arrays.items()}


def taylor_rate(
    value: Callable[[Arrays], float], arrays: Arrays, gradients: Arrays, seed: int = 0, start: float = 1e-2
) -> float | None:
    """Return the power of h with which the Taylor remainder falls, h from `start` down by sixths: 2 right, 1 wrong.

    value: {name: array} -> float, smooth.  None where rounding hides the remainder at every h, as it does for a
    right gradient of a function that is linear along the direction.
    """
    u = direction(arrays, seed)
    base = float(value(arrays))
    along = inner(gradients, u)
    steps = start * SHRINK ** np.arange(STEPS)
    ends = [float(value({n: a + h * u[n] for n, a in arrays.items()})) for h in steps]
    remainders = np.abs(np.array(ends) - base - steps * along)
    rounding = 100 * np.finfo(np.float64).eps * (abs(base) + np.abs(ends).max())
    seen = remainders > rounding
    if seen.sum() < 3:
        return None
    return float(np.polyfit(np.log(steps[seen]), np.log(remainders[seen]), 1)[0])


def inner(a: Arrays, b: Arrays) -> float:
    """Return <a, b> over the names that both have."""
    return float(sum((np.asarray(a[n], np.float64) * b[n]).sum() for n in b if n in a))


def _rms(a: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(a)))) if a.size else 0.0
