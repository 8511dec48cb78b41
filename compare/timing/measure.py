"""The measurement: children started one by one, then their blocks interleaved in an order drawn from the seed."""

import json
import random
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..results import environment
from . import evaluate, process
from .contender import Contender, chosen
from .result import SCHEMA, TimeResult


@dataclass(frozen=True)
class Plan:
    """How much is measured: processes of each contender, rounds in each, seconds a block."""

    processes: int
    rounds: int
    block_s: float


QUICK, FULL = Plan(1, 40, 0.01), Plan(3, 50, 0.02)
RATE = 0.1


@dataclass
class Record:
    """What was seen of one contender, over all its processes."""

    contender: Contender
    ledgers: list = field(default_factory=list)
    samples: list = field(default_factory=list)
    status: str = "measured"
    reason: str | None = None
    steps: int = 1


def measure(
    net,
    x,
    y,
    params,
    contenders=None,
    quick=False,
    threads=1,
    seed=0,
    device="cpu",
    data="digits",
    steps_per_epoch=None,
    progress=None,
    plan=None,
):
    """Time the contenders at one SGD step after another on one batch.

    net: networks.Network.  x: (N, M_0), y: as the criterion wants it, params: flat dict, all NumPy.
    contenders: names, or None for the default ones.  progress(what, done, of): called as it goes on.
    plan: how much is measured, instead of QUICK or FULL.
    Returns a TimeResult. Raises UserError for an unknown contender.
    """
    picked = chosen(contenders)
    plan = plan or (QUICK if quick else FULL)
    dtype = str(next(iter(params.values())).dtype)
    epoch = steps_per_epoch or 45
    tell = progress or (lambda what, done, of: None)
    with tempfile.TemporaryDirectory(prefix="threeways-time-") as folder:
        _write_job(Path(folder), net, params, x, y, threads, device, epoch)
        variables = process.child_environment(threads, dtype, Path(folder) / "cache")
        on = process.cores(threads)
        records, control = _run(picked, plan, folder, variables, on, seed, tell)
    measured, pairs, engines, aa, warnings = evaluate.evaluate(records, control, threads, epoch)
    return TimeResult(
        schema=SCHEMA,
        environment=environment(seed),
        network=net.describe(),
        data=data,
        batch=len(x),
        steps_per_epoch=epoch,
        dtype=dtype,
        threads=threads,
        device=device,
        pinned_to=on,
        quick=quick,
        contenders=measured,
        pairs=pairs,
        engines=engines,
        control=aa,
        retrace=[],
        warnings=warnings,
    )


def _run(picked, plan, folder, variables, on, seed, tell):
    """Every process of every contender: {name: Record}, and a Record of the one that runs twice."""
    records = {c.name: Record(c) for c in picked}
    control = Record(picked[0])
    order = random.Random(seed)
    total = plan.processes * (len(picked) + 1 + plan.rounds)
    for generation in range(plan.processes):
        done = generation * (len(picked) + 1 + plan.rounds)
        with ExitStack() as children:
            running = []
            starters = [*records.values(), control] if generation % 2 == 0 else [control, *records.values()]
            for record in starters:
                tell(f"starting {record.contender.name}", done, total)
                done += 1
                if record.status == "measured":
                    child = children.enter_context(process.Child(folder, variables, on))
                    calls = _start(child, record, plan.block_s)
                    if calls:
                        running.append((child, record, calls))
                    else:
                        child.kill()
            for turn in range(plan.rounds):
                tell("timing blocks in random order", done, total)
                done += 1
                for child, record, calls in order.sample(running, len(running)):
                    _block(child, record, calls, generation, turn)
    return records, control


def _start(child, record, block_s):
    """Start the contender in `child`; calls a block, or None where it cannot run."""
    try:
        started = child.ask("start", contender=record.contender.name)
        if "absent" in started:
            record.status, record.reason = "absent", started["absent"]
            return None
        record.ledgers.append(started["ledger"])
        record.steps = started["steps"]
        return child.ask("calibrate", target_s=block_s)["calls"]
    except process.ChildError as error:
        record.status, record.reason = "failed", str(error)
        return None


def _block(child, record, calls, generation, turn):
    if record.status != "measured":
        return
    try:
        record.samples.append({"process": generation, "round": turn} | child.ask("block", calls=calls))
    except process.ChildError as error:
        record.status, record.reason = "failed", str(error)


def _write_job(folder, net, params, x, y, threads, device, epoch):
    about = {
        "class_name": net.class_name,
        "fields": net.fields,
        "names": list(params),
        "rate": RATE,
        "threads": threads,
        "device": device,
        "epoch": epoch,
    }
    (folder / "job.json").write_text(json.dumps(about))
    np.savez(folder / "job.npz", x=x, y=y, **{f"params.{name}": p for name, p in params.items()})
