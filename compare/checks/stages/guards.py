"""A gradient of the loss without its guard: log(p + 1e-7) in the loss, p - y in the backward pass."""

from dataclasses import replace
from typing import Any

import numpy as np

from ...judge import facts
from ...judge.report import Finding
from ...judge.verdicts import judge, marked
from ...witnesses import Arrays, numerical
from ...witnesses.unguarded import unguarded
from ..check import GradientCheck


def without_guard(check: GradientCheck) -> GradientCheck:
    """Name `log-epsilon` where the gradient is right for the same loss with log(p) for log(p + c)."""
    subject, seen = check.subject, set[float]()
    if (
        not subject.function
        or not subject.has_loss
        or check.many
        or (check.reference and check.reference.given)
    ):
        return check
    off = [
        v
        for v in check.verdicts
        if v.status in ("wrong", "inherited", "inconclusive") or _outvoted(check, v.name)
    ]
    if not off:
        return check

    def loss(flat: Arrays) -> Any:
        with np.errstate(all="ignore"):
            return subject.call(flat, lambda a: unguarded(a, seen)).loss

    try:
        value = loss(subject.flat)
        if not seen or value is None or not np.isfinite(value) or value == check.answer.loss:
            return check
        found = numerical.evidence(loss, dict(subject.flat), (), check.seed)
    except Exception:  # code that checks the types of its arrays
        return check
    mine = {n: a for n, a in check.answer.arrays.items() if n in subject.flat}
    found = replace(found, units={n: check.own[n] for n in mine if n in check.own})
    verdicts = judge(mine, [found], {n: subject.flat[n].shape for n in mine}, subject.dtype)
    if not all(v.passes for v in verdicts):
        return check
    c = max(seen)
    share = max(_share(check, v.name) for v in off)
    words = (
        f"Your loss takes log(p + {c:g}); your gradient is that of the loss with log(p). The two differ by up to "
        f"{share:.1e} of an array's largest entry, and that is all that is off. Differentiate the loss as it stands, "
        "or take the logarithm from log-softmax, which needs no epsilon."
    )
    return check.but(
        verdicts=marked(check.verdicts, {v.name for v in off}, "wrong", f"the gradient without the {c:g}"),
        findings=[Finding(off[-1].name, "criterion", ("log-epsilon",), True, words)],
        diagnosis=words,
    )


def _outvoted(check: GradientCheck, name: str) -> bool:
    """Return whether differences of the user's own loss contradict an array that a recognised network agrees with.

    A network recognised from its loss has not the guard in it: it cannot tell.
    """
    found = next((w for w in check.witnesses if not w.exact and name in w.arrays), None)
    mine = check.arrays.get(name)
    if found is None or mine is None or np.shape(mine) != found.arrays[name].shape:
        return False
    return bool(facts.pair(name, mine, found.arrays[name], found.room(name)).off.any())


def _share(check: GradientCheck, name: str) -> float:
    """Return the largest error of an array, relative to its largest entry, by differences of the user's own loss."""
    found = next(w for w in reversed(check.witnesses) if name in w.arrays)
    known = np.isfinite(found.room(name))
    right = found.arrays[name][known]
    return float(
        np.abs(check.arrays[name][known] - right).max(initial=0) / max(np.abs(right).max(initial=0), 1e-300)
    )
