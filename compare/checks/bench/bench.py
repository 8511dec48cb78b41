"""The bench: are planted mistakes found, placed and named, and is a correct network ever called wrong?

Planted: every mistake of the catalogue on small networks drawn until it shows, in every set of layers it can sit
in. Correct: random networks of every kind, where anything but `right` is the checker's own mistake. Both go
through `check_gradients` itself, with torch as the witness.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ... import networks
from ...common.results import Displayed, environment
from ...judge.report import Report
from ...mistakes.catalogue import catalogue
from ...mistakes.mistake import Layers, Mistake
from ...mistakes.steps import steps
from ...networks.draws import Draw, architecture, draw
from ..gradients import check_gradients
from .planting import planted_cases, shown_in
from .steps import IN_A_STEP, judged_step

DTYPES = ("float64", "float32")
OUTCOMES = ("found", "placed", "named")
KEPT = 200  # notable cases that are written out one by one
Row = dict[str, Any]  # one case: its kind, what brings it back, and what the report says
Task = tuple[Callable[..., list[Row]], tuple]


@dataclass(frozen=True)
class Bench(Displayed):
    """The result of the bench.

    by_dtype: {dtype: {cases, found, placed, named, correct, false_alarms, inconclusive, overflowed, worst_ratio}}.
    by_id: {id: {dtype: {cases, found, placed, named}, vacuous, unrunnable}}.
    notable: each case that was not as it should be, with the seeds that bring it back.
    """

    schema: str
    environment: dict[str, Any]
    sizes: dict[str, int]
    by_dtype: dict[str, Row]
    by_id: dict[str, Row]
    notable: list[Row] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """Return 1 where a correct network was called wrong or a mistake was not found, else 0."""
        rows = self.by_dtype.values()
        return int(any(r["false_alarms"] or r["found"] < r["cases"] for r in rows))


def bench(
    networks: int = 5,
    architectures: int = 100,
    draws: int = 100,
    seed: int = 0,
    workers: int = 2,
    progress: Callable[[int, int], Any] | None = None,
    planted: bool = True,
) -> Bench:
    """Plant each mistake on `networks` networks and judge architectures x draws correct ones, in both dtypes."""
    start = time.monotonic()
    ids = list(catalogue() | steps()) if planted else []
    tasks: list[Task] = [
        (_plant_one, (id, k, seed)) for id in ids if id in catalogue() for k in range(networks)
    ]
    in_steps = [id for id in ids if id in steps() or id in IN_A_STEP]
    tasks += [(_plant_step, (id, k, seed)) for id in in_steps for k in range(networks)]
    # A task is a few draws of one architecture, so that both processes end at about the same time.
    tasks += [
        (_judge_some, (a, range(first, min(first + 10, draws)), seed))
        for first in range(0, draws, 10)
        for a in range(architectures)
    ]
    rows: list[Row] = []
    for done, found in enumerate(run_tasks(tasks, workers, _alone), start=1):
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


def outcome(mistake: Mistake, array: str | None, report: Report) -> dict[str, bool]:
    """Return whether a report has found, placed and named a planted mistake that shows first in `array`."""
    name = mistake.name
    here = [f for f in report.findings if f.array == array]
    return {
        "found": not report.ok,
        "placed": not report.ok and any(f.rule == mistake.rule or name in f.one_of for f in here),
        "named": not report.ok and any(name in f.one_of for f in report.findings),
    }


def _plant_one(id: str, k: int, seed: int) -> list[Row]:
    mistake = catalogue()[id]
    search = planted_cases(id, k, seed)
    rows: list[Row] = [
        {"kind": "tries", "id": id, "vacuous": search.vacuous, "unrunnable": search.unrunnable}
    ]
    for drawn, layers, constant in search.cases:
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


def _plant_step(id: str, k: int, seed: int) -> list[Row]:
    """Judge a mistake of a step or an optimiser in each form it takes: found, placed in the update, named."""
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


def judged_planted(
    mistake: Mistake, drawn: Draw, layers: Layers, constant: float | None, dtype: str
) -> Report:
    """Return the Report of a derivation with the mistake in it: loss and gradients, no deltas, as users have them."""
    planted = mistake.planted(drawn.net, layers, constant)
    hand = planted if mistake.local else planted.loss_and_grads
    with np.errstate(all="ignore"):
        return check_gradients(hand, *drawn.cast(dtype), network=drawn.net, witnesses=("torch",))


def _judge_some(a: int, draws: Iterable[int], seed: int) -> list[Row]:
    net = architecture(np.random.default_rng([seed, a]))
    return [judge_correct(net, a, d, dtype, seed) for d in draws for dtype in DTYPES]


def judge_correct(net: Any, a: int, d: int, dtype: str, seed: int = 0) -> Row:
    """Judge a correct network, its deltas too, on the d-th draw for architecture a."""
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


def called(call: Callable[..., list[Row]], arguments: tuple) -> list[Row]:
    """Run a task."""
    return call(*arguments)


def run_tasks(tasks: list[Task], workers: int, run: Callable[..., list[Row]] = called) -> Iterator[list[Row]]:
    """Yield the results of the tasks as they come; `run` calls one in a process of its own."""
    if workers < 2 or len(tasks) < 2:
        yield from (call(*arguments) for call, arguments in tasks)
        return
    import joblib

    pool = joblib.Parallel(n_jobs=workers, return_as="generator_unordered")
    yield from pool(joblib.delayed(run)(call, arguments) for call, arguments in tasks)


def _alone(call: Callable[..., list[Row]], arguments: tuple) -> list[Row]:
    """Run a task with one thread: other processes have the other cores."""
    import torch

    torch.set_num_threads(1)
    return call(*arguments)


def _totals(rows: list[Row]) -> Row:
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


def _of_id(rows: list[Row]) -> Row:
    tries = [r for r in rows if r["kind"] == "tries"]
    planted = {dtype: [r for r in rows if r.get("dtype") == dtype] for dtype in DTYPES}
    return {
        dtype: {"cases": len(mine), **{what: sum(r[what] for r in mine) for what in OUTCOMES}}
        for dtype, mine in planted.items()
    } | {what: sum(r[what] for r in tries) for what in ("vacuous", "unrunnable")}


def _notable(row: Row) -> bool:
    if row["kind"] == "planted":
        return not all(row[what] for what in OUTCOMES)
    return row["kind"] == "correct" and (row["verdict"] in ("wrong", "inconclusive") or bool(row.get("off")))


def _order(row: Row) -> tuple:
    return (row["kind"], row.get("verdict") != "wrong", row["dtype"], row.get("id", ""))


def _words(drawn: Draw) -> str:
    return f"{networks.named(drawn.net).describe()}, N={len(drawn.x)}"
