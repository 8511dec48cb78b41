"""Calls of a backward with the same inputs: what they differ by is rounding in another order, or no gradient at all."""

import numpy as np

from ...common.arrays import equal
from ...user.operation import Operation
from ...user.subject import MANY_TERMS
from ...witnesses import Arrays
from ...witnesses.rounding.units import THRESHOLD, unit
from .calls import ASKED, unsteady
from .operations import VjpCheck

CALLS = 6  # of a backward whose first two differ
FEW_TERMS = 16  # eps: what sums in 16 bits may lose


def pulled_again(check: VjpCheck) -> VjpCheck:
    """Call the backward again; where it gives other numbers, measure the spread over several calls."""
    first, calls = check.answer.arrays, [check.answer.arrays, _again(check.subject)]
    if equal(*calls):
        return check
    calls += [_again(check.subject) for _ in range(CALLS - 2)]
    if any(c.keys() != first.keys() or any(c[n].shape != a.shape for n, a in first.items()) for c in calls):
        return _unsteady(check, calls[1], {})
    wide = {n: np.stack([np.asarray(c[n], np.float64) for c in calls]) for n in first}
    own = {
        n: unit([*w], w.mean(axis=0), check.subject.type_of(n))
        for n, w in wide.items()
        if n in check.subject.flat
    }
    return check.but(own=own, spread={n: np.ptp(w, axis=0) for n, w in wide.items()})


def steady(check: VjpCheck) -> VjpCheck:
    """Close the check where calls spread by more than the rounding of the operation: what its type may lose."""
    first, precision = check.answer.arrays, check.subject.precision
    if not check.spread:
        return check
    largest = max(float(np.abs(a).max(initial=0)) for a in first.values())
    # Without a reference no units help: a backward that draws anew would scatter in its own.
    least = (FEW_TERMS if precision.low else MANY_TERMS) * precision.eps * largest
    least = 0.0 if precision.low and check.bands else least
    off = {}
    for name, s in check.spread.items():
        beyond = np.where(s > np.maximum(THRESHOLD * check.bands.get(name, 0 * s), least), s, 0.0)
        if not np.isfinite(s).all() or np.any(beyond):
            off[name] = beyond
    if off:
        return _unsteady(check, _again(check.subject), off)
    share = max(float(s.max(initial=0)) for s in check.spread.values()) / max(largest, 1e-300)
    words = (
        f"{CALLS} calls with the same inputs differ by rounding, by up to {share:.0e} of the largest entry"
    )
    return check.warned([f"{words}: sums are taken in another order"])


def _again(subject: Operation) -> Arrays:
    subject.op.forget()
    return subject.answer().arrays


def _unsteady(check: VjpCheck, second: Arrays, off: Arrays) -> VjpCheck:
    """Close the check; off: the spread of the entries that exceed the band."""
    first, said = check.answer.arrays, "two backward calls with the same inputs differ"
    if off:
        name, s = max(off.items(), key=lambda item: float(np.nan_to_num(item[1], nan=np.inf).max()))
        i = tuple(int(k) for k in np.unravel_index(int(s.argmax()), s.shape))
        said += f": {name}{list(i)} is {float(first[name][i]):.6g}, and {CALLS} calls spread by {s[i]:.2g}"
    check = unsteady(check, first, second, f"{said}; {ASKED}")
    return check.but(diagnosis=f"{said[0].upper()}{said[1:]}.")
