"""A contender: one implementation, its own parameters, and one step at a time through the batches."""

import contextlib
import copy
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from ..common.arrays import Arrays
from ..networks import PACKAGES, Network
from ..networks.optimizers import Optimizer
from ..user.trio.trio import Trio
from ..user.trio.updates import Rule


@dataclass(frozen=True)
class Problem:
    """A training run, NumPy-born: network, optimiser, parameters, samples, and which of them make each batch.

    x: (N, features).  y: (N,) or (N, outputs).  order: (steps, batch) rows of x.  seed: what all was drawn from.
    """

    net: Network | Trio
    rule: Optimizer | Rule
    params: Arrays
    x: np.ndarray
    y: np.ndarray
    order: np.ndarray
    seed: int = 0

    @property
    def steps(self) -> int:
        """Return the number of batches."""
        return len(self.order)

    @property
    def dtype(self) -> np.dtype:
        """The floating type of the parameters."""
        return np.result_type(*self.params.values())

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (x, y) of one step."""
        return self.x[self.order[step]], self.y[self.order[step]]


def in_dtype(who: str, dtype: np.dtype) -> contextlib.AbstractContextManager:
    """Let `who` hold `dtype`: jax rounds float64 away unless it is enabled around each single call."""
    if who == "jax" and np.dtype(dtype) == np.float64:
        import jax

        return jax.enable_x64(True)
    return contextlib.nullcontext()


@contextlib.contextmanager
def training_process(who: Collection[str]) -> Iterator[None]:
    """Set up the process for training: NumPy and torch on one thread each, restored after; no warnings of overflow.

    At this size more threads lose time, a hundredfold where cores are busy; and how a product is cut among
    threads changes its last bits, so that a number would depend on how many there were. Overflow and nan are
    what a run may come to; the verdict says so, not NumPy.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(np.errstate(all="ignore"))
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

    framework = ""  # of one that is no framework's by its name

    def __init__(self, who: str, problem: Problem):
        self.who, self.problem = who, problem
        package = import_module(PACKAGES[who])
        self._steps = steps = import_module(f"{PACKAGES[who]}.steps")
        self._from_numpy, self._to_numpy = package.from_numpy, package.to_numpy
        self._net, self._optimizer = problem.net.build(who), problem.rule.build(who)
        self._step = getattr(steps, "compiled" if who == "jax" else "eager")(self._net, self._optimizer)
        # A user's network may be a loss alone.
        self._forward, self._loss_and_grads = getattr(self._net, "forward", None), self._net.loss_and_grads
        if who == "jax":
            import jax

            self._forward = self._forward and jax.jit(self._forward)
            self._loss_and_grads = jax.jit(self._loss_and_grads)
        self._begin()

    def _begin(self) -> None:
        with self._in_dtype():
            self._params = self._from_numpy(self.problem.params)
            self._state = self._optimizer.init(self._params)

    def again(self) -> "Contender":
        """Return the same contender at the start of the run; nothing is compiled a second time."""
        other = copy.copy(self)
        other._begin()
        return other

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (x, y) that this contender takes at `step`."""
        return self.problem.batch(step)

    def step(self, step: int) -> float:
        """Train on one batch; return the loss before the update."""
        with self._in_dtype():
            x, y = self._from_numpy(self.batch(step))
            self._params, self._state, loss = self._step(self._params, self._state, x, y)
            return float(loss)

    def gradients(self, step: int) -> tuple[float, Arrays]:
        """Return the loss and the gradients at the present parameters on the batch of `step`."""
        return self.gradients_on(*self.batch(step))

    def gradients_on(self, x: np.ndarray, y: np.ndarray) -> tuple[float, Arrays]:
        """Return the loss and the gradients at the present parameters on any samples."""
        with self._in_dtype():
            loss, grads = self._loss_and_grads(self._params, *self._from_numpy((x, y)))
            return float(loss), self._to_numpy(grads)

    def predict(self, x: np.ndarray) -> np.ndarray | None:
        """Return the prediction at the present parameters; None of a network that is a loss alone."""
        if self._forward is None:
            return None
        with self._in_dtype():
            return self._to_numpy(self._forward(self._params, self._from_numpy(x)))

    @property
    def params(self) -> Arrays:
        """The present parameters, copies."""
        with self._in_dtype():
            return self._to_numpy(self._params)

    def put(self, params: Arrays) -> None:
        """Go on from these parameters; the optimiser keeps its state."""
        with self._in_dtype():
            self._params = self._from_numpy(params)

    def state(self) -> list[np.ndarray]:
        """Return the optimiser's state: with `params`, all that a run goes on from."""
        with self._in_dtype():
            return [np.array(self._to_numpy(leaf)) for leaf in self._leaves(self._state)]

    def put_state(self, arrays: Iterable[np.ndarray]) -> None:
        """Go on from this state of the optimiser."""
        with self._in_dtype():
            self._state = self._filled(self._state, iter(arrays))

    def _leaves(self, tree: Any) -> list:
        if self.who == "jax":
            import jax

            return jax.tree.leaves(tree)
        if isinstance(tree, dict):
            return [leaf for branch in tree.values() for leaf in self._leaves(branch)]
        return [tree]

    def _filled(self, tree: Any, arrays: Iterator[np.ndarray]) -> Any:
        if self.who == "jax":
            import jax

            return jax.tree.map(lambda leaf: self._from_numpy(next(arrays)), tree)
        if isinstance(tree, dict):
            return {key: self._filled(branch, arrays) for key, branch in tree.items()}
        return int(next(arrays)) if isinstance(tree, int) else self._from_numpy(next(arrays))

    def _in_dtype(self) -> contextlib.AbstractContextManager:
        return in_dtype(self.who, self.problem.dtype)
