"""A gradient of the limit of an iteration, beside a loss that stops before it: an implicit derivative is right."""

import numpy as np

from ...judge.verdicts import marked
from ...trace.stopping import stops
from ..check import GradientCheck

MOST = 1e-4  # a larger difference is not left to where an iteration stops


def until_it_stops(check: GradientCheck) -> GradientCheck:
    """Let arrays pass, with a note, that differ by no more than an iteration leaves when it stops."""
    off = check.having("wrong")
    if check.traced is None or not off:
        return check
    largest = max(np.inf if v.error is None else v.error for v in off)
    stop = max(stops(check.traced.origins), key=lambda s: s.left, default=None)
    if stop is None or not largest <= min(stop.left, MOST):
        return check
    said = (
        f"The iteration of {stop.line} stops with a step of {stop.step:.1e} of its second. Your gradient differs from "
        f"that of the loss as it is computed by {largest:.1e} of an array: as much as the stop leaves. Smaller errors "
        "cannot be told from it"
    )
    verdicts = marked(check.verdicts, {v.name for v in off}, "agree", "right as far as an iteration goes")
    return check.but(verdicts=verdicts).warned([said])
