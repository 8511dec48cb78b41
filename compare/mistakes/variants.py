"""Published variants of update rules: each is right, and differs from the rule of `manual` by a convention."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from manual import optimizers as right


@dataclass(frozen=True)
class AdamHat(right.Adam):
    def direction(self, m: Any, s: Any, t: int) -> Any:
        """sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(s) + epsilon)"""
        return np.sqrt(1 - self.beta2**t) / (1 - self.beta1**t) * m / (np.sqrt(s) + self.epsilon)


@dataclass(frozen=True)
class AdamWHat(right.AdamW):
    direction = AdamHat.direction


@dataclass(frozen=True)
class AdamWDecayAlone(right.AdamW):
    def rule(self, w: Any, g: Any, rate: float, t: int, m: Any, s: Any) -> tuple:
        """w -= decay w, without the rate"""
        moved, m, s = right.Adam.rule(self, w, g, rate, t, m, s)
        return moved - self.decay * w, m, s


@dataclass(frozen=True)
class AdagradEpsilon(right.Adagrad):
    initial: float = 0.0
    epsilon: float = 1e-8

    def rule(self, w: Any, g: Any, rate: float, t: int, s: Any) -> tuple:
        """w -= rate g / (sqrt(s) + epsilon), from s = 0"""
        s = s + g**2
        return w - rate * g / (np.sqrt(s) + self.epsilon), s


@dataclass(frozen=True)
class AdagradEpsilonInside(AdagradEpsilon):
    def rule(self, w: Any, g: Any, rate: float, t: int, s: Any) -> tuple:
        """w -= rate g / sqrt(s + epsilon), from s = 0"""
        s = s + g**2
        return w - rate * g / np.sqrt(s + self.epsilon), s


@dataclass(frozen=True)
class RMSPropEpsilonInside(right.RMSProp):
    def rule(self, w: Any, g: Any, rate: float, t: int, s: Any) -> tuple:
        """w -= rate g / sqrt(s + epsilon)"""
        s = self.decay * s + (1 - self.decay) * g**2
        return w - rate * g / np.sqrt(s + self.epsilon), s


@dataclass(frozen=True)
class RMSPropFromOne(RMSPropEpsilonInside):
    def start(self, w: Any) -> Any:
        return np.ones_like(w)


@dataclass(frozen=True)
class Variant:
    """A published form of a rule, in words.  own: its constants that the rule of `manual` lacks, or means otherwise."""

    rule: type
    of: str
    words: str
    own: tuple[str, ...] = ("epsilon",)


VARIANTS = (
    Variant(
        AdamHat,
        "Adam",
        "Adam in the second form of its paper, with epsilon-hat beside the uncorrected sqrt(s)",
    ),
    Variant(AdamWHat, "AdamW", "AdamW on the second form of Adam's paper, with epsilon-hat"),
    Variant(AdamWDecayAlone, "AdamW", "AdamW with a decay that the rate does not multiply", ()),
    Variant(
        AdagradEpsilon, "Adagrad", "Adagrad from 0, with epsilon beside the root", ("initial", "epsilon")
    ),
    Variant(
        AdagradEpsilonInside, "Adagrad", "Adagrad from 0, with epsilon under the root", ("initial", "epsilon")
    ),
    Variant(RMSPropEpsilonInside, "RMSProp", "RMSProp with epsilon under the root"),
    Variant(RMSPropFromOne, "RMSProp", "RMSProp with epsilon under the root and an average that begins at 1"),
)
RULES = tuple(
    Variant(rule, rule.__name__, rule.__name__, ())
    for rule in (right.Momentum, right.Nesterov, right.RMSProp, right.Adagrad, right.Adam, right.AdamW)
)


def settled(variant: Variant, rule: Any) -> Any:
    """Return the variant with the constants of `rule` that mean the same in both, its own at their defaults."""
    shared = {f.name for f in fields(variant.rule)} & {f.name for f in fields(rule)} - set(variant.own)
    return variant.rule(**{name: getattr(rule, name) for name in shared})
