"""Two tests along a random direction, which look at every entry at once.

Taylor rate: |f(p + h u) - f(p) - h <g, u>| falls as h^2 where g is the gradient, as h where it is not.
Dot product: <J u, v> by forward mode is <u, J^T v> by the hand.
"""

import numpy as np

HALVINGS = 10


def direction(arrays, seed=0):
    """A random direction, each array's entries at the size of the array's own."""
    rng = np.random.default_rng([seed, 2])  # not the generator the inputs may have come from
    return {n: rng.standard_normal(a.shape) * max(_rms(a), 0.1) for n, a in arrays.items()}


def taylor_rate(value, arrays, gradients, seed=0, start=1e-2):
    """The slope of the remainder's size over h, h from `start` down by halves: 2 right, 1 wrong.

    value: {name: array} -> float, smooth.  None where rounding hides the remainder at every h, as it does for a
    function that is linear along the direction: then all there is agrees.
    """
    u = direction(arrays, seed)
    base = float(value(arrays))
    along = inner(gradients, u)
    steps = start * 0.5 ** np.arange(HALVINGS)
    ends = [float(value({n: a + h * u[n] for n, a in arrays.items()})) for h in steps]
    remainders = np.abs(np.array(ends) - base - steps * along)
    rounding = 100 * np.finfo(np.float64).eps * (abs(base) + np.abs(ends).max())
    seen = remainders > rounding
    if seen.sum() < 3:
        return None
    return float(np.polyfit(np.log(steps[seen]), np.log(remainders[seen]), 1)[0])


def inner(a, b):
    """<a, b> over the names of b that a has."""
    return float(sum((np.asarray(a[n], np.float64) * b[n]).sum() for n in b if n in a))


def _rms(a):
    return float(np.sqrt(np.mean(np.square(a)))) if a.size else 0.0
