"""The bench: are planted mistakes found, placed and named, and is a correct network ever called wrong?

Planted: every mistake of the catalogue on small networks drawn until it shows, in every set of layers it can sit
in. Correct: random networks of every kind, where anything but `right` is the checker's own mistake. Both go
through `check_gradients` itself, with torch as the witness.
"""

import time
from dataclasses import dataclass, field

import numpy as np

from ... import networks
from ...common.results import Displayed, environment
from ...mistakes.catalogue import catalogue
from ...mistakes.steps import steps
from ...networks.draws import architecture, draw
from ..gradients import check_gradients
from .planting import planted_cases, shown_in
from .steps import IN_A_STEP, judged_step

DTYPES = ("float64", "float32")
OUTCOMES = ("found", "placed", "named")
KEPT = 200  # notable cases that are written out one by one


@dataclass(frozen=True)
class Bench(Displayed):
    """by_dtype: {dtype: {cases, found, placed, named, correct, false_alarms, inconclusive, overflowed,
    worst_ratio}}; by_id: {id: {dtype: {cases, found, placed, named}, vacuous, unrunnable}}; notable: every case
    that was not as it should be, with the seeds that bring it back."""

    schema: str
    environment: dict
    sizes: dict
    by_dtype: dict
    by_id: dict
    notable: list = field(default_factory=list)
    seconds: float = 0.0

    @property
    def exit_code(self):
        """1 where a correct network was called wrong or a mistake was not found."""
        rows = self.by_dtype.values()
        return int(any(r["false_alarms"] or r["found"] < r["cases"] for r in rows))


def bench(networks=5, architectures=100, draws=100, seed=0, workers=2, progress=None, planted=True):
    """Plant each mistake on `networks` networks, judge architectures x draws correct ones, in both dtypes: a Bench."""
    start = time.monotonic()
    ids = list(catalogue() | steps()) if planted else []
    tasks = [(_plant_one, (id, k, seed)) for id in ids if id in catalogue() for k in range(networks)]
    in_steps = [id for id in ids if id in steps() or id in IN_A_STEP]
    tasks += [(_plant_step, (id, k, seed)) for id in in_steps for k in range(networks)]
    # A task is a few draws of one architecture, so that both processes end at about the same time.
    tasks += [
        (_judge_some, (a, range(first, min(first + 10, draws)), seed))
        for first in range(0, draws, 10)
        for a in range(architectures)
    ]
    rows = []
    for done, found in enumerate(_run(tasks, workers), start=1):
        rows += found
        if progress:
            progress(done, len(tasks))
    return Bench(
        schema="threeways/mistakes/1",
        environment=environment(seed),
        sizes={"networks": networks, "architectures": architectures, "draws": draws, "seed": seed},
        by_dtype={dtype: _totals([r for r in rows if r.get("dtype") == dtype]) for dtype in DTYPES},
        by_id={id: _of_id([r for r in rows if r.get("id") == id]) for id in ids},
        notable=sorted((r for r in rows if _notable(r)), key=_order)[:KEPT],
        seconds=time.monotonic() - start,
    )


def outcome(mistake, array, report):
    """{"found", "placed", "named"}: what a report says of a planted mistake that shows first in `array`."""
    name = mistake.name
    here = [f for f in report.findings if f.array == array]
    return {
        "found": not report.ok,
        "placed": not report.ok and any(f.rule == mistake.rule or name in f.one_of for f in here),
        "named": not report.ok and any(name in f.one_of for f in report.findings),
    }


def _plant_one(id, k, seed):
    mistake = catalogue()[id]
    cases, vacuous, unrunnable = planted_cases(id, k, seed)
    rows = [{"kind": "tries", "id": id, "vacuous": vacuous, "unrunnable": unrunnable}]
    for drawn, layers, constant in cases:
        for dtype in DTYPES:
            row = {"kind": "planted", "id": id, "network": k, "layers": sorted(layers), "dtype": dtype}
            array = shown_in(mistake, drawn, layers, constant, dtype)
            if array is None:
                rows.append({"kind": "tries", "id": id, "vacuous": 1, "unrunnable": 0})
                continue
            report = judged_planted(mistake, drawn, layers, constant, dtype)
            said = {} if report.ok else {"said": [list(f.one_of) for f in report.findings]}
            rows.append(row | {"net": _words(drawn)} | outcome(mistake, array, report) | said)
    return rows


def _plant_step(id, k, seed):
    """A mistake of a step or an optimiser, in each form it takes: found, placed in the update, named."""
    rows = []
    for dtype in DTYPES:
        reports, drawn = judged_step(id, k, dtype, seed)
        for report in reports:
            found = {
                "found": not report.ok,
                "placed": any(f.rule in ("update", "backward") or id in f.one_of for f in report.findings),
                "named": any(id in f.one_of for f in report.findings),
            }
            row = {"kind": "planted", "id": id, "network": k, "layers": ["step"], "dtype": dtype}
            rows.append(
                row | {"net": _words(drawn)} | found | {"said": [list(f.one_of) for f in report.findings]}
            )
    return rows


def judged_planted(mistake, drawn, layers, constant, dtype):
    """The Report of a derivation with the mistake in it: its loss and gradients, no deltas, as people have them."""
    planted = mistake.planted(drawn.net, layers, constant)
    hand = planted if mistake.local else planted.loss_and_grads
    with np.errstate(all="ignore"):
        return check_gradients(hand, *cast_to(drawn, dtype), network=drawn.net, witnesses=("torch",))


def _judge_some(a, draws, seed):
    net = architecture(np.random.default_rng([seed, a]))
    return [judge_correct(net, a, d, dtype, seed) for d in draws for dtype in DTYPES]


def judge_correct(net, a, d, dtype, seed=0):
    """One correct network, judged; deltas too."""
    drawn = draw(net, np.random.default_rng([seed, a, d]), dtype)
    row = {"kind": "correct", "architecture": a, "draw": d, "dtype": dtype, "net": _words(drawn)}
    with np.errstate(all="ignore"):
        loss, grads = net.loss_and_grads(drawn.params, drawn.x, drawn.y)
        if not np.isfinite(loss) or not all(np.isfinite(g).all() for g in grads.values()):
            return row | {"verdict": "overflowed"}
        report = check_gradients(net, drawn.params, drawn.x, drawn.y, network=net, witnesses=("torch",))
    off = [
        {"name": v.name, "status": v.status, "reason": v.reason, "noise": v.noise, "ratio": v.ratio}
        for v in report.verdicts
        if not v.passes
    ]
    if report.loss.status in ("wrong", "convention"):
        off.append({"name": "loss", "status": report.loss.status, "reason": report.loss.reason})
    kind = {0: "right", 1: "wrong", 3: "inconclusive"}[report.exit_code]
    ratio = max((v.ratio for v in report.verdicts if v.ratio is not None and v.passes), default=None)
    return row | {"verdict": kind, "ratio": ratio, "off": off}


def _run(tasks, workers):
    """The tasks' results as they come."""
    if workers < 2 or len(tasks) < 2:
        yield from (call(*arguments) for call, arguments in tasks)
        return
    import joblib

    pool = joblib.Parallel(n_jobs=workers, return_as="generator_unordered")
    yield from pool(joblib.delayed(_alone)(call, arguments) for call, arguments in tasks)


def _alone(call, arguments):
    """In a process of several on this machine, one thread is enough."""
    import torch

    torch.set_num_threads(1)
    return call(*arguments)


def _totals(rows):
    planted = [r for r in rows if r["kind"] == "planted"]
    correct = [r for r in rows if r["kind"] == "correct"]
    verdicts = [r["verdict"] for r in correct]
    ratios = [r["ratio"] for r in correct if r.get("ratio") is not None]
    return {
        "cases": len(planted),
        **{what: sum(r[what] for r in planted) for what in OUTCOMES},
        "correct": len(verdicts) - verdicts.count("overflowed"),
        "false_alarms": verdicts.count("wrong"),
        "inconclusive": verdicts.count("inconclusive"),
        "overflowed": verdicts.count("overflowed"),
        "worst_ratio": {
            name: float(np.quantile(ratios, q)) if ratios else None
            for name, q in (("median", 0.5), ("p99", 0.99), ("max", 1))
        },
    }


def _of_id(rows):
    tries = [r for r in rows if r["kind"] == "tries"]
    planted = {dtype: [r for r in rows if r.get("dtype") == dtype] for dtype in DTYPES}
    return {
        dtype: {"cases": len(mine), **{what: sum(r[what] for r in mine) for what in OUTCOMES}}
        for dtype, mine in planted.items()
    } | {what: sum(r[what] for r in tries) for what in ("vacuous", "unrunnable")}


def _notable(row):
    if row["kind"] == "planted":
        return not all(row[what] for what in OUTCOMES)
    return row["kind"] == "correct" and (row["verdict"] in ("wrong", "inconclusive") or bool(row.get("off")))


def _order(row):
    return (row["kind"], row.get("verdict") != "wrong", row["dtype"], row.get("id", ""))


def _words(drawn):
    return f"{networks.named(drawn.net).describe()}, N={len(drawn.x)}"


def cast_to(drawn, dtype):
    """(params, x, y) of a Draw in another floating type."""
    params = {n: p.astype(dtype) for n, p in drawn.params.items()}
    return params, networks.inputs(drawn.x, dtype), networks.inputs(drawn.y, dtype)
