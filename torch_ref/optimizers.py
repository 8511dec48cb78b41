"""Optimisers, each update rule torch.optim's own.

Each has `init(params) -> state` and `update(params, grads, state) -> (params, state)`; nothing is
changed in place, so that a step can be repeated, compared and compiled. `rate` is a number or a schedule
(schedules.py); `clip`, where given, is the largest global norm of the gradients.

torch.optim's functional forms change their arguments, so they work on copies.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.optim.adagrad import adagrad
from torch.optim.adam import adam
from torch.optim.adamw import adamw
from torch.optim.rmsprop import rmsprop
from torch.optim.sgd import sgd

from .arrays import Array, Params, Scalar

Schedule = Callable[[Any], Any]
State = Any  # the count of updates and the arrays kept between them
Slot = list[Any]  # the tensors of all parameters, in one order


def global_norm(grads: Params) -> Scalar:
    """Return the Euclidean norm of all arrays together."""
    return torch.nn.utils.get_total_norm(list(grads.values()), foreach=False)


def clipped(grads: Params, clip: float) -> Params:
    """Return g * clip / ||g|| where ||g|| is above clip; torch's own clip_grad_norm_ divides by ||g|| + 1e-6."""
    norm = global_norm(grads)
    scale = torch.where(norm > clip, clip / norm, 1.0)
    return {name: g * scale for name, g in grads.items()}


class Optimizer:
    """The base class: the count of updates, the schedule, clipping. A subclass calls torch in `_rule`."""

    rate: float | Schedule
    clip: float | None
    _rule: Callable[..., None]
    # Names of the tensors, one of each parameter's shape, that the rule keeps between updates.
    _slots: tuple[str, ...] = ()

    def _start(self, w: Array) -> Array:
        """Return a slot's tensor before the first update."""
        return torch.zeros_like(w)

    def init(self, params: Params) -> State:
        """Return the count of updates, and the slots for each parameter."""
        slots = {slot: {name: self._start(w) for name, w in params.items()} for slot in self._slots}
        return {"t": torch.zeros((), dtype=torch.float64), **slots}

    def update(self, params: Params, grads: Params, state: State) -> tuple[Params, State]:
        """Return the parameters one step later, and the state."""
        rate = self.rate(state["t"]) if callable(self.rate) else self.rate
        grads = clipped(grads, self.clip) if self.clip is not None else grads
        new = _copies(params)
        kept = {"t": state["t"] + 1, **{slot: _copies(state[slot]) for slot in self._slots}}
        counts = [state["t"].clone() for _ in new]
        slots = [list(kept[slot].values()) for slot in self._slots]
        self._rule(list(new.values()), [grads[name] for name in new], rate, counts, *slots)
        return new, kept


@dataclass(frozen=True)
class SGD(Optimizer):
    """torch.optim.SGD."""

    rate: float = 0.1
    clip: float | None = None

    def _rule(self, w: Slot, g: Slot, rate: float, counts: Slot) -> None:
        _sgd(w, g, [None] * len(w), lr=rate)


@dataclass(frozen=True)
class Momentum(Optimizer):
    """torch.optim.SGD(momentum=...)."""

    rate: float = 0.1
    momentum: float = 0.9
    clip: float | None = None

    _slots = ("v",)

    def _rule(self, w: Slot, g: Slot, rate: float, counts: Slot, v: Slot) -> None:
        _sgd(w, g, v, lr=rate, momentum=self.momentum)


@dataclass(frozen=True)
class Nesterov(Optimizer):
    """torch.optim.SGD(momentum=..., nesterov=True)."""

    rate: float = 0.1
    momentum: float = 0.9
    clip: float | None = None

    _slots = ("v",)

    def _rule(self, w: Slot, g: Slot, rate: float, counts: Slot, v: Slot) -> None:
        _sgd(w, g, v, lr=rate, momentum=self.momentum, nesterov=True)


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """torch.optim.RMSprop; decay is its alpha."""

    rate: float = 0.01
    decay: float = 0.9
    epsilon: float = 1e-8
    clip: float | None = None

    _slots = ("s",)

    def _rule(self, w: Slot, g: Slot, rate: float, counts: Slot, s: Slot) -> None:
        settings: dict[str, Any] = {
            "alpha": self.decay,
            "eps": self.epsilon,
            "weight_decay": 0,
            "momentum": 0,
            "centered": False,
        }
        rmsprop(w, g, s, [], [], counts, foreach=False, lr=rate, **settings)


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """torch.optim.Adagrad with eps 0; initial is its initial_accumulator_value."""

    rate: float = 0.1
    initial: float = 0.1
    clip: float | None = None

    _slots = ("s",)

    def _start(self, w: Array) -> Array:
        return torch.full_like(w, self.initial)

    def _rule(self, w: Slot, g: Slot, rate: float, counts: Slot, s: Slot) -> None:
        settings: dict[str, Any] = {"weight_decay": 0, "lr_decay": 0, "eps": 0, "maximize": False}
        adagrad(w, g, s, counts, foreach=False, lr=rate, **settings)


@dataclass(frozen=True)
class Adam(Optimizer):
    """torch.optim.Adam."""

    rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    clip: float | None = None

    _slots = ("m", "s")

    def _rule(self, w: Slot, g: Slot, rate: float, counts: Slot, m: Slot, s: Slot) -> None:
        self._call(adam, w, g, rate, counts, m, s, weight_decay=0)

    def _call(
        self,
        function: Callable[..., None],
        w: Slot,
        g: Slot,
        rate: float,
        counts: Slot,
        m: Slot,
        s: Slot,
        weight_decay: float,
    ) -> None:
        function(
            w,
            g,
            m,
            s,
            [],
            counts,
            foreach=False,
            amsgrad=False,
            beta1=self.beta1,
            beta2=self.beta2,
            lr=rate,
            weight_decay=weight_decay,
            eps=self.epsilon,
            maximize=False,
        )


@dataclass(frozen=True)
class AdamW(Adam):
    """torch.optim.AdamW; decay is its weight_decay."""

    rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    decay: float = 0.01
    clip: float | None = None

    def _rule(self, w: Slot, g: Slot, rate: float, counts: Slot, m: Slot, s: Slot) -> None:
        self._call(adamw, w, g, rate, counts, m, s, weight_decay=self.decay)


def _copies(tensors: Params) -> Params:
    return {name: tensor.clone() for name, tensor in tensors.items()}


def _sgd(
    w: Slot,
    g: Slot,
    v: Slot,
    lr: float,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> None:
    settings: dict[str, Any] = {"dampening": 0.0, "weight_decay": 0.0, "maximize": False, "foreach": False}
    sgd(w, g, v, lr=lr, momentum=momentum, nesterov=nesterov, **settings)
