"""Contenders that share each step out over workers, and what a wrong sharing does, named by its numbers."""

from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any

import numpy as np

from manual.parallel import DataParallel, parts

from ..checks.executions.workers.group import ENGINES, Group
from ..checks.executions.workers.wire import unpacked
from ..common.arrays import Arrays
from ..mistakes.shares import named, sentence
from ..networks import Network
from .contenders import Contender, Problem

Equal = Callable[[Arrays], bool]
COUPLED = (
    "batchnorm-not-synchronised",
    "each worker normalises with its own shard's mean and variance: synchronise the statistics of the batch norm",
)
MASK = (
    "dropout-mask-shared",
    "all workers draw the same dropout mask: each needs its own rows of the batch's mask",
)


class HandShared(Contender):
    """The derivation with its batch shared out over threads. parallel: a DataParallel, or one with a mistake."""

    framework = "numpy"

    def __init__(self, problem: Problem, workers: int, parallel: type[DataParallel] = DataParallel):
        super().__init__("hand", problem)
        self.who, self.workers = f"hand x {workers}", workers
        self.shared = parallel(self._net, workers)
        self._loss_and_grads = self.shared.loss_and_grads
        self._step = self._steps.eager(self.shared, self._optimizer)

    def apart(self) -> tuple[int, str] | None:
        """Return the first worker that has other parameters than worker 0, and which array; or None."""
        return _apart([self.shared.copy(rank, self._params) for rank in range(self.workers)])


class EngineShared:
    """One of ENGINES in the place of a Contender: the parent holds the parameters, the workers compute."""

    def __init__(self, engine: str, problem: Problem, group: Group):
        self.who, self.problem, self.group, self.workers = (
            f"{engine} x {group.workers}",
            problem,
            group,
            group.workers,
        )
        self.framework = ENGINES[engine].framework
        self._begin()

    def _begin(self) -> None:
        self.put(self.problem.params)
        self.group.ask("restart")

    def again(self) -> "EngineShared":
        """Return the same contender at the start of the run."""
        self._begin()
        return self

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (x, y) of a step."""
        return self.problem.batch(step)

    def step(self, step: int) -> float:
        """Train on one batch; return the loss before the update."""
        x, y = self.batch(step)
        answer = self.group.ask("step", x=x, y=y)[0]
        self._params = self._typed(unpacked(answer["arrays"]))
        return float(answer["loss"])

    def gradients(self, step: int) -> tuple[float, Arrays]:
        """Return the loss and the gradients at the present parameters on the batch of `step`."""
        return self.gradients_on(*self.batch(step))

    def gradients_on(self, x: np.ndarray, y: np.ndarray) -> tuple[float, Arrays]:
        """Return the loss and the gradients at the present parameters on any samples."""
        answer = self.group.ask("gradient", x=x, y=y)[0]
        return float(answer["loss"]), self._typed(unpacked(answer["arrays"]))

    def predict(self, x: np.ndarray) -> None:
        """Return no prediction: the workers compute losses."""

    @property
    def params(self) -> Arrays:
        """The present parameters."""
        return {name: a.copy() for name, a in self._params.items()}

    def put(self, params: Arrays) -> None:
        """Go on from these parameters; the optimiser keeps its state."""
        self._params = dict(params)
        self.group.ask("put", params=params)

    def state(self) -> list[np.ndarray]:
        """Return the optimiser's state: with `params`, all that a run goes on from."""
        return unpacked(self.group.ask("kept")[0]["arrays"])

    def put_state(self, arrays: Iterable[np.ndarray]) -> None:
        """Replace the optimiser's state by this one."""
        self.group.ask("put_kept", arrays=list(arrays))

    def apart(self) -> tuple[int, str] | None:
        """Return the first worker that has other parameters than worker 0, and which array; or None."""
        return _apart([unpacked(answer["arrays"]) for answer in self.group.ask("held")])

    def _typed(self, arrays: Arrays) -> Arrays:
        return {name: a.astype(self.problem.dtype) for name, a in arrays.items()}


class Own(DataParallel):
    """Workers of a coupled network with one thing left out: means of their own shards, or one mask for all."""

    synchronised, own_rows = True, True

    def coupled(self, shard: slice, samples: int, summed: Callable[..., Any]) -> Any:
        """Return the network of a worker, with the mistake."""
        right = super().coupled(shard, samples, summed)
        own, plain = self, type(self.net)

        class Wrong(type(right)):  # type: ignore[misc]
            def batch_mean(self, z: Any) -> Any:
                # Deltas hold the worker's weight from the output on: a mean of theirs is that of the shard.
                return super().batch_mean(z) if own.synchronised else plain.batch_mean(self, z)

            def batch_mask(self, shape: tuple[int, ...]) -> Any:
                return super().batch_mask(shape) if own.own_rows else plain.batch_mask(self, shape)

        return Wrong(**{f.name: getattr(self.net, f.name) for f in fields(self.net)})


class Unsynchronised(Own):
    """Each worker has the statistics of its own shard."""

    synchronised = False


class OneMask(Own):
    """Each worker draws the first rows of the mask."""

    own_rows = False


VARIANTS: tuple[tuple[type[DataParallel], tuple[str, str]], ...] = (
    (Unsynchronised, COUPLED),
    (OneMask, MASK),
)


def shared_wrongly(
    judge: Contender, suspect: Any, start: Arrays, x: np.ndarray, y: np.ndarray, equal: Equal
) -> tuple[tuple[str, ...], str] | None:
    """Return (ids, sentence) of the mistake that gives the suspect's gradients, or None.

    judge: a contender without workers, at `start`.  equal(arrays): whether these are the suspect's gradients.
    """
    suspect.put(start)
    suspect.gradients_on(x, y)
    apart = suspect.apart()
    if apart:
        rank, name = apart
        said = f"worker {rank} has another {name} than worker 0: the parameter was not broadcast at the start"
        return ("not-broadcast",), said
    workers, net = suspect.workers, judge.problem.net
    sizes = tuple(s.stop - s.start for s in parts(len(x), workers))
    by_hand = net.build("hand") if isinstance(net, Network) else None
    if hasattr(by_hand, "batch_mean"):
        for variant, found in VARIANTS:
            if equal(variant(by_hand, workers).loss_and_grads(start, x, y)[1]):
                return (found[0],), found[1]
        return None
    judge.put(start)
    one_each = [judge.gradients_on(x[s], y[s])[1] for s in parts(len(x), workers)]
    weights = tuple(n / len(x) for n in sizes)
    right = judge.gradients_on(x, y)[1]
    mean = {n: sum(w * g[n] for w, g in zip(weights, one_each, strict=True)) for n in right}
    if equal(mean) and not all(np.allclose(mean[n], right[n], 1e-9, 1e-12) for n in right):
        return (COUPLED[0],), COUPLED[1]
    mixed = named(one_each, weights, sizes, True, equal)
    return (tuple(m.id for m in mixed), sentence(mixed)) if mixed else None


def _apart(held: list[Arrays]) -> tuple[int, str] | None:
    return next(
        (
            (rank, n)
            for rank, there in enumerate(held)
            for n, a in there.items()
            if not np.array_equal(a, held[0][n])
        ),
        None,
    )
