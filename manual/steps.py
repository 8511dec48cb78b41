"""How a training step is executed: here there is one way, since NumPy has no graph.

A step is a function (params, state, x, y) -> (params, state, loss).
"""

from collections.abc import Callable
from typing import Any

from .arrays import Array, Params, Scalar
from .optimizers import Optimizer, State

Step = Callable[..., tuple[Params, State, Scalar]]


def eager(net: Any, optimizer: Optimizer) -> Step:
    """One forward, one backward pass and the update, each operation run as it is reached."""

    def step(params: Params, state: State, x: Array, y: Array) -> tuple[Params, State, Scalar]:
        loss, grads = net.loss_and_grads(params, x, y)
        params, state = optimizer.update(params, grads, state)
        return params, state, loss

    return step
