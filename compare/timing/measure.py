"""The measurement: what is timed, how much of it, and the result."""

import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from ..common.results import environment
from ..networks import Network
from . import answers, process, where, widths
from .contenders import chosen
from .evaluate import evaluate
from .plan import STATES, Plan, Record
from .result import SCHEMA, TimeResult
from .session import Session
from .task import Task

STUDIES = ("answers", "memory", "flops", "slope", "product")
QUICK = Plan(STATES[:1], 30, 0.01, studies=("answers",), width_rounds=15)
FULL = Plan(STATES, 40, 0.015, studies=STUDIES, retrace=True, width_rounds=20)
# What `threeways run` times: one contender of each kind, as on a fresh machine. `threeways time` has warm caches too.
MAIN_JOB = ("numpy", "torch", "torch.compile", "jax", "jax.jit")
MAIN_JOB_PLAN = Plan(STATES[:1], 40, 0.015, studies=("answers",))


def measure(
    net: Network,
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
    records = {c.name: Record(c) for c in chosen(contenders, parts=plan is FULL)}
    over = widths.chosen(net, width, plan is not FULL)
    task = Task(net, params, x, y, threads, device, min(steps_per_epoch, 100), seed=seed, widths=over)
    on = process.cores(threads)
    with tempfile.TemporaryDirectory(prefix="threeways-time-") as folder:
        session = Session(task, plan, Path(folder), on, progress or (lambda what, done, of: None))
        control = session.run(records, all_widths=width is not None)
        answers.judge(records, task)
    found = evaluate(records, control, threads, steps_per_epoch, device)
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
