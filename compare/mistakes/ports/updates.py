"""Recognise the rule of an update from the parameters before and after each step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from manual import optimizers

from ...common.arrays import Arrays
from ..planted import optimizers as planted

ENTRIES = 2_000  # of all arrays together: a rule is the same for each entry
BETAS = (0.9, 0.999, 0.99, 0.95, 0.98)
EPSILONS = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-10, 1e-12, 0.0)
MOMENTA = (0.9, 0.99, 0.95, 0.8, 0.5)
DECAYS = (0.0, 1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 0.1)
NEAR = 1e-6  # relative, of what a step moves


@dataclass(frozen=True)
class Moved:
    """One step: the parameters before it, the gradients, and the parameters after it."""

    start: Arrays
    grads: Arrays
    after: Arrays


@dataclass(frozen=True)
class Recognised:
    """A rule by name, with its settings and the rate at the last step."""

    name: str
    settings: dict[str, float]
    rate: float

    def words(self) -> str:
        """Return 'Adam with epsilon 1e-08, rate 0.01'."""
        said = [f"{key} {value:g}" for key, value in self.settings.items()]
        return f"{self.name} with {', '.join([*said, f'rate {self.rate:.4g}'])}"


def difference(one: Sequence[Moved], other: Sequence[Moved], who: str, its: str) -> str | None:
    """Say by what rules two versions move, where both are recognised and differ; None where not."""
    mine, theirs = recognised(one), recognised(other)
    if mine is None or theirs is None or mine.words() == theirs.words():
        return None
    if mine.name != theirs.name:
        return f"{who}'s update is {mine.words()}; {its}'s is {theirs.words()}"
    off = [k for k in mine.settings if mine.settings[k] != theirs.settings.get(k)]
    if not off:
        return f"{who}'s rate is {mine.rate:.6g}, {its}'s is {theirs.rate:.6g}"
    said = ", ".join(
        f"{k} {mine.settings[k]:g} in {who} and {k} {theirs.settings[k]:g} in {its}" for k in off
    )
    return f"Both updates are {mine.name}, with {said}"


def recognised(steps: Sequence[Moved]) -> Recognised | None:
    """Return the simplest rule that gives what these steps, from the first on, did; None where none does."""
    sampled = [_sampled(step) for step in steps]
    for name, rule, settings in _candidates():
        rate = _rate(rule, sampled, settings.get("weight decay", 0.0) if "decoupled" in name else 0.0)
        if rate is not None:
            return Recognised(name, settings, rate)
    return None


def _sampled(step: Moved) -> tuple[Arrays, Arrays, Arrays]:
    """Return some entries of all arrays, as one array each."""
    parts = [
        np.concatenate([np.asarray(part[n], np.float64).ravel() for n in step.grads])
        for part in (step.start, step.grads, step.after)
    ]
    every = max(1, len(parts[0]) // ENTRIES)
    start, grads, after = ({"w": part[::every]} for part in parts)
    return start, grads, after


def _candidates() -> Iterator[tuple[str, Any, dict[str, float]]]:
    """Yield (name, rule with rate 1, settings), the plainest first."""
    for decay in DECAYS:
        decayed = partial(_Decayed, decay=decay)
        more = {"weight decay in the gradient": decay} if decay else {}
        yield "gradient descent", decayed(optimizers.SGD(1.0)), more
        for momentum in MOMENTA:
            said = {"momentum": momentum} | more
            yield "momentum", decayed(optimizers.Momentum(1.0, momentum=momentum)), said
            yield "Nesterov's momentum", decayed(optimizers.Nesterov(1.0, momentum=momentum)), said
            yield (
                "momentum, dampened (the gradient times 1 - momentum)",
                decayed(planted.MomentumDampened(1.0, momentum=momentum)),
                said,
            )
            yield "momentum, dampened after the first step", decayed(_TorchDampened(momentum, momentum)), said
    for beta1, beta2 in [(a, b) for a in (0.9, 0.95, 0.8, 0.5, 0.0) for b in BETAS[1:]]:
        for epsilon in EPSILONS:
            settings = {"beta1": beta1, "beta2": beta2, "epsilon": epsilon}
            yield from _adams(settings)


def _adams(settings: dict[str, float]) -> Iterator[tuple[str, Any, dict[str, float]]]:
    forms = (
        ("Adam", optimizers.Adam),
        ("Adam, epsilon under the root", planted.AdamEpsilonInside),
        ("Adam without its corrections for the start at 0", planted.AdamUncorrected),
        ("Adam, corrected without the power of t", planted.AdamBiasPower),
    )
    for name, form in forms:
        rule = form(1.0, **settings)
        yield name, rule, settings
        usual = (settings["beta1"], settings["beta2"]) == (0.9, 0.999) and settings["epsilon"] <= 1e-7
        for decay in DECAYS[1:] if usual and name == "Adam" else ():
            yield "Adam, decay decoupled", rule, settings | {"weight decay": decay}
            said = settings | {"weight decay in the gradient": decay}
            yield "Adam, decay in the gradient", _Decayed(rule, decay), said


@dataclass(frozen=True)
class _Decayed:
    """A rule whose gradient has decay w in it."""

    rule: Any
    decay: float

    def init(self, params: Arrays) -> Any:
        return self.rule.init(params)

    def update(self, params: Arrays, grads: Arrays, state: Any) -> tuple[Arrays, Any]:
        return self.rule.update(params, {n: g + self.decay * params[n] for n, g in grads.items()}, state)


@dataclass(frozen=True)
class _TorchDampened:
    """torch's SGD: v begins as g itself, and the gradients after the first are dampened."""

    momentum: float
    dampening: float

    def init(self, params: Arrays) -> Any:
        return None

    def update(self, params: Arrays, grads: Arrays, state: Any) -> tuple[Arrays, Any]:
        if state is None:
            v = grads
        else:
            v = {n: self.momentum * state[n] + (1 - self.dampening) * g for n, g in grads.items()}
        return {n: w - v[n] for n, w in params.items()}, v


def _rate(rule: Any, steps: Sequence[tuple[Arrays, Arrays, Arrays]], decoupled: float) -> float | None:
    """Return the rate at the last step with which the rule makes every step; None where none does."""
    state, rate = None, 0.0
    for start, grads, after in steps:
        with np.errstate(all="ignore"):
            state = rule.init(start) if state is None and not isinstance(rule, _TorchDampened) else state
            moved, state = rule.update(start, grads, state)
        direction = start["w"] - moved["w"] + decoupled * start["w"]
        went = start["w"] - after["w"]
        size = float(direction @ direction)
        rate = float(direction @ went) / size if size > 0 and np.isfinite(size) else 0.0
        room = NEAR * np.abs(went).max(initial=0) + 4 * np.finfo(float).eps * np.abs(start["w"])
        if not (np.abs(went - rate * direction) <= room).all() or rate <= 0:
            return None
    return rate
