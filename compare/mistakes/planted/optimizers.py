"""The classical mistakes of update rules: each is a hand-written optimiser with one formula replaced."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from manual import optimizers as right


@dataclass(frozen=True)
class AdamUncorrected(right.Adam):
    def direction(self, m, s, t):
        """m / (sqrt(s) + epsilon)                where  mhat / (sqrt(shat) + epsilon)  belongs"""
        return m / (np.sqrt(s) + self.epsilon)


@dataclass(frozen=True)
class AdamWUncorrected(right.AdamW):
    direction = AdamUncorrected.direction


@dataclass(frozen=True)
class AdamBiasPower(right.Adam):
    def direction(self, m, s, t):
        """mhat = m / (1 - beta1)                 where  m / (1 - beta1^t)  belongs; shat likewise"""
        mhat, shat = m / (1 - self.beta1), s / (1 - self.beta2)
        return mhat / (np.sqrt(shat) + self.epsilon)


@dataclass(frozen=True)
class AdamWBiasPower(right.AdamW):
    direction = AdamBiasPower.direction


@dataclass(frozen=True)
class AdamBiasMultiplied(right.Adam):
    def direction(self, m, s, t):
        """mhat = m (1 - beta1^t)                 where  m / (1 - beta1^t)  belongs; shat likewise"""
        mhat, shat = m * (1 - self.beta1**t), s * (1 - self.beta2**t)
        return mhat / (np.sqrt(shat) + self.epsilon)


@dataclass(frozen=True)
class AdamWBiasMultiplied(right.AdamW):
    direction = AdamBiasMultiplied.direction


@dataclass(frozen=True)
class AdamRateCompounded(right.Adam):
    def rule(self, w, g, rate, t, m, s):
        """rate *= sqrt(1 - beta2^t) / (1 - beta1^t)  where  another variable  belongs, and the rate stays"""
        for i in range(1, t):
            rate *= np.sqrt(1 - self.beta2**i) / (1 - self.beta1**i)
        return right.Adam.rule(self, w, g, rate, t, m, s)


@dataclass(frozen=True)
class AdamEpsilonInside(right.Adam):
    def direction(self, m, s, t):
        """mhat / sqrt(shat + epsilon)            where  mhat / (sqrt(shat) + epsilon)  belongs"""
        mhat, shat = m / (1 - self.beta1**t), s / (1 - self.beta2**t)
        return mhat / np.sqrt(shat + self.epsilon)


@dataclass(frozen=True)
class AdamWEpsilonInside(right.AdamW):
    direction = AdamEpsilonInside.direction


@dataclass(frozen=True)
class AdamWAsL2(right.AdamW):
    def rule(self, w, g, rate, t, m, s):
        """g += decay w, then Adam                where  w -= rate decay w  apart from Adam's step belongs"""
        return right.Adam.rule(self, w, g + self.decay * w, rate, t, m, s)


@dataclass(frozen=True)
class L2AsAdamW(right.Adam):
    """For a gradient that holds the penalty's l2 w already."""

    l2: float = 0.0

    def rule(self, w, g, rate, t, m, s):
        """w -= rate l2 w apart from Adam's step  where  l2 w  belongs into the gradient"""
        moved, m, s = right.Adam.rule(self, w, g - self.l2 * w, rate, t, m, s)
        return moved - rate * self.l2 * w, m, s


@dataclass(frozen=True)
class MomentumDampened(right.Momentum):
    def rule(self, w, g, rate, t, v):
        """v = momentum v + (1 - momentum) g      where  v = momentum v + g  belongs"""
        v = self.momentum * v + (1 - self.momentum) * g
        return w - rate * v, v


@dataclass(frozen=True)
class NesterovDampened(right.Nesterov):
    def rule(self, w, g, rate, t, v):
        """v = momentum v + (1 - momentum) g      where  v = momentum v + g  belongs"""
        v = self.momentum * v + (1 - self.momentum) * g
        return w - rate * (g + self.momentum * v), v


@dataclass(frozen=True)
class MomentumTimesRate(right.Momentum):
    def rule(self, w, g, rate, t, v):
        """v = momentum v + rate g;  w -= v       where  v = momentum v + g;  w -= rate v  belongs"""
        v = self.momentum * v + rate * g
        return w - v, v


@dataclass(frozen=True)
class NesterovAsMomentum(right.Nesterov):
    def rule(self, w, g, rate, t, v):
        """w -= rate v                            where  w -= rate (g + momentum v)  belongs"""
        v = self.momentum * v + g
        return w - rate * v, v


@dataclass(frozen=True)
class OptimizerMistake:
    """An id of the catalogue, the sentence of a finding, and {name of the right optimiser: class of the wrong one}."""

    id: str
    sentence: str
    planted: dict[str, type]


OPTIMIZER_MISTAKES = {
    m.id: m
    for m in (
        OptimizerMistake(
            "adam-bias-uncorrected",
            "Adam's averages are not corrected for their start at 0: divide m by 1 - beta1^t and s by 1 - beta2^t",
            {"Adam": AdamUncorrected, "AdamW": AdamWUncorrected},
        ),
        OptimizerMistake(
            "adam-bias-power",
            "Adam's correction lacks its power: divide by 1 - beta^t, t = 1, 2, ..., not by 1 - beta",
            {"Adam": AdamBiasPower, "AdamW": AdamWBiasPower},
        ),
        OptimizerMistake(
            "adam-bias-multiplied",
            "Adam's averages are multiplied by 1 - beta^t: divide m by 1 - beta1^t and s by 1 - beta2^t",
            {"Adam": AdamBiasMultiplied, "AdamW": AdamWBiasMultiplied},
        ),
        OptimizerMistake(
            "adam-rate-compounded",
            "the corrected rate overwrites the rate, so that each step corrects that of the last one: keep the rate",
            {"Adam": AdamRateCompounded},
        ),
        OptimizerMistake(
            "adam-epsilon-inside",
            "Adam's epsilon is under the root: add it to sqrt(shat)",
            {"Adam": AdamEpsilonInside, "AdamW": AdamWEpsilonInside},
        ),
        OptimizerMistake(
            "adamw-as-l2",
            "the decay goes through Adam's averages: AdamW subtracts rate decay w apart from Adam's step",
            {"AdamW": AdamWAsL2},
        ),
        OptimizerMistake(
            "l2-as-adamw",
            "the penalty is subtracted apart from Adam's step: an l2 in the loss belongs into the gradient",
            {"Adam": L2AsAdamW},
        ),
        OptimizerMistake(
            "momentum-dampened",
            "the gradient is multiplied by 1 - momentum: the velocity is v = momentum v + g",
            {"Momentum": MomentumDampened, "Nesterov": NesterovDampened},
        ),
        OptimizerMistake(
            "momentum-times-rate",
            "the rate is inside the velocity, which shows when it changes: v = momentum v + g, w -= rate v",
            {"Momentum": MomentumTimesRate},
        ),
        OptimizerMistake(
            "nesterov-as-momentum",
            "the look-ahead is left out: w -= rate (g + momentum v)",
            {"Nesterov": NesterovAsMomentum},
        ),
    )
}


def suspects(class_name: str, settings: dict[str, Any], l2: float = 0.0) -> dict[str, Any]:
    """Return {id: wrong optimiser} for the mistakes that `class_name(**settings)` may have been written with."""
    found = {}
    for mistake in OPTIMIZER_MISTAKES.values():
        if class_name in mistake.planted and (mistake.id != "l2-as-adamw" or l2):
            extra = {"l2": l2} if mistake.id == "l2-as-adamw" else {}
            found[mistake.id] = mistake.planted[class_name](**settings, **extra)
    return found


def lines(mistake: OptimizerMistake) -> tuple[str, str]:
    """Return the wrong and the right line of an optimiser's mistake, from the docstring of the wrong formula."""
    planted = next(iter(mistake.planted.values()))
    for name in ("rule", "direction"):
        doc = getattr(vars(planted).get(name), "__doc__", None)
        if doc:
            wrong, _, right = " ".join(doc.split()).partition(" where ")
            return wrong.strip(), right.replace(" belongs", "").strip()
    raise KeyError(mistake.id)
