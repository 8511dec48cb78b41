"""Shadows: the hand-written run again, with noise of the size of rounding at every step.

Three correct implementations round differently in every operation, at every step. A shadow imitates one more of
them: at each step its parameters and inputs move by about one unit in the last place, its batch is summed in
another order, derivatives are as inexact as automatic ones (1 - a^2 near 0), and its optimiser's constants are
off as far as the dtype holds them. The distance of shadows from the run is what a correct implementation may have.
"""

import dataclasses
from typing import Any

import numpy as np

from manual.activations import ACTIVATIONS

from ..common.arrays import Arrays
from .contenders import Problem

SHADOWS, RESYNCHRONISED = 3, 4  # of a run, and of a run step by step
# The derivative, taken from the output as frameworks do, is inexact by a rounding of 1, however small it is.
SATURATING = tuple(name for name, f in ACTIVATIONS.items() if f.saturates)


class Shadow:
    """One noisy copy of the hand-written run, which takes the batches of the run."""

    def __init__(self, problem: Problem, seed: int, size: float = 1.0):
        self._rng = np.random.default_rng([seed, 3])
        self._eps = size * float(np.finfo(problem.dtype).eps)
        self._net = rounded_network(problem.net.shadowed(), self._eps, self._rng)
        self._optimizer = rounded_optimizer(problem.rule.shadowed(), self._eps, self._rng)
        self._exchangeable = problem.net.exchangeable
        self.params = problem.params
        self.state = self._optimizer.init(self.params)

    def step(self, x: np.ndarray, y: np.ndarray) -> tuple[float, Arrays]:
        """Train on one batch; return the noisy loss and gradients. `params` are those after the update."""
        order = self._rng.permutation(len(x)) if self._exchangeable else slice(None)
        loss, grads = self._net.loss_and_grads(self._near(self.params), self._noisy(x[order]), y[order])
        grads = self._near(grads)
        self.params, self.state = self._optimizer.update(self._near(self.params), grads, self.state)
        return float(loss) * (1 + self._eps * self._rng.standard_normal()), grads

    def _near(self, arrays: Arrays) -> Arrays:
        return {name: self._noisy(array) for name, array in arrays.items()}

    def _noisy(self, array: np.ndarray) -> np.ndarray:
        if array.dtype.kind != "f":
            return array  # tokens
        noise = self._rng.standard_normal(array.shape, array.dtype)
        return array + noise * array.dtype.type(self._eps) * array


def rounded_network(net: Any, eps: float, rng: np.random.Generator) -> Any:
    """Return `net` with deltas as inexact as automatic differentiation leaves them. Only the MLP has such rules."""
    if not hasattr(net, "through_activation"):
        return net

    class Rounded(type(net)):  # type: ignore[misc]
        def through_activation(self, l, da, p):
            dz = super().through_activation(l, da, p)
            return _off_by(dz, da) if self.activations[l - 1] in SATURATING else dz

        def output_delta(self, p):
            delta = super().output_delta(p)
            if not self.fused:
                return delta
            a = p.a[self.depth]  # p - y: what is left when p is near y is a rounding of p
            return _off_by(delta, a / (len(a) if self.activations[-1] == "softmax" else a.size))

    def _off_by(array, scale):
        return array + rng.standard_normal(array.shape, array.dtype) * array.dtype.type(eps) * scale

    return Rounded(**{f.name: getattr(net, f.name) for f in dataclasses.fields(net)})


def rounded_optimizer(optimizer: Any, eps: float, rng: np.random.Generator) -> Any:
    """Return the optimiser with each of its constants off by eps, relative, up or down.

    Adam's correction keeps the exact ones, since (1 - beta) and 1 - beta^t need not be rounded alike: in
    float32 that leaves three or four digits of their ratio.
    """
    changed = {}
    for f in dataclasses.fields(optimizer):
        value = getattr(optimizer, f.name)
        if dataclasses.is_dataclass(value):
            changed[f.name] = rounded_optimizer(value, eps, rng)
        elif isinstance(value, float):
            changed[f.name] = value * (1 + eps * rng.choice((-1, 1)))
        else:
            changed[f.name] = value
    if not hasattr(optimizer, "direction"):
        return type(optimizer)(**changed)

    class Rounded(type(optimizer)):  # type: ignore[misc]
        def direction(self, m, s, t):
            return optimizer.direction(m, s, t)

    return Rounded(**changed)


def shadows(problem: Problem) -> list[Shadow]:
    """Return the shadows of a run."""
    return [Shadow(problem, SHADOWS * problem.seed + k) for k in range(SHADOWS)]


def resynchronised_shadows(problem: Problem) -> list[Shadow]:
    """Return the shadows of a run step by step."""
    return [Shadow(problem, 1000 * (problem.seed + 1) + k, size=2.0) for k in range(RESYNCHRONISED)]


def distance(params: Arrays, reference: Arrays) -> float:
    """Return ||params - reference|| / ||reference||, all arrays together; nan where either is not finite."""
    apart = sum(float(((params[name] - p).astype(np.float64) ** 2).sum()) for name, p in reference.items())
    size = sum(float((p.astype(np.float64) ** 2).sum()) for p in reference.values())
    return float(np.sqrt(apart) / (np.sqrt(size) or 1.0))
