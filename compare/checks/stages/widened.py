"""Arrays that rounding hides in 16 bits, judged by the same backward run in float64."""

from dataclasses import replace

import numpy as np

from ...common.floats import TYPES
from ...judge.verdicts import judge
from ...witnesses.rounding.units import THRESHOLD, unit
from .operations import DRAWS, VjpCheck


def judged_in_float64(check: VjpCheck) -> VjpCheck:
    """Judge an array that rounding hides in 16 bits, though it is within the band, by the backward run in float64.

    A saturated softmax's p (dp - sum p dp) cancels all but a few bits, in the plain implementation as in the candidate.
    Where the same backward is right in float64, at float32's rounding, the candidate loses what its type loses.
    """
    subject, plain = check.subject, check.plain
    hidden = {v.name: v for v in check.having("inconclusive") if v.ratio is not None and v.ratio <= THRESHOLD}
    if not (hidden and subject.mixed):
        return check
    wide, op = subject.inputs.cast(np.float64), subject.op if plain is None else subject.of(plain)
    try:
        with np.errstate(all="ignore"):
            found = subject.op.pull(wide, subject.cotangents)
            draws = [*op.noise(wide, subject.cotangents, TYPES["float32"], DRAWS, check.seed)]
        units = {n: unit([d[n] for d in draws], found[n], "float32") for n in hidden}
    except Exception:  # code that takes its own types alone is left as it was judged
        return check
    shapes = {n: subject.flat[n].shape for n in hidden}
    witnesses = [replace(w, units=units) for w in check.exact or check.witnesses]
    right = [v for v in judge(found, witnesses, shapes, np.float64, TYPES["float32"]) if v.status == "agree"]
    reasons = {
        v.name: f"within rounding; rounding in {subject.precision.name} is {hidden[v.name].noise:.0%} of the values, "
        "as in a plain implementation, and run in float64 the backward is right"
        for v in right
    }
    return check.but(
        verdicts=[
            replace(v, status="agree", reason=reasons[v.name]) if v.name in reasons else v
            for v in check.verdicts
        ]
    )
