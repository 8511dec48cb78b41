"""One batch in parts: micro-batches one after another, or shards of it on workers.

    L = sum over the parts of w_i L_i        dL = sum over the parts of w_i dL_i        w_i = n_i / N

n_i: the samples of a part where L is a mean over samples, its unmasked tokens where L is a mean over those. The mean of
the parts' means is L only where all n_i are equal. A sum over samples has w_i = 1.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

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
        """Return the loss and {name: dL/dp}: each micro-batch adds w_i times its own."""
        found = [
            jax.tree.map(lambda a, w=w: w * a, self.net.loss_and_grads(params, x[part], y[part]))
            for w, part in self.micro_batches(y)
        ]
        return jax.tree.map(lambda *shares: sum(shares), *found)

    def micro_batches(self, y: Array) -> list[tuple[Scalar, slice]]:
        """Return (w_i, slice of the batch) of each micro-batch."""
        weights = self.weights(y) if callable(self.weights) else self.weights
        ends = [sum(self.sizes[:k]) for k in range(len(self.sizes) + 1)]
        return [(w, slice(a, b)) for w, a, b in zip(weights, ends, ends[1:], strict=False)]


class DataParallel:
    """A network on workers that each have a shard of the batch and all parameters: the devices of a mesh.

    net: the network, L a mean over the samples.  workers: how many devices, of this process or of several that
    jax.distributed has initialised. XLA puts in the all-reduce: each sum over the batch is one over all shards, also
    that of a batch norm.
    """

    def __init__(self, net: Any, workers: int) -> None:
        self.net, self.workers = net, workers
        self.mesh = Mesh(np.array(jax.devices()[:workers]), ("batch",))
        self._compiled = jax.jit(self._sum_of_parts)

    def loss_and_grads(self, params: Params, x: Array, y: Array) -> tuple[Scalar, Params]:
        """Return the loss and {name: dL/dp}. Every process calls this with the same arguments.

        Raises ValueError where samples depend on one another and cannot be shared out evenly.
        """
        even = len(x) // self.workers * self.workers
        if even < len(x) and hasattr(self.net, "batch_mean"):
            raise ValueError(
                f"{len(x)} samples cannot be shared out evenly over {self.workers} devices of a mesh"
            )
        batches = [] if not even else [self._placed((x[:even], y[:even]), "batch")]
        # An array of a mesh has equal shards; what is left is computed by every device.
        batches += [] if even == len(x) else [self._placed((x[even:], y[even:]))]
        return self._compiled(self._placed(params), batches)

    def shards(self, samples: int) -> list[slice]:
        """Return which samples each worker takes."""
        return parts(samples - samples % self.workers, self.workers)

    def _placed(self, tree: Any, axis: str | None = None) -> Any:
        """Return the arrays on the mesh, shared out along their first axis or, with None, on every device."""
        sharding = NamedSharding(self.mesh, PartitionSpec(axis))

        def place(array: Any) -> Array:
            held = np.asarray(array)
            return jax.make_array_from_callback(held.shape, sharding, lambda index: held[index])

        return jax.tree.map(place, tree)

    def _sum_of_parts(self, params: Params, batches: list[tuple[Array, Array]]) -> tuple[Scalar, Params]:
        samples, found = sum(len(x) for x, _ in batches), []
        for x, y in batches:
            weight = len(x) / samples
            found.append(jax.tree.map(lambda a, w=weight: w * a, self.net.loss_and_grads(params, x, y)))
        return jax.tree.map(lambda *shares: sum(shares), *found)
