"""Studies of a child process other than timing: answers, memory, operations, and what makes it trace again.

Each study returns a plain dict.
"""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from . import clock
from .contender import Contender, Prepared
from .task import Task

PRODUCT_SIZE = 512
REPETITIONS = 9
SECOND_ORDER = ("numpy", "torch", "jax.jit")
PRECISION = {"flush_to_zero": False, "tf32": False, "matmul_precision": None}


class Studied(NamedTuple):
    """The contender that is studied: its engine, its row, its task, prepared, and the folder of the run."""

    engine: ModuleType
    contender: Contender
    task: Task
    prepared: Prepared
    folder: Path


def answers(it: Studied) -> dict:
    """Save the parameters after a call for the parent, which reads the gradient off them."""
    params, _, loss = it.prepared.call(it.prepared.params, it.prepared.state)
    before = it.engine.compiles()
    after = it.prepared.call(*it.prepared.call(it.prepared.params, it.prepared.state)[:2])[0]
    drift = sorted(n for n, p in params.items() if str(after[n].dtype) != str(it.prepared.params[n].dtype))
    seen = {"again": it.engine.compiles() - before, "drift": drift}
    path = it.folder / f"answers-{it.contender.name}.npz"
    np.savez(path, **it.prepared.to_numpy(params))
    value = float(np.asarray(it.prepared.to_numpy(loss)))
    return {"path": str(path), "loss": value} | seen | PRECISION | it.engine.precision()


def memory(it: Studied) -> dict:
    """Return the bytes that a step needs apart from its arguments, and the process's peak."""
    needed, how = it.engine.memory(it.contender, it.task, it.prepared)
    return {"bytes": needed, "how": how, "peak_process_bytes": clock.peak_memory()}


def flops(it: Studied) -> dict:
    """Return the floating-point operations of a call as the framework's own cost analysis counts them, or None."""
    return dict(zip(("flops", "how", "steps"), it.engine.flops(it.contender, it.prepared), strict=True))


def slope(it: Studied) -> dict:
    """Return the time of 2k calls over that of k: near 2, or something was computed once and for all."""
    calls = clock.calibrate(it.prepared, 0.01, it.task.clock)
    ratios = []
    for _ in range(REPETITIONS):
        one, two = clock.block(it.prepared, calls), clock.block(it.prepared, 2 * calls)
        ratios.append(two.cpu_s / one.cpu_s if it.task.device == "cpu" else two.wall_s / one.wall_s)
    return {"ratio": median(ratios), "calls": calls}


def product(it: Studied) -> dict:
    """Return the FLOP/s of a plain matrix product in this process."""
    n, dtype, ready = PRODUCT_SIZE, next(iter(it.task.params.values())).dtype, it.prepared
    a, b = (ready.from_numpy(np.random.default_rng(s).standard_normal((n, n)).astype(dtype)) for s in (0, 1))
    ready.sync(ready.matmul(a, b))
    seconds = []
    for _ in range(REPETITIONS):
        begin = time.perf_counter()
        ready.sync(ready.matmul(a, b))
        seconds.append(time.perf_counter() - begin)
    return {"size": n, "flops_per_s": 2 * n**3 / median(seconds)}


def curvature(it: Studied) -> dict:
    """Return what a Hessian-vector product costs next to a gradient, in alternating calls; {} where there is none.

    ratio: the median over the rounds of product / gradient; gradient_s, product_s: medians.
    """
    ready, contender = it.prepared, it.contender
    net = it.task.net.build({"numpy": "hand"}.get(contender.framework, contender.framework))
    if contender.name not in SECOND_ORDER or not hasattr(net, "hessian_vector"):
        return {}
    rng = np.random.default_rng(0)
    v = ready.from_numpy({n: rng.standard_normal(p.shape).astype(p.dtype) for n, p in it.task.params.items()})
    given = (ready.params, ready.x, ready.y)
    gradient, product = map(it.engine.compiled, (net.loss_and_grads, net.hessian_vector))
    calls = (lambda: ready.sync(gradient(*given)), lambda: ready.sync(product(*given, v)))
    clock = (
        time.process_time if it.task.device == "cpu" else time.perf_counter
    )  # what other processes take apart
    many = max(1, round(0.02 / max(_seconds(c, 5, time.perf_counter) for c in calls)))
    rounds = [[_seconds(call, many, clock) for call in calls] for _ in range(REPETITIONS)]
    one, two = (median(side) for side in zip(*rounds, strict=True))
    return {"ratio": median(p / g for g, p in rounds), "gradient_s": one, "product_s": two}


def _seconds(call: Callable[[], Any], many: int, clock: Callable[[], float]) -> float:
    """Return the time of one of `many` calls, after one that is not counted."""
    call()
    begin = clock()
    for _ in range(many):
        call()
    return (clock() - begin) / many


def retrace(it: Studied) -> dict:
    """Return what a changed argument costs: each change tries two new values in turn.

    Whether the second compiles again, too, tells a graph for each value from one for all.
    """
    again = it.engine.retraceable(it.task)
    step, params, x, y = again.step, again.params, again.x, again.y

    def batch(n: int) -> tuple[str, Callable]:
        return f"batch of {n}", lambda: step(params, x[:n], y[:n], 0.1)

    def rate(value: Any, said: str) -> tuple[str, Callable]:
        return said, lambda: step(params, x, y, value)

    half = {name: again.bfloat16(p) for name, p in params.items()}
    plans = {
        "nothing new": [batch(len(x)), batch(len(x))],
        "new batch size": [batch(len(x) // 2), batch(3 * len(x) // 4)],
        "rate, Python float": [rate(v, f"{v}") for v in (0.2, 0.3)],
        "rate, NumPy scalar": [rate(np.float32(v), f"np.float32({v})") for v in (0.2, 0.3)],
        "rate, 0-d array": [rate(again.scalar(v), f"array({v})") for v in (0.2, 0.3)],
        "new dtype": [
            ("bfloat16", lambda: step(half, again.bfloat16(x), y, 0.1)),
            ("back again", lambda: step(params, x, y, 0.1)),
        ],
    }
    step(params, x, y, 0.1)
    return {
        "changes": [
            {"change": change, "calls": [_changed(*call, again.compiles) for call in calls]}
            for change, calls in plans.items()
        ]
    }


def _changed(value: str, call: Callable, compiles: Callable[[], int]) -> dict:
    before, begin = compiles(), time.perf_counter()
    try:
        call()
    except Exception as error:  # a refusal is an answer, too
        said = f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"
        return {"value": value, "error": said[:200]}
    first, retraced = time.perf_counter() - begin, compiles() > before
    begin = time.perf_counter()
    call()
    return {"value": value, "first_s": first, "again_s": time.perf_counter() - begin, "retraced": retraced}
