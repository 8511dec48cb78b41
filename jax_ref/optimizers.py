"""Optimisers, each update rule optax's own.

Each has `init(params) -> state` and `update(params, grads, state) -> (params, state)`; nothing is
changed in place, so that a step can be repeated, compared and compiled. `rate` is a number or a schedule
(schedules.py); `clip`, where given, is the largest global norm of the gradients.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import optax

from .arrays import Params, Scalar

Schedule = Callable[[Any], Any]
State = Any  # the count of updates and the arrays kept between them


def global_norm(grads: Params) -> Scalar:
    """Return the Euclidean norm of all arrays together."""
    return optax.global_norm(grads)


def clipped(grads: Params, clip: float) -> Params:
    """Return the gradients, clipped by optax.clip_by_global_norm."""
    return optax.clip_by_global_norm(clip).update(grads, optax.EmptyState())[0]


class Optimizer:
    """The base class: clipping, and optax's step added to the parameters. A subclass names optax's rule in `_rule`."""

    rate: float | Schedule
    clip: float | None
    _rule: Callable[..., optax.GradientTransformation]

    def init(self, params: Params) -> State:
        """Return optax's state for these parameters."""
        return self._rule().init(params)

    def update(self, params: Params, grads: Params, state: State) -> tuple[Params, State]:
        """Return the parameters one step later, and the state."""
        grads = clipped(grads, self.clip) if self.clip is not None else grads
        updates, state = self._rule().update(grads, state, params)
        return optax.apply_updates(params, updates), state


@dataclass(frozen=True)
class SGD(Optimizer):
    """optax.sgd."""

    rate: float = 0.1
    clip: float | None = None

    def _rule(self) -> optax.GradientTransformation:
        return optax.sgd(self.rate)


@dataclass(frozen=True)
class Momentum(Optimizer):
    """optax.sgd(momentum=...)."""

    rate: float = 0.1
    momentum: float = 0.9
    clip: float | None = None

    def _rule(self) -> optax.GradientTransformation:
        return optax.sgd(self.rate, self.momentum)


@dataclass(frozen=True)
class Nesterov(Optimizer):
    """optax.sgd(momentum=..., nesterov=True)."""

    rate: float = 0.1
    momentum: float = 0.9
    clip: float | None = None

    def _rule(self) -> optax.GradientTransformation:
        return optax.sgd(self.rate, self.momentum, nesterov=True)


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """optax.rmsprop, with its epsilon taken out of the root."""

    rate: float = 0.01
    decay: float = 0.9
    epsilon: float = 1e-8
    clip: float | None = None

    def _rule(self) -> optax.GradientTransformation:
        return optax.rmsprop(self.rate, self.decay, self.epsilon, eps_in_sqrt=False)


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """optax.adagrad with eps 0; initial is its initial_accumulator_value."""

    rate: float = 0.1
    initial: float = 0.1
    clip: float | None = None

    def _rule(self) -> optax.GradientTransformation:
        return optax.adagrad(self.rate, self.initial, eps=0.0)


@dataclass(frozen=True)
class Adam(Optimizer):
    """optax.adam."""

    rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    clip: float | None = None

    def _rule(self) -> optax.GradientTransformation:
        return optax.adam(self.rate, self.beta1, self.beta2, self.epsilon)


@dataclass(frozen=True)
class AdamW(Adam):
    """optax.adamw; decay is its weight_decay."""

    rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    decay: float = 0.01
    clip: float | None = None

    def _rule(self) -> optax.GradientTransformation:
        return optax.adamw(self.rate, self.beta1, self.beta2, self.epsilon, weight_decay=self.decay)
