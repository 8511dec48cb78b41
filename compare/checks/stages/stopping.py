"""A gradient of the limit of an iteration, beside a loss that stops before it: an implicit derivative is right."""

from dataclasses import replace

import numpy as np

from ...common.arrays import Array
from ...judge.verdicts import marked
from ...trace.settling import settled, through
from ...trace.stopping import Stop, stops
from ..check import GradientCheck

MOST = 1e-4  # a larger difference is not left to where an iteration stops
# Of the largest difference: where the iteration ends early, nearly all that it makes is off, by about as much.
ALIKE, ENTRIES_ALIKE = 1e-4, 1e-6
SHARE = 0.5  # of an array's entries are off


def until_it_stops(check: GradientCheck) -> GradientCheck:
    """Let arrays pass, with a note, that differ by no more than an iteration leaves when it stops."""
    off = check.having("wrong")
    if check.traced is None or not off:
        return check
    largest = max(np.inf if v.error is None else v.error for v in off)
    if not largest <= MOST:
        return check
    run, origins = check.traced.run, check.traced.origins
    found = stops(origins) or [s for s in settled(run, origins) if _by_its_end(check, s)]
    stop = max(found, key=lambda s: s.left, default=None)
    if stop is None or not largest <= stop.left:
        return check
    said = (
        f"The iteration of {stop.line} stops with a step of {stop.step:.1e} of an early one. Your gradient differs "
        f"from that of the loss as it is computed by {largest:.1e} of an array: as much as the stop leaves. Smaller "
        "errors cannot be told from it"
    )
    names, reason = {v.name for v in off}, "right as far as an iteration goes"
    verdicts = [
        replace(v, proved=False, sensitivity=max(v.sensitivity or 0.0, stop.left)) if v.name in names else v
        for v in marked(check.verdicts, names, "agree", reason)
    ]
    return check.but(verdicts=verdicts).warned([said])


def _by_its_end(check: GradientCheck, stop: Stop) -> bool:
    """Whether every array that a loop makes is off by about as much, and no other is: an error is in some entries."""
    assert check.traced is not None
    made = through(check.traced.run, check.traced.origins, stop)
    off = {v.name for v in check.having("wrong")}
    differences = {n: d for n in made if (d := _difference(check, n)) is not None}
    largest = max((float(d.max(initial=0.0)) for d in differences.values()), default=0.0)
    return off <= made and all(
        d.max(initial=0.0) >= ALIKE * largest and (d >= ENTRIES_ALIKE * largest).mean() >= SHARE
        for d in differences.values()
    )


def _difference(check: GradientCheck, name: str) -> Array | None:
    """Return how far each entry is from the derivative, as a share of the largest: by formulas, if they are known."""
    ruling = check.rulings.arrays.get(name) if check.rulings else None
    if ruling is not None:
        off, right = np.abs(ruling.formula - ruling.right), ruling.right
    else:
        recorded = next((w for w in check.witnesses if w.name == "adjoint"), None)
        if recorded is None or name not in recorded.arrays or name not in check.answer.arrays:
            return None
        right = recorded.arrays[name]
        off = np.abs(np.asarray(check.answer.arrays[name], np.float64).reshape(right.shape) - right)
    size = float(np.abs(right).max(initial=0.0))
    return off / size if size > 0 else None
