"""The measured band of rounding beside what a tolerance picked by hand would have let through."""

import numpy as np

from ...common.floats import Floating
from ...witnesses.rounding.units import THRESHOLD
from .operations import VjpCheck


def beside_tolerances(check: VjpCheck) -> VjpCheck:
    """Add to `about` the band of each array, relative to a typical entry, and the error that a usual atol passes.

    bands: {"atol": 0.01, "arrays": {name: {"band": 0.012, "passed": 0.4}}}
    """
    subject = check.subject
    atol, arrays = _usual(subject.precision), {}
    for name in subject.flat:
        right = next((w for w in [*check.exact, *check.witnesses] if name in w.arrays), None)
        if right is None:
            continue
        room, values = right.room(name), np.asarray(right.arrays[name], np.float64)
        known = np.isfinite(room)
        typical = float(np.sqrt(np.mean(values[known] ** 2))) if known.any() else 0.0
        if typical > 0:
            band = THRESHOLD * float(np.median(room[known])) / typical
            arrays[name] = {"band": band, "passed": atol / typical}
    return check.telling(bands={"atol": atol, "arrays": arrays}, coarsest=subject.precision.name)


def _usual(precision: Floating) -> float:
    """Return an absolute tolerance as tests of kernels have it for a type."""
    return 1e-2 if precision.low else 1e-3 if precision.eps > 1e-10 else 1e-6
