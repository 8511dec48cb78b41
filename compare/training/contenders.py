"""A contender: one implementation, its own parameters, and one step at a time through the batches."""

import contextlib
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from ..networks import PACKAGES


@dataclass(frozen=True)
class Problem:
    """What every contender is handed, NumPy-born: a start, samples, and which of them make each batch.

    params: a flat dict of arrays.  x: (N, features).  y: (N,) or (N, outputs).
    order: (steps, batch) rows of x.
    """

    params: dict
    x: np.ndarray
    y: np.ndarray
    order: np.ndarray

    @property
    def steps(self):
        return len(self.order)

    @property
    def dtype(self):
        return np.result_type(*self.params.values())

    def batch(self, step):
        """(x, y) of one step."""
        return self.x[self.order[step]], self.y[self.order[step]]


def in_dtype(who, dtype):
    """Where `who` may hold `dtype`: jax rounds float64 away unless told not to, around each single call."""
    if who == "jax" and np.dtype(dtype) == np.float64:
        import jax

        return jax.enable_x64(True)
    return contextlib.nullcontext()


@contextlib.contextmanager
def one_thread(who=("hand", "torch")):
    """NumPy and torch on one thread each, restored after.

    At this size more threads lose time, a hundredfold where cores are busy; and how a product is cut among
    threads changes its last bits, so that a number would depend on how many there were.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(ImportError):  # comes with scikit-learn
            from threadpoolctl import threadpool_limits

            stack.enter_context(threadpool_limits(1, user_api="blas"))
        if "torch" in who:
            import torch

            stack.callback(torch.set_num_threads, torch.get_num_threads())
            torch.set_num_threads(1)
        yield


class Contender:
    """One implementation of the training run: "hand" and "torch" step eagerly, "jax" with a compiled step."""

    def __init__(self, who, net, optimizer, problem):
        self.who, self.problem = who, problem
        package = import_module(PACKAGES[who])
        steps = import_module(f"{PACKAGES[who]}.steps")
        self._from_numpy, self._to_numpy = package.from_numpy, package.to_numpy
        self._net, self._optimizer = net.build(who), optimizer.build(who)
        self._step = getattr(steps, "compiled" if who == "jax" else "eager")(self._net, self._optimizer)
        self._forward, self._loss_and_grads = self._net.forward, self._net.loss_and_grads
        if who == "jax":
            import jax

            self._forward, self._loss_and_grads = jax.jit(self._forward), jax.jit(self._loss_and_grads)
        with self._in_dtype():
            self._params = self._from_numpy(problem.params)
            self._state = self._optimizer.init(self._params)

    def batch(self, step):
        """(x, y) that this contender takes at `step`."""
        return self.problem.batch(step)

    def step(self, step):
        """Train on one batch: the loss from before the update."""
        with self._in_dtype():
            x, y = self._from_numpy(self.batch(step))
            self._params, self._state, loss = self._step(self._params, self._state, x, y)
            return float(loss)

    def gradients(self, step):
        """(loss, gradients in NumPy) at the present parameters on the batch of `step`."""
        return self.gradients_on(*self.batch(step))

    def gradients_on(self, x, y):
        """(loss, gradients in NumPy) at the present parameters on any samples."""
        with self._in_dtype():
            loss, grads = self._loss_and_grads(self._params, *self._from_numpy((x, y)))
            return float(loss), self._to_numpy(grads)

    def predict(self, x):
        """The prediction at the present parameters for samples in NumPy."""
        with self._in_dtype():
            return self._to_numpy(self._forward(self._params, self._from_numpy(x)))

    @property
    def params(self):
        """The present parameters as NumPy arrays, copies."""
        with self._in_dtype():
            return self._to_numpy(self._params)

    def put(self, params):
        """Go on from these parameters; what the optimiser remembers stays."""
        with self._in_dtype():
            self._params = self._from_numpy(params)

    def state(self):
        """What the optimiser remembers, as a list of NumPy arrays: with `params`, all that a run goes on from."""
        with self._in_dtype():
            return [np.array(self._to_numpy(leaf)) for leaf in self._leaves(self._state)]

    def put_state(self, arrays):
        """The inverse of `state`."""
        with self._in_dtype():
            self._state = self._filled(self._state, iter(arrays))

    def _leaves(self, tree):
        if self.who == "jax":
            import jax

            return jax.tree.leaves(tree)
        if isinstance(tree, dict):
            return [leaf for branch in tree.values() for leaf in self._leaves(branch)]
        return [tree]

    def _filled(self, tree, arrays):
        if self.who == "jax":
            import jax

            return jax.tree.map(lambda leaf: self._from_numpy(next(arrays)), tree)
        if isinstance(tree, dict):
            return {key: self._filled(branch, arrays) for key, branch in tree.items()}
        return int(next(arrays)) if isinstance(tree, int) else self._from_numpy(next(arrays))

    def _in_dtype(self):
        return in_dtype(self.who, self.problem.dtype)
