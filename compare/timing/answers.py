"""Answers next to speed: the gradient each contender's step really used, against float64, and operations counted."""

from typing import Any

import numpy as np

from .. import networks
from ..common.arrays import Arrays
from ..user.trio.trio import Trio
from ..user.trio.version import Version
from ..witnesses.reference import DRAWS
from ..witnesses.rounding.noisy import Rounding, noisy
from ..witnesses.rounding.units import THRESHOLD, unit
from .plan import Record
from .task import Task


def judge(records: dict[str, Record], task: Task) -> None:
    """Fill in, in place, the noise ratio and verdict in `answers`, and counted / analytic operations in `flops`."""
    exact = {name: p.astype(np.float64) for name, p in task.params.items()}
    x, y = (networks.inputs(a, np.float64) for a in (task.x, task.y))
    net = task.net.shadowed()  # the hand-written network, or the first version of a user's
    noise = None
    for record in records.values():
        if "path" in record.studies.get("answers", {}):
            noise = noise or _noise(net, task)
            with np.load(record.studies["answers"].pop("path")) as after:
                record.studies["answers"] |= _compared(
                    after, net, exact, x, y, noise, task.rate, record.steps
                )
        counted = record.studies.get("flops")
        if counted and counted.get("flops") is not None:
            products = task.net.product_flops(len(task.x))
            if products is not None:
                counted |= {"analytic": products, "share": counted["flops"] / (products * counted["steps"])}


def _noise(net: Any, task: Task) -> Arrays:
    """Return the rounding unit of each gradient entry in the timed dtype, by perturbing every operation."""
    if isinstance(task.net, Trio):
        who = next((w for w in task.net.here if w != "hand"), None)
        if who is not None:
            return Version(task.net, who).rounding(task.params, [task.x, task.y], task.dtype)
        net = task.net.build("hand")
    rounding = Rounding(0)
    draws = [
        net.loss_and_grads(noisy(task.params, rounding), noisy(task.x, rounding), task.y)[1]
        for _ in range(DRAWS)
    ]
    centre = net.loss_and_grads(task.params, task.x, task.y)[1]
    return {name: unit([d[name] for d in draws], centre[name], task.dtype) for name in centre}


def _compared(
    after: Arrays,
    net: Any,
    params: Arrays,
    x: np.ndarray,
    y: np.ndarray,
    noise: Arrays,
    rate: float,
    steps: int,
) -> dict:
    """Recover the gradient from what a call did to the parameters, which costs an ulp of a parameter."""
    eps = np.finfo(next(iter(after.values())).dtype).eps
    expected = params
    for _ in range(steps):
        grads = net.loss_and_grads(expected, x, y)[1]
        expected = {name: p - rate * grads[name] for name, p in expected.items()}
    worst, where = 0.0, None
    for name, p in params.items():
        off = np.abs(after[name].astype(np.float64) - expected[name]) / rate
        units = steps * (noise[name] + eps * np.abs(p) / rate)
        ratio = np.where(np.isfinite(off), off / units, np.inf)
        if ratio.max() > worst:
            worst, where = float(ratio.max()), name
    # The error of one step is carried through the next: a factor for it, and no more.
    limit = THRESHOLD * (1 if steps == 1 else 10)
    return {"noise_ratio": worst, "worst": f"{where}, {worst:.2g} rounding units", "ok": bool(worst <= limit)}
