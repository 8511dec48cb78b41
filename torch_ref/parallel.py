"""One batch in parts: micro-batches one after another, or shards of it on workers.

    L = sum over the parts of w_i L_i        dL = sum over the parts of w_i dL_i        w_i = n_i / N

n_i: the samples of a part where L is a mean over samples, its unmasked tokens where L is a mean over those. The mean of
the parts' means is L only where all n_i are equal. A sum over samples has w_i = 1.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import torch

from .arrays import Array, Params, Scalar


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
        """Return the loss and {name: dL/dp}: each backward pass adds w_i times its own to p.grad."""
        leaves = {name: p.detach().requires_grad_() for name, p in params.items()}
        loss = torch.zeros(())
        for w, part in self.micro_batches(y):
            one = w * self.net.loss(leaves, x[part], y[part])
            one.backward()
            loss = loss + one.detach()
        return loss, {name: torch.zeros_like(p) if p.grad is None else p.grad for name, p in leaves.items()}

    def micro_batches(self, y: Array) -> list[tuple[Scalar, slice]]:
        """Return (w_i, slice of the batch) of each micro-batch."""
        weights = self.weights(y) if callable(self.weights) else self.weights
        ends = [sum(self.sizes[:k]) for k in range(len(self.sizes) + 1)]
        return [(w, slice(a, b)) for w, a, b in zip(weights, ends, ends[1:], strict=False)]


class DataParallel:
    """A network on workers that each have a shard of the batch and all parameters: a process group's, by DDP.

    net: the network, L a mean over the samples.  workers: how many; torch.distributed is initialised, with as many.
    """

    def __init__(self, net: Any, workers: int) -> None:
        self.net, self.workers = net, workers
        self.module: Any = None

    def loss_and_grads(self, params: Params, x: Array, y: Array) -> tuple[Scalar, Params]:
        """Return the loss and {name: dL/dp}. Every worker calls this with the same arguments."""
        shards = self.shards(len(x))
        shard = shards[torch.distributed.get_rank()]
        weight = (shard.stop - shard.start) / len(x)
        module = self._on(params, self._coupled(shard, len(x), _all_reduced))
        # DDP divides the sum over workers by their number; the mean of shards' means is the batch's mean where
        # shards are equal, and with this factor everywhere.
        loss = weight * self.workers * module(x[shard], y[shard])
        loss.backward()
        total = loss.detach() / self.workers
        torch.distributed.all_reduce(total)
        return total, {name: p.grad for name, p in zip(params, module.module.held, strict=True)}

    def shards(self, samples: int) -> list[slice]:
        """Return which samples each worker takes."""
        return parts(samples, self.workers)

    def _on(self, params: Params, net: Any) -> Any:
        """Return the DDP module with these parameters. DDP broadcasts those of worker 0 when it is made."""
        if self.module is None:
            held = torch.nn.ParameterList(torch.nn.Parameter(p.detach().clone()) for p in params.values())
            self.module = torch.nn.parallel.DistributedDataParallel(_Loss(held, tuple(params)))
        else:
            with torch.no_grad():
                for there, p in zip(self.module.module.held, params.values(), strict=True):
                    there.copy_(p)
                    there.grad = None
        self.module.module.net = net
        return self.module

    def _coupled(self, shard: slice, samples: int, summed: Callable[[Array], Array]) -> Any:
        """Return the network of a worker where samples depend on one another: means are those of the whole batch."""
        if not hasattr(self.net, "batch_mean"):
            return self.net
        weight = (shard.stop - shard.start) / samples

        class Worker(type(self.net)):  # type: ignore[misc]
            def batch_mean(self, z: Array) -> Array:
                return weight * summed(z.sum((0, 2, 3), keepdim=True)) / (z.numel() // z.shape[1])

            def batch_mask(self, shape: tuple[int, ...]) -> Array:
                return super().batch_mask((samples, *shape[1:]))[shard]

        return Worker(**{f.name: getattr(self.net, f.name) for f in fields(self.net)})


def _all_reduced(array: Array) -> Array:
    """Return the sum over the workers; the backward pass sums too."""
    from torch.distributed.nn.functional import all_reduce

    return all_reduce(array)


class _Loss(torch.nn.Module):
    def __init__(self, held: torch.nn.ParameterList, names: tuple[str, ...]) -> None:
        super().__init__()
        self.held, self.names = held, names
        self.net: Any = None

    def forward(self, x: Array, y: Array) -> Scalar:
        return self.net.loss(dict(zip(self.names, self.held, strict=True)), x, y)
