"""The envelope: how far a correct run may get from the hand-written one. Pure, nothing is re-run.

Both curves of a contender are held against it: its loss before each step, and how far its parameters are
from the hand's after it. The bound is the largest deviation of any shadow so far, times FACTOR.
"""

import math
from dataclasses import dataclass
from itertools import accumulate

# The largest of 300 correct runs was 4.7 times its shadows (docs/envelope.md); the rest is margin.
FACTOR = 20.0
# Where the bound reaches this share of the loss or of the parameters it can no longer tell much: chaotic.
CHAOTIC = 0.01


@dataclass(frozen=True)
class Envelope:
    """Bounds by step. `deviations`: what each shadow did, {"loss": [...], "distance": [...]}, raw."""

    factor: float
    eps: float
    loss: tuple
    distance: tuple
    chaotic_from: int | None
    deviations: tuple


def envelope(losses, deviations, eps, factor=FACTOR):
    """The bounds around a run with these losses.

    deviations: for each shadow {"loss": |its loss - the run's| by step, "distance": of its parameters}.
    eps: of the dtype; no bound is below factor roundings of the largest loss so far, or of the parameters.
    """
    size = _running_max([abs(loss) for loss in losses])
    largest = {
        kind: _running_max([max(_large(d[kind][step]) for d in deviations) for step in range(len(losses))])
        for kind in ("loss", "distance")
    }
    loss = tuple(factor * max(d, eps * s) for d, s in zip(largest["loss"], size, strict=True))
    distance = tuple(factor * max(d, eps) for d in largest["distance"])
    chaotic = (
        step
        for step in range(len(losses))
        if not (loss[step] <= CHAOTIC * size[step] and distance[step] <= CHAOTIC)
    )
    return Envelope(factor, eps, loss, distance, next(chaotic, None), tuple(deviations))


def first_outside(bounds, losses, curves):
    """(step, name, kind) of the first loss or distance outside, before the run turns chaotic; or None.

    losses: the run's.  curves: {name: {"loss": [...], "distance": [...]}}. nan is outside.
    """
    steps = len(losses) if bounds.chaotic_from is None else bounds.chaotic_from
    for step in range(steps):
        for kind in ("loss", "distance"):
            for name, curve in curves.items():
                deviation = (
                    abs(curve["loss"][step] - losses[step]) if kind == "loss" else curve["distance"][step]
                )
                if not deviation <= getattr(bounds, kind)[step]:
                    return step, name, kind
    return None


def largest_ratio(bounds, losses, curves):
    """The largest deviation over its shadows' own: what FACTOR was calibrated on. 0 where nothing deviates."""
    steps = len(losses) if bounds.chaotic_from is None else bounds.chaotic_from
    ratios = [
        deviation / bound * bounds.factor
        for curve in curves.values()
        for step in range(steps)
        for deviation, bound in (
            (abs(curve["loss"][step] - losses[step]), bounds.loss[step]),
            (curve["distance"][step], bounds.distance[step]),
        )
    ]
    return max(ratios, default=0.0)


def _running_max(values):
    return list(accumulate(values, max))


def _large(value):
    return value if math.isfinite(value) else math.inf
