"""Shadows: the hand-written run again, with noise of the size of rounding at every step.

Three correct implementations round differently in every operation, at every step. A shadow stands for one
more of them: at each step its parameters, inputs and gradients move by about one unit in the last place, and
its optimiser's constants are off as far as the dtype holds them. How far shadows get from the run says how
far a correct implementation may.
"""

import dataclasses

import numpy as np


class Shadow:
    """One noisy copy of the hand-written run. It has no batch order of its own: `step` is handed the batch."""

    def __init__(self, net, optimizer, problem, seed, size=1.0):
        self._net, self._rng = net.build("hand"), np.random.default_rng([seed, 3])
        self._eps = size * float(np.finfo(problem.dtype).eps)
        self._optimizer = jittered(optimizer.build("hand"), self._eps, self._rng)
        self.params = problem.params
        self._state = self._optimizer.init(self.params)

    def step(self, x, y):
        """(loss, gradients) as they come out with noise; `params` are those after the update."""
        loss, grads = self.gradients(x, y)
        self.params, self._state = self._optimizer.update(self._near(self.params), grads, self._state)
        return loss, grads

    def gradients(self, x, y):
        """(loss, gradients) at parameters and samples that are a rounding away."""
        loss, grads = self._net.loss_and_grads(self._near(self.params), self._noisy(x), y)
        return float(loss) * (1 + self._eps * self._rng.standard_normal()), self._near(grads)

    def _near(self, arrays):
        return {name: self._noisy(array) for name, array in arrays.items()}

    def _noisy(self, array):
        """Each entry by a rounding of its own, and by one of the array's size: what a sum leaves behind."""
        own, shared = self._rng.standard_normal((2, *array.shape)) * self._eps
        root_mean_square = np.sqrt((array**2).mean()) if array.size else 0.0
        return (array + own * array + shared * root_mean_square * (array != 0)).astype(array.dtype)


def jittered(optimizer, eps, rng):
    """The optimiser with each of its real constants moved by about `eps`, relative."""
    changed = {}
    for f in dataclasses.fields(optimizer):
        value = getattr(optimizer, f.name)
        if dataclasses.is_dataclass(value):
            changed[f.name] = jittered(value, eps, rng)
        elif isinstance(value, float):
            changed[f.name] = value * (1 + eps * rng.standard_normal())
    return dataclasses.replace(optimizer, **changed)


def distance(params, reference):
    """||params - reference|| / ||reference||, all arrays together; nan where either is not finite."""
    apart = sum(float(((params[name] - p).astype(np.float64) ** 2).sum()) for name, p in reference.items())
    size = sum(float((p.astype(np.float64) ** 2).sum()) for p in reference.values())
    return float(np.sqrt(apart) / (np.sqrt(size) or 1.0))
