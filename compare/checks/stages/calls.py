"""Two calls with the same inputs must give the same numbers, but for rounding in another order."""

from collections.abc import Callable

import numpy as np

from ...common.arrays import equal
from ...judge.report import Finding, LossVerdict
from ...judge.verdicts import Verdict
from ...user.subject import MANY_TERMS
from ...witnesses import Arrays
from ..check import C, GradientCheck

ASKED = "is something kept between calls, or drawn anew?"


def repeated(check: GradientCheck) -> GradientCheck:
    """Call the user's function again; where it gives other numbers, close the check."""
    subject, first = check.subject, check.answer
    if subject.function is None:
        return check
    second = subject.another(first)
    if subject.mutated:
        check = check.warned([f"your function changes {' and '.join(subject.mutated)} in place"])
    if second is None:
        return check
    if rounded_alike(first.arrays, second, check.coarsest):
        return reordered(check, first.arrays, second)
    another = "another loss" if equal(first.arrays, second) else "other numbers"
    reason = f"a second call with the same inputs gives {another}: {ASKED}"
    check = unsteady(check, first.arrays, second, reason).but(
        loss=LossVerdict("unknown", "not judged", first.loss)
    )
    return stale(check, [first.arrays, second], subject.arrays, "backward")


def rounded_alike(first: Arrays, second: Arrays, dtype: np.dtype) -> bool:
    """Return whether two calls differ by no more than the rounding of sums in another order.

    Measured units are no help: calls that draw anew would scatter in them too.
    """
    if first.keys() != second.keys() or any(first[n].shape != second[n].shape for n in first):
        return False
    largest = max((float(np.abs(a).max(initial=0)) for a in first.values()), default=0.0)
    room = MANY_TERMS * float(np.finfo(dtype).eps) * largest
    apart = [np.abs(a - second[n]) for n, a in first.items()]
    return any(map(np.any, apart)) and all((d <= room).all() for d in apart)


def reordered(check: C, first: Arrays, second: Arrays) -> C:
    """Take the spread of two calls into the candidate's rounding units, and note it."""
    spread = {n: np.abs(np.asarray(a, np.float64) - second[n]) for n, a in first.items()}
    share = max(
        float(d.max(initial=0) / max(np.abs(first[n]).max(initial=0), 1e-300)) for n, d in spread.items()
    )
    words = (
        f"two calls with the same inputs differ by rounding, at most {share:.0e} of an array's largest entry"
    )
    own = {n: np.full(d.shape, d.max(initial=0)) for n, d in spread.items()}
    return check.but(own=own).warned([f"{words}: sums are taken in another order"])


def unsteady(check: C, first: Arrays, second: Arrays, reason: str) -> C:
    """Close the check, with a verdict on each array: the same in two calls, or not."""
    steady = {n for n, a in first.items() if n in second and equal({n: a}, {n: second[n]})}
    if len(steady) == len(first):  # only the loss differs, or there are other arrays
        steady = set()
    verdicts = [
        Verdict(n, "agree", "the same in two calls")
        if n in steady
        else Verdict(n, "nondeterministic", reason)
        for n in first
    ]
    return check.but(verdicts=verdicts, diagnosis=f"{reason[0].upper()}{reason[1:]}", closed=True)


def stale(
    check: C, calls: list[Arrays], third: Callable[[], Arrays], rule: str, flat: Arrays | None = None
) -> C:
    """Name `stale-gradients` where the second of three calls gave twice the first, the third three times.

    third: makes one more call.  flat: the parameters that a step was subtracted from.
    """
    moving = [v.name for v in check.having("nondeterministic")]
    wide = [{n: np.asarray(c[n], np.float64) for n in moving if n in c} for c in (*calls, third())]
    if wide[0].keys() != wide[1].keys() or not _accumulates(wide, flat or {}, check.subject.dtype):
        return check
    from ...mistakes.steps import STALE

    words = STALE.format(what="gradient" if rule == "backward" else "step")
    return check.but(diagnosis=words, findings=[Finding(moving[0], rule, ("stale-gradients",), True, words)])


def _accumulates(calls: list[Arrays], flat: Arrays, dtype: np.dtype) -> bool:
    eps = np.finfo(dtype).eps
    return any(np.any(a) for a in calls[0].values()) and all(
        (np.abs(call[n] - k * first) <= 20 * k * eps * (np.abs(flat.get(n, 0)) + np.abs(first))).all()
        for k, call in enumerate(calls[1:], start=2)
        for n, first in calls[0].items()
        if n in call
    )
