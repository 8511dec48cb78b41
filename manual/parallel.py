"""One batch in parts: micro-batches one after another, or shards of it on workers.

    L = sum over the parts of w_i L_i        dL = sum over the parts of w_i dL_i        w_i = n_i / N

n_i: the samples of a part where L is a mean over samples, its unmasked tokens where L is a mean over those. The mean of
the parts' means is L only where all n_i are equal. A sum over samples has w_i = 1.
"""

import itertools
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from threading import Barrier
from typing import Any

import numpy as np

from .arrays import Array, Params, Scalar

Share = tuple[Scalar, Params]  # w_i L_i and w_i dL_i


def parts(samples: int, count: int) -> list[slice]:
    """Return `count` slices of the samples, the first ones a sample longer where they cannot be equal."""
    ends = [sum(samples // count + (j < samples % count) for j in range(k)) for k in range(count + 1)]
    return [slice(a, b) for a, b in itertools.pairwise(ends)]


@dataclass(frozen=True)
class Accumulated:
    """A network whose gradient is accumulated over micro-batches.

    net: the network.  sizes: samples of each micro-batch, N together.  weights: w_i of each, or a function
    of y that returns them: how many tokens are unmasked is another number in each batch.
    """

    net: Any
    sizes: tuple[int, ...]
    weights: Any

    def loss(self, params: Params, x: Array, y: Array) -> Scalar:
        """Return the sum of w_i L_i, a scalar."""
        return sum(w * self.net.loss(params, x[part], y[part]) for w, part in self.micro_batches(y))

    def loss_and_grads(self, params: Params, x: Array, y: Array) -> tuple[Scalar, Params]:
        """Return the loss and {name: dL/dp}: each micro-batch adds w_i times its own."""
        loss: Scalar = 0.0
        total: Params = {}
        for w, part in self.micro_batches(y):
            one, grads = self.net.loss_and_grads(params, x[part], y[part])
            loss = loss + w * one
            total = {name: total.get(name, 0) + w * g for name, g in grads.items()}
        return loss, total

    def micro_batches(self, y: Array) -> list[tuple[Scalar, slice]]:
        """Return (w_i, slice of the batch) of each micro-batch."""
        weights = self.weights(y) if callable(self.weights) else self.weights
        ends = [sum(self.sizes[:k]) for k in range(len(self.sizes) + 1)]
        return [(w, slice(a, b)) for w, a, b in zip(weights, ends, ends[1:], strict=False)]


@dataclass(frozen=True)
class DataParallel:
    """A network on workers that each have a shard of the batch and all parameters. Here they are threads.

    net: the network, L a mean over the samples.  workers: how many.
    """

    net: Any
    workers: int

    def loss_and_grads(self, params: Params, x: Array, y: Array) -> tuple[Scalar, Params]:
        """Return the loss and {name: dL/dp}: the sum of all workers' shares, the all-reduce."""
        shards = self.shards(len(x))
        meeting = Meeting(self.workers)
        with ThreadPoolExecutor(self.workers) as threads:
            jobs = [
                threads.submit(self.share, rank, shards, meeting, self.copy(rank, params), x, y)
                for rank in range(self.workers)
            ]
            return self.reduced([job.result() for job in jobs])

    def shards(self, samples: int) -> list[slice]:
        """Return which samples each worker takes."""
        return parts(samples, self.workers)

    def copy(self, rank: int, params: Params) -> Params:
        """Return the parameters of a worker: those of worker 0, which are broadcast."""
        return params

    def share(
        self, rank: int, shards: list[slice], meeting: "Meeting", params: Params, x: Array, y: Array
    ) -> Share:
        """Return (w_i L_i, w_i dL_i) of a worker, w_i = n_i / N."""
        shard = shards[rank]
        weight = (shard.stop - shard.start) / len(x)
        if not hasattr(self.net, "batch_mean"):
            loss, grads = self.net.loss_and_grads(params, x[shard], y[shard])
            return weight * loss, {name: weight * g for name, g in grads.items()}
        with meeting.joined():
            net = self.coupled(shard, len(x), lambda total: meeting.summed(rank, total))
            loss, grads = net.loss_and_grads(params, x[shard], y[shard])
        return weight * loss, grads  # weighted where the backward pass begins

    def coupled(self, shard: slice, samples: int, summed: Callable[[Array], Array]) -> Any:
        """Return the network of a worker where samples depend on one another: means are those of the whole batch."""
        weight = (shard.stop - shard.start) / samples

        class Worker(type(self.net)):  # type: ignore[misc]
            def batch_mean(self, z: Array) -> Array:
                return weight * summed(z.sum(axis=(0, 2, 3), keepdims=True)) / (z.size // z.shape[1])

            def batch_mask(self, shape: tuple[int, ...]) -> Array:
                return super().batch_mask((samples, *shape[1:]))[shard]

            def output_delta(self, trace: Any) -> Array:
                return weight * super().output_delta(trace)

        return Worker(**{f.name: getattr(self.net, f.name) for f in fields(self.net)})

    def reduced(self, shares: Iterable[Share]) -> Share:
        """Return the sum of all shares."""
        losses, grads = zip(*shares, strict=True)
        return sum(losses), {name: sum(g[name] for g in grads) for name in grads[0]}


class Meeting:
    """A sum over threads: each contributes one array."""

    def __init__(self, workers: int) -> None:
        self.barrier, self.arrays = Barrier(workers), [np.zeros(())] * workers

    def summed(self, rank: int, array: Array) -> Array:
        """Return the sum over the workers, the same in all. Waits for the others."""
        self.arrays[rank] = array
        self.barrier.wait()
        total = np.sum(np.stack(self.arrays), axis=0)
        self.barrier.wait()  # nobody brings the next array before all have read this one
        return total

    def joined(self) -> "Meeting":
        """Return a context: a worker that raises in it releases those who wait."""
        return self

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, *raised: object) -> None:
        if kind is not None:
            self.barrier.abort()
