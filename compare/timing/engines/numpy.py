"""NumPy: no graph at all, so what is left is the arithmetic and NumPy's own overhead."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

from manual import from_numpy, optimizers, steps, to_numpy

from ..contender import AbsentError, Contender, Prepared
from ..task import Task


def prepared(task: Task, contender: Contender) -> Prepared:
    """Prepare the contender on the task's arrays. Raises AbsentError on a GPU."""
    if task.device != "cpu":
        raise AbsentError("NumPy has no GPU")
    optimizer = optimizers.SGD(task.rate)
    params = dict(task.params)
    return Prepared(
        getattr(steps, contender.step)(task.net.build("hand"), optimizer),
        *(params, optimizer.init(params), task.x, task.y),
        sync=lambda tree: None,  # NumPy returns when the result is there
        from_numpy=from_numpy,
        to_numpy=to_numpy,
        matmul=np.matmul,
    )


def warm() -> None:
    """Nothing is compiled."""


def parts(contender: Contender) -> dict[str, float]:
    """Return no parts: nothing is compiled."""
    return {}


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function as it is."""
    return function


def compiles() -> int:
    """Return 0: nothing is compiled."""
    return 0


def precision() -> dict:
    """Return whether subnormals survive."""
    return {"flush_to_zero": bool(np.float32(1e-40) * np.float32(0.5) == 0)}


def memory(contender: Contender, task: Task, ready: Prepared) -> tuple[int, str]:
    """Return the peak of NumPy's allocations during a step."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    ready.call(ready.params, ready.state)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return peak, "peak of NumPy's allocations during a step"


def flops(contender: Contender, ready: Prepared) -> tuple[None, None, int]:
    """Return None: NumPy counts no operations."""
    return None, None, ready.steps
