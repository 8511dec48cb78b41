"""From curves and shadows to the verdict: the envelope first, step by step where that does not settle it."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ..mistakes.planted.optimizers import suspects
from .contenders import Contender, Problem
from .envelope import Envelope, Outside, Track, envelope, first_outside
from .resync import Finding, resynchronised
from .shadows import resynchronised_shadows


@dataclass(frozen=True)
class Verdict:
    """The part of a CurvesResult that judges; its docstring explains the fields."""

    ok: bool | None
    first_divergence: int | None
    reason: str
    judged: str = "stepwise"
    finding: Finding | None = None
    left_envelope: Outside | None = None
    envelope: Envelope | None = None


def judge(
    records: Mapping[str, Track],
    deviations: Iterable[Track],
    again: Callable[[], list[Contender]],
    given: Problem,
) -> Verdict:
    """Return the verdict on what each contender did, the hand-written run first.

    deviations: of the shadows.  again(): fresh contenders, for a re-synchronised run.
    """
    (who, hand), *others = records.items()
    steps = len(hand.loss)
    if not steps or not others:
        return undecided("no step was finished" if not steps else f"only {who} took part: nothing to compare")
    bounds = envelope(hand.loss, deviations, float(np.finfo(given.dtype).eps))
    broken = _first_not_finite(records)
    outside = first_outside(bounds, hand.loss, dict(others))
    if outside is None and bounds.chaotic_from is None and broken is None:
        reason = "all curves stay inside the envelope of rounding"
        return Verdict(True, None, reason, "envelope", envelope=bounds)
    # The wrong optimisers that may be in the rule's place.
    rule = given.rule
    wrong = suspects(rule.class_name, rule.settings("hand"), given.net.fields.get("l2", 0.0))
    with np.errstate(all="ignore"):
        noisy = resynchronised_shadows(given)
        finding = resynchronised(again(), noisy, wrong, steps if broken is None else broken + 1)
    if finding is not None:
        step, reason = finding.step, finding.sentence
    elif broken is not None:
        step, reason = broken, f"a loss is not finite at step {broken}"
    else:
        step = None
        reason = (
            f"the curves leave the envelope at step {outside.step}"
            if outside
            else f"the run is chaotic from step {bounds.chaotic_from} on"
        ) + ", but from the same parameters every step is the same: rounding, not a mistake"
    return Verdict(step is None, step, reason, "stepwise", finding, outside, bounds)


def undecided(reason: str) -> Verdict:
    """Return the verdict where nothing could be compared."""
    return Verdict(None, None, reason, "envelope")


def _first_not_finite(records: Mapping[str, Track]) -> int | None:
    """Return the first step at which any loss is nan or infinite, or None."""
    losses = zip(*(record.loss for record in records.values()), strict=True)
    return next((step for step, values in enumerate(losses) if not all(map(math.isfinite, values))), None)
