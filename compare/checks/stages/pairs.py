"""A NumPy pair recorded, forward and backward on one tape: the derivative of its forward, and the wrong lines."""

from typing import TypeVar

import numpy as np

from ...trace.derivatives.run import NotFollowedError, record
from ...trace.derivatives.slices import Origins
from ...trace.pair import Pair
from ...user.operation import Operation
from ..check import Check, Traced
from .lines import OFF, placing
from .traced import following

C = TypeVar("C", bound=Check)


def recorded_pair(check: C) -> C:
    """Record a run of forward and backward, in float64 where they take it."""
    subject = check.subject
    assert isinstance(subject, Operation)
    if subject.op.framework != "numpy":
        return check
    pair = Pair(subject, subject.inputs.cast(np.float64))
    return following(check, pair, pair.flat, check.answer.loss)


def placed_in_pair(check: C) -> C:
    """Find the lines of the backward that are wrong, where the run could be recorded."""
    traced, subject = check.traced, check.subject
    assert isinstance(subject, Operation)
    if traced is None or not check.having(*OFF):
        return check
    judged = {v.name for v in check.verdicts}
    pair = Pair(subject, {n: a for n, a in traced.flat.items() if n in judged})
    if len(pair.flat) < len(traced.flat):  # the others have no gradient, and none is missed
        try:
            run = record(pair)
            back, kinked = run.back(edges=True), traced.kinked
            traced = Traced(run, back, Origins(run.tape), pair.flat, pair, kinked=kinked)
        except NotFollowedError:
            return check
    return placing(check, pair, traced)
