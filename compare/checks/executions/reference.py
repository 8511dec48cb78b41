"""The float64 run of the same code, and how far rounding in the type in question may carry another execution of it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from ...common.arrays import Arrays
from ...common.floats import floating
from ...witnesses.reference import draws_for
from ...witnesses.rounding.noisy import Rounding, bare, noisy
from ...witnesses.rounding.units import THRESHOLD, unit
from .subject import Native, Subject
from .ways import Execution, Way

LOSS = "loss"  # its gradient, by a factor of the loss that is 1, is the loss itself
TRAJECTORIES = 4
# After ten steps no correct execution of the built-in networks was 6 times its trajectories; the rest is margin.
STEPS_FACTOR = 20.0


@dataclass(frozen=True)
class Off:
    """The entry of an array that is furthest from the reference, in rounding units."""

    array: str
    entry: tuple[int, ...]
    value: float
    right: float
    ratio: float
    limit: float

    @property
    def ok(self) -> bool:
        """Return whether rounding explains it; nan is no."""
        return self.ratio <= self.limit


@dataclass(frozen=True)
class Band:
    """Arrays in float64 and the rounding unit of each entry; the loss is one of them."""

    right: Arrays
    units: Arrays
    limit: float

    def off(self, loss: float, arrays: Arrays) -> Off:
        """Return the worst entry."""
        found = {LOSS: np.array(loss), **arrays}
        worst = []
        for name, right in self.right.items():
            there = np.asarray(found[name])
            with np.errstate(all="ignore"):
                ratio = np.abs(there - right) / self.units[name]
            ratio = np.where(there == right, 0.0, np.where(np.isnan(ratio), np.inf, ratio))
            if not ratio.size:
                continue
            at = np.unravel_index(int(np.argmax(ratio)), ratio.shape)
            entry = tuple(map(int, at))
            worst.append(Off(name, entry, float(there[at]), float(right[at]), float(ratio[at]), self.limit))
        return max(worst, key=lambda off: off.ratio)


class Reference:
    """The float64 run of one framework's code, in NumPy where it is the derivation."""

    def __init__(self, who: str, subject: Subject):
        self.who, self.subject = who, subject
        self.run = Execution(Way(who, who), subject, dtype="float64")
        self._gradients: dict[int, Band] = {}
        self._trained: Band | None = None

    def gradient(self, step: int = 0) -> Band:
        """Return the band of the loss and the gradients on a batch."""
        if step not in self._gradients:
            loss, grads = self.run.gradient(step)
            right: Arrays = {LOSS: np.array(loss), **grads}
            draws = self._noise(step, draws_for(self.subject.params))
            self._gradients[step] = Band(right, self._units(draws, right), THRESHOLD)
        return self._gradients[step]

    def trained(self) -> Band:
        """Return the band of the parameters after all steps, and of the last step's loss."""
        if self._trained is None:
            loss, params = self.run.trained()
            right: Arrays = {LOSS: np.array(loss), **params}
            draws = self._trajectories()
            self._trained = Band(right, self._units(draws, right), STEPS_FACTOR)
        return self._trained

    def _units(self, draws: list[Arrays], right: Arrays) -> Arrays:
        return {n: unit([d[n] for d in draws], a, self.subject.dtype) for n, a in right.items()}

    def _noise(self, step: int, draws: int) -> list[Arrays]:
        """Return noisy gradients, the result of every operation moved by an ulp of the type."""
        batch, seed = self.subject.batch(step), self.subject.seed + 100 * step
        if self.who == "hand":
            return [self._by_hand(batch, seed + k) for k in range(draws)]
        module = import_module(f"compare.witnesses.{self.who}")
        arrays = {**self.subject.params, LOSS: np.array(1.0)}
        return list(
            module.noise(with_factor(self.run.net.loss), arrays, batch, self.subject.dtype, draws, seed)
        )

    def _by_hand(self, batch: tuple, seed: int) -> Arrays:
        """Return the gradients in NumPy with each operation moved by an ulp of the type."""
        native = Native("hand", self.subject.dtype)
        loss, grads = self.run.net.loss_and_grads(
            *noisy(native.into((self.subject.params, *batch)), Rounding(seed))
        )
        return {n: np.asarray(bare(a), np.float64) for n, a in {LOSS: loss, **grads}.items()}

    def _trajectories(self) -> list[Arrays]:
        """Train in float64 with noise of the type at each step, of the gradient and of the updated parameters.

        The noise of a gradient is that at the start, each time another draw with another sign.
        """
        subject, native = self.subject, self.run.native
        rule, step_of = subject.rule.build(self.who), self._gradient_of()
        rng, eps = np.random.default_rng([subject.seed, 11]), floating(subject.dtype).eps
        found: list[Arrays] = [{} for _ in range(TRAJECTORIES)]
        starts: list[Arrays] = [dict(subject.params) for _ in range(TRAJECTORIES)]
        with native.open():
            states = [rule.init(native.into(start)) for start in starts]
        clean = self.gradient(0).right
        noise = [{n: d[n] - clean[n] for n in d} for d in self._noise(0, draws_for(subject.params))]
        for step in range(len(subject.draws)):
            batch = subject.batch(step)
            for k in range(TRAJECTORIES):
                drawn, sign = noise[rng.integers(len(noise))], rng.choice((-1, 1))
                with native.open():
                    given = native.into((starts[k], *batch))
                    loss, grads = step_of(*given)
                    moved = {n: g + sign * drawn[n] for n, g in native.back(grads).items()}
                    params, states[k] = rule.update(given[0], native.into(moved), states[k])
                    after = native.back(params)
                starts[k] = {n: p * (1 + eps * rng.choice((-0.5, 0.5), p.shape)) for n, p in after.items()}
                found[k] = {LOSS: np.array(float(loss) * (1 + eps * rng.standard_normal())), **starts[k]}
        return found

    def _gradient_of(self) -> Callable[..., Any]:
        if self.who != "jax":
            return self.run.net.loss_and_grads
        import jax

        return jax.jit(self.run.net.loss_and_grads)


def with_factor(loss: Callable[..., Any]) -> Callable[..., Any]:
    """Return the loss times one more parameter: the derivative by it is the loss."""

    def factored(leaves: Any, x: Any, y: Any) -> Any:
        return leaves[LOSS] * loss({n: p for n, p in leaves.items() if n != LOSS}, x, y)

    return factored
