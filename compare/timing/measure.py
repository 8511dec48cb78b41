"""The measurement: what is timed, how much of it, and the result."""

import time
from collections.abc import Callable, Iterable
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np

from ..common.results import environment
from ..common.scratch import Scratch
from ..networks import Network
from ..user.trio.trio import Trio, as_floating
from . import answers, process, where, widths
from .contender import Contender
from .contenders import chosen
from .evaluate import evaluate
from .plan import STATES, Plan, Record
from .result import SCHEMA, TimeResult
from .session import Session
from .task import Task

STUDIES = ("answers", "memory", "flops", "slope", "product", "curvature")
QUICK = Plan(STATES[:1], 30, 0.01, studies=("answers", "curvature"), width_rounds=15)
FULL = Plan(STATES, 40, 0.015, studies=STUDIES, retrace=True, width_rounds=20)
# What `threeways run` times: one contender of each kind, as on a fresh machine. `threeways time` has warm caches too.
MAIN_JOB = ("numpy", "torch", "torch.compile", "jax", "jax.jit")
MAIN_JOB_PLAN = Plan(STATES[:1], 40, 0.015, studies=("answers",))


def time_steps(
    trio: Trio,
    contenders: Iterable[str] | None = None,
    quick: bool = True,
    threads: int = 1,
    seed: int = 0,
    dtype: str = "float32",
    batch: int = 32,
) -> TimeResult:
    """Time the training steps of a user's network, each version and way to run it in a process of its own.

    The network is read from its file there: `threeways.Trio(..., file=__file__)`. What follows it in a program stands
    under `if __name__ == "__main__"`. contenders, quick, threads: as in `threeways time`. Raises UserError for unusable
    settings.
    """
    trio.saved()
    trio = copy(trio)
    trio.held = True  # the steps of one batch again and again: statistics of it alone would be carried
    params = trio.initial(dtype)
    size = len(trio.x) if callable(trio.batch) else min(batch, len(trio.x))
    x, y = as_floating((trio.x[:size], trio.y[:size]), dtype)
    epoch = max(1, len(trio.x) // size)
    options: dict[str, Any] = {"quick": quick, "threads": threads, "seed": seed, "data": trio.name}
    return measure(trio, x, y, params, contenders, steps_per_epoch=epoch if epoch > 1 else 45, **options)


def _notes(trio: Trio) -> list[str]:
    """Return what a reader of the times of a user's network has to know."""
    carried = ", ".join(trio.carried)
    said = [f"{carried} are computed at each step, and not carried to the next"] if carried else []
    return [*said, *trio.said(), *trio.closures(), "every version is timed with gradient descent, rate 0.1"]


def _record(contender: Contender, net: Network | Trio) -> Record:
    """Return the empty Record of a contender; absent where the user's network has no version of its framework."""
    who = {"numpy": "hand"}.get(contender.framework, contender.framework)
    why = net.absent.get(who) if isinstance(net, Trio) else None
    return Record(contender, status="absent", reason=why) if why else Record(contender)


def measure(
    net: Network | Trio,
    x: np.ndarray,
    y: np.ndarray,
    params: dict[str, np.ndarray],
    contenders: Iterable[str] | None = None,
    quick: bool = False,
    threads: int = 1,
    seed: int = 0,
    device: str = "cpu",
    data: str = "digits",
    steps_per_epoch: int = 45,
    width: Iterable[int] | None = None,
    plan: Plan | None = None,
    progress: Callable[[str, int, int], object] | None = None,
) -> TimeResult:
    """Time the contenders at one SGD step after another on one batch.

    x: (N, M_0), y: as the criterion wants it, params: flat dict, all NumPy.  contenders: names, or None for all.
    width: hidden widths to time too; None for the plan's own.  plan: how much to measure, instead of QUICK or FULL.
    progress(what, done, of) is called on the way. Raises UserError for an unknown contender.
    """
    begin = time.perf_counter()
    plan = plan or (QUICK if quick else FULL)
    records = {c.name: _record(c, net) for c in chosen(contenders, parts=plan is FULL)}
    over = widths.chosen(net, width, plan is not FULL)
    task = Task(net, params, x, y, threads, device, min(steps_per_epoch, 100), seed=seed, widths=over)
    on = process.cores(threads)
    with Scratch() as folder:
        session = Session(task, plan, Path(folder), on, progress or (lambda what, done, of: None))
        control = session.run(records, all_widths=width is not None)
        answers.judge(records, task)
    notes = _notes(net) if isinstance(net, Trio) else []
    found = evaluate(records, control, threads, steps_per_epoch, device, notes)
    return TimeResult(
        schema=SCHEMA,
        environment=environment(seed),
        network=net.describe(),
        data=data,
        batch=len(x),
        steps_per_epoch=steps_per_epoch,
        dtype=task.dtype,
        threads=threads,
        device=device,
        pinned_to=on,
        quick=quick,
        states=list(plan.states),
        retrace=[
            {"contender": name} | r.studies["retrace"]
            for name, r in records.items()
            if "retrace" in r.studies
        ],
        where=where.parts(found.contenders),
        widths=widths.fitted(records, task, found.clock, found.pairs) if over else None,
        took_s=time.perf_counter() - begin,
        parameters={name: p.shape for name, p in params.items()},
        **vars(found),
    )
