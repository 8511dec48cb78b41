"""The envelope: how far rounding alone may carry a correct run from the hand-written one. Pure, nothing is re-run.

Two curves of each contender must stay inside: its loss before each step, and the distance of its parameters
from the hand-written run's after it. The bound is the largest deviation of any shadow so far, times FACTOR.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

# The largest of 300 correct runs was 4.7 times its shadows (docs/envelope.md); the rest is margin.
FACTOR = 20.0
# A bound of this share of the loss or of the parameters excludes little: the run is chaotic.
CHAOTIC = 0.01


@dataclass
class Track:
    """Loss and distance by step. Of a shadow: both as they deviate from the run."""

    loss: list[float] = field(default_factory=list)
    distance: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Envelope:
    """Bounds by step. deviations: of each shadow, raw."""

    factor: float
    eps: float
    loss: tuple[float, ...]
    distance: tuple[float, ...]
    chaotic_from: int | None
    deviations: tuple[Track, ...]


@dataclass(frozen=True)
class Outside:
    """The step at which a contender leaves the envelope, and by what: "loss" or "distance"."""

    step: int
    contender: str
    kind: str


def envelope(
    losses: Sequence[float], deviations: Iterable[Track], eps: float, factor: float = FACTOR
) -> Envelope:
    """Return the bounds around a run with these losses, from the deviations of its shadows.

    eps: of the dtype; no bound is below `factor` roundings of the largest loss so far, or of the parameters.
    """
    deviations = tuple(deviations)
    size = _running_max([abs(loss) for loss in losses])
    apart = _running_max([max(_large(d.loss[k]) for d in deviations) for k in range(len(losses))])
    away = _running_max([max(_large(d.distance[k]) for d in deviations) for k in range(len(losses))])
    loss = tuple(factor * max(d, eps * s) for d, s in zip(apart, size, strict=True))
    distance = tuple(factor * max(d, eps) for d in away)
    chaotic = (
        step
        for step in range(len(losses))
        if not (loss[step] <= CHAOTIC * size[step] and distance[step] <= CHAOTIC)
    )
    return Envelope(factor, eps, loss, distance, next(chaotic, None), deviations)


def first_outside(bounds: Envelope, losses: Sequence[float], curves: Mapping[str, Track]) -> Outside | None:
    """Return where a contender first leaves the envelope, before the run turns chaotic; or None. nan is outside."""
    return next(
        (where for where, deviation, bound in _judged(bounds, losses, curves) if not deviation <= bound), None
    )


def largest_ratio(bounds: Envelope, losses: Sequence[float], curves: Mapping[str, Track]) -> float:
    """Return the largest deviation over its shadows' own, on which FACTOR was calibrated; 0 without any."""
    ratios = [d / bound * bounds.factor for _, d, bound in _judged(bounds, losses, curves)]
    return max(ratios, default=0.0)


def _judged(
    bounds: Envelope, losses: Sequence[float], curves: Mapping[str, Track]
) -> Iterator[tuple[Outside, float, float]]:
    """Yield each place before the run turns chaotic with its deviation and its bound."""
    steps = len(losses) if bounds.chaotic_from is None else bounds.chaotic_from
    for step in range(steps):
        for name, curve in curves.items():
            yield Outside(step, name, "loss"), abs(curve.loss[step] - losses[step]), bounds.loss[step]
        for name, curve in curves.items():
            yield Outside(step, name, "distance"), curve.distance[step], bounds.distance[step]


def _running_max(values: Iterable[float]) -> list[float]:
    return list(accumulate(values, max))


def _large(value: float) -> float:
    return value if math.isfinite(value) else math.inf
