"""Optimisers, each with its update rule as a formula.

Each has `init(params) -> state` and `update(params, grads, state) -> (params, state)`; nothing is
changed in place, so that a step can be repeated, compared and compiled. `rate` is a number or a schedule
(schedules.py); `clip`, where given, is the largest global norm of the gradients.

    w a parameter array, g = dL/dw, t = 1, 2, ... the number of this update. All is entry by entry.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import Array, Params, Scalar

Schedule = Callable[[Any], Any]
State = Any  # the count of updates and the arrays kept between them


def global_norm(grads: Params) -> Scalar:
    """Return the Euclidean norm of all arrays together."""
    return np.sqrt(sum((g**2).sum() for g in grads.values()))


def clipped(grads: Params, clip: float) -> Params:
    """Return g * clip / ||g|| where ||g||, over all arrays together, is above clip (Pascanu et al. 2013)."""
    norm = global_norm(grads)
    if not norm > clip:
        return grads
    return {name: g * (clip / norm) for name, g in grads.items()}


class Optimizer:
    """The base class: the count of updates, the schedule, clipping. A subclass has its formula in `rule`."""

    rate: float | Schedule
    clip: float | None
    rule: Callable[..., tuple[Array, ...]]
    # Names of the arrays, one of each parameter's shape, that the rule keeps between updates.
    slots: tuple[str, ...] = ()

    def start(self, w: Array) -> Array:
        """Return a slot's array before the first update."""
        return np.zeros_like(w)

    def init(self, params: Params) -> State:
        """Return the count of updates, and the slots for each parameter."""
        slots = {slot: {name: self.start(w) for name, w in params.items()} for slot in self.slots}
        return {"t": 0, **slots}

    def update(self, params: Params, grads: Params, state: State) -> tuple[Params, State]:
        """Return the parameters one step later, and the state."""
        rate = self.rate(state["t"]) if callable(self.rate) else self.rate
        grads = clipped(grads, self.clip) if self.clip is not None else grads
        t = state["t"] + 1
        new: Params = {}
        kept: State = {"t": t, **{slot: {} for slot in self.slots}}
        for name, w in params.items():
            slots = [state[slot][name] for slot in self.slots]
            new[name], *slots = self.rule(w, grads[name], rate, t, *slots)
            for slot, array in zip(self.slots, slots, strict=True):
                kept[slot][name] = array
        return new, kept


@dataclass(frozen=True)
class SGD(Optimizer):
    """Gradient descent on a batch (sources.md B6)."""

    rate: float = 0.1
    clip: float | None = None

    def rule(self, w: Array, g: Array, rate: float, t: int) -> tuple[Array, ...]:
        """w -= rate g"""
        return (w - rate * g,)


@dataclass(frozen=True)
class Momentum(Optimizer):
    """Heavy ball (Polyak 1964), the rate outside the velocity: v keeps its meaning when the rate changes."""

    rate: float = 0.1
    momentum: float = 0.9
    clip: float | None = None

    slots = ("v",)

    def rule(self, w: Array, g: Array, rate: float, t: int, v: Array) -> tuple[Array, ...]:
        """v = momentum v + g;  w -= rate v"""
        v = self.momentum * v + g
        return w - rate * v, v


@dataclass(frozen=True)
class Nesterov(Optimizer):
    """Nesterov's look-ahead in the variables where g is taken at w itself (Bengio et al. 2013, eq. 7)."""

    rate: float = 0.1
    momentum: float = 0.9
    clip: float | None = None

    slots = ("v",)

    def rule(self, w: Array, g: Array, rate: float, t: int, v: Array) -> tuple[Array, ...]:
        """v = momentum v + g;  w -= rate (g + momentum v)"""
        v = self.momentum * v + g
        return w - rate * (g + self.momentum * v), v


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """Tieleman and Hinton 2012, lecture 6e; epsilon outside the root."""

    rate: float = 0.01
    decay: float = 0.9
    epsilon: float = 1e-8
    clip: float | None = None

    slots = ("s",)

    def rule(self, w: Array, g: Array, rate: float, t: int, s: Array) -> tuple[Array, ...]:
        """s = decay s + (1 - decay) g^2;  w -= rate g / (sqrt(s) + epsilon)"""
        s = self.decay * s + (1 - self.decay) * g**2
        return w - rate * g / (np.sqrt(s) + self.epsilon), s


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """Duchi et al. 2011, with the sum of squares begun at `initial` > 0 in place of any epsilon."""

    rate: float = 0.1
    initial: float = 0.1
    clip: float | None = None

    slots = ("s",)

    def start(self, w: Array) -> Array:
        return np.full_like(w, self.initial)

    def rule(self, w: Array, g: Array, rate: float, t: int, s: Array) -> tuple[Array, ...]:
        """s = s + g^2, from s = initial;  w -= rate g / sqrt(s)"""
        s = s + g**2
        return w - rate * g / np.sqrt(s), s


@dataclass(frozen=True)
class Adam(Optimizer):
    """Kingma and Ba 2015, algorithm 1."""

    rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    clip: float | None = None

    slots = ("m", "s")

    def rule(self, w: Array, g: Array, rate: float, t: int, m: Array, s: Array) -> tuple[Array, ...]:
        """m = beta1 m + (1 - beta1) g;  s = beta2 s + (1 - beta2) g^2

        w -= rate mhat / (sqrt(shat) + epsilon),  mhat = m / (1 - beta1^t),  shat = s / (1 - beta2^t)
        """
        m = self.beta1 * m + (1 - self.beta1) * g
        s = self.beta2 * s + (1 - self.beta2) * g**2
        return w - rate * self.direction(m, s, t), m, s

    def direction(self, m: Array, s: Array, t: int) -> Array:
        """Return mhat / (sqrt(shat) + epsilon): both averages corrected for their start at 0."""
        mhat = m / (1 - self.beta1**t)
        shat = s / (1 - self.beta2**t)
        return mhat / (np.sqrt(shat) + self.epsilon)


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with the decay apart from the gradient (Loshchilov and Hutter 2019); every array decays."""

    rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    decay: float = 0.01
    clip: float | None = None

    def rule(self, w: Array, g: Array, rate: float, t: int, m: Array, s: Array) -> tuple[Array, ...]:
        """As Adam, and  w -= rate decay w  with the w from before the update"""
        moved, m, s = super().rule(w, g, rate, t, m, s)
        return moved - rate * self.decay * w, m, s
