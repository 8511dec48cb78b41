"""From curves and shadows to the verdict: the envelope first, step by step where that does not settle it."""

import math

import numpy as np

from ..mistakes.planted.optimizers import suspects
from .envelope import envelope, first_outside
from .resync import fresh_shadows, resynchronised


def judge(records, deviations, again, net, rule, given, seed):
    """The part of a CurvesResult that judges.

    records: {who: {"loss", "accuracy", "distance"}}, the hand's first.  deviations: of the shadows.
    again(): fresh contenders, for a re-synchronised run.
    """
    (who, hand), *others = records.items()
    steps = len(hand["loss"])
    if not steps or not others:
        reason = "no step was finished" if not steps else f"only {who} took part: nothing to compare"
        return undecided(reason)
    bounds = envelope(hand["loss"], deviations, float(np.finfo(given.dtype).eps))
    broken = _first_not_finite(records)
    outside = first_outside(bounds, hand["loss"], dict(others))
    if outside is None and bounds.chaotic_from is None and broken is None:
        return _verdict(None, "all curves stay inside the envelope of rounding", "envelope", bounds=bounds)
    left = None if outside is None else dict(zip(("step", "contender", "kind"), outside, strict=True))
    with np.errstate(all="ignore"):
        found = resynchronised(
            again(),
            fresh_shadows(net, rule, given, seed),
            _suspects(net, rule),
            steps if broken is None else broken + 1,
        )
    if found is not None:
        return _verdict(found.step, found.sentence, "stepwise", found, left, bounds)
    if broken is not None:
        return _verdict(broken, f"a loss is not finite at step {broken}", "stepwise", None, left, bounds)
    if left:
        reason = f"the curves leave the envelope at step {left['step']}"
    else:
        reason = f"the run is chaotic from step {bounds.chaotic_from} on"
    reason += ", but from the same parameters every step is the same: rounding, not a mistake"
    return _verdict(None, reason, "stepwise", None, left, bounds)


def undecided(reason):
    """The verdict where there is none."""
    return _verdict(None, reason, "envelope") | {"ok": None}


def _verdict(step, reason, judged, finding=None, left=None, bounds=None):
    return {
        "ok": step is None,
        "first_divergence": step,
        "reason": reason,
        "judged": judged,
        "finding": finding,
        "left_envelope": left,
        "envelope": bounds,
    }


def _first_not_finite(records):
    """The first step at which any loss is nan or infinite, or None."""
    losses = zip(*(record["loss"] for record in records.values()), strict=True)
    return next((step for step, values in enumerate(losses) if not all(map(math.isfinite, values))), None)


def _suspects(net, rule):
    """The wrong optimisers that could stand where the rule should."""
    return suspects(rule.class_name, rule.settings("hand"), net.fields.get("l2", 0.0))
