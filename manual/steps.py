"""How a training step is executed: here there is one way, since NumPy has no graph.

A step is a function (params, state, x, y) -> (params, state, loss).
"""

import ctypes
from collections.abc import Callable
from typing import Any

from .arrays import Array, Params, Scalar
from .optimizers import Optimizer, State

Step = Callable[..., tuple[Params, State, Scalar]]

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h
LARGEST_KEPT, MOST_KEPT = (
    1 << 25,
    1 << 30,
)  # bytes of an array (the most that glibc takes), and of all free ones


def eager(net: Any, optimizer: Optimizer) -> Step:
    """Return the step: one forward, one backward pass and the update, each operation run as it is reached."""

    def step(params: Params, state: State, x: Array, y: Array) -> tuple[Params, State, Scalar]:
        loss, grads = net.loss_and_grads(params, x, y)
        params, state = optimizer.update(params, grads, state)
        return params, state, loss

    return step


def keep_memory() -> bool:
    """Keep freed memory in this process for the arrays of the next step; return whether the C library does so.

    By default glibc returns the memory of large arrays to the system, and each step pays the page faults of new
    ones. This setting holds for the whole process, until it ends. Call it once, before training. Returns False
    where the C library is not glibc.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT) and mallopt(M_TRIM_THRESHOLD, MOST_KEPT))
