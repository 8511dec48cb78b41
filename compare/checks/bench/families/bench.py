"""The bench of families: is a right function ever called wrong, and is an error in what it returns ever missed?

Correct: functions drawn from a seed, of every family, style, type and scale. Planted: errors in the arrays that they
return. Both go through `check_gradients` without a network or a second loss.
"""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ....common.results import Displayed, environment
from ....judge.report import Report
from ...gradients import check_gradients
from ..bench import run_tasks
from .drawing import DTYPES, Drawn, drawn
from .planting import KINDS, SIZES, WHOLE, Planted, planted

FUNCTIONS, ERRORS = 4000, 2  # functions; errors in each
LONGEST = 10  # seconds of CPU of a check
Row = dict[str, Any]


@dataclass(frozen=True)
class FamiliesBench(Displayed):
    """The result of the bench of families.

    correct: {dtype: {cases, right, wrong, not_known, not_proved}}.  planted: {dtype: {size: {cases, found, below}}},
    below: missed, and smaller than the sensitivity that the report on the right function has.  by_kind: {kind:
    {cases, found, named, exact, fixed, names}}.  seconds_of: quantiles of the time of a check.  failed: checks that
    raised.  late: checks that were ended after LONGEST seconds.  notable: each case that was not as it should be;
    `judge(number, seed)` brings it back.
    """

    schema: str
    environment: dict[str, Any]
    sizes: dict[str, int]
    correct: dict[str, Row]
    planted: dict[str, dict[str, Row]]
    by_kind: dict[str, Row]
    seconds_of: dict[str, Row]
    failed: int = 0
    late: int = 0
    notable: list[Row] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """Return 1 where a right function was called wrong, an error was missed or a check raised, else 0."""
        missed = any(r["found"] < r["cases"] for sizes in self.planted.values() for r in sizes.values())
        return int(missed or bool(self.failed) or any(r["wrong"] for r in self.correct.values()))


def bench(
    functions: int = FUNCTIONS,
    seed: int = 0,
    workers: int = 2,
    progress: Callable[[int, int], Any] | None = None,
    errors: int = ERRORS,
) -> FamiliesBench:
    """Judge so many right functions, and each again with `errors` errors, one at a time."""
    start = time.monotonic()
    each = len(DTYPES)
    tasks: list[Any] = [
        (_judge_some, (range(first, min(first + each, functions)), seed, errors))
        for first in range(0, functions, each)
    ]
    rows: list[Row] = []
    for done, found in enumerate(run_tasks(tasks, workers), start=1):
        rows += found
        if progress:
            progress(done, len(tasks))
    rows.sort(key=lambda r: (r["case"], r["number"]))
    correct, wrong = ([r for r in rows if r["case"] == case] for case in ("correct", "planted"))
    return FamiliesBench(
        schema="threeways/families/1",
        environment=environment(seed),
        sizes={"functions": functions, "errors": errors, "seed": seed},
        correct={d: _of_correct([r for r in correct if r["dtype"] == d]) for d in DTYPES},
        planted={
            d: {
                s: _of_planted([r for r in wrong if (r["dtype"], r["size"]) == (d, s)])
                for s in (WHOLE, *SIZES)
            }
            for d in DTYPES
        },
        by_kind={k: _of_kind([r for r in wrong if r["kind"] == k]) for k in KINDS},
        seconds_of={"correct": _quantiles(correct), "planted": _quantiles(wrong)},
        failed=sum(r["case"] == "failed" for r in rows),
        late=sum(r.get("late", False) for r in rows),
        notable=[r for r in rows if _notable(r)],
        seconds=time.monotonic() - start,
    )


def judge(number: int, seed: int = 0, errors: int = ERRORS) -> list[Row]:
    """Judge one function as it is and with errors planted."""
    function = drawn([seed, number], DTYPES[number % len(DTYPES)])
    row = {"number": number, "dtype": function.dtype, "words": function.words}
    try:
        report, spent = _judged(function, function.hand)
        rows = [row | {"case": "correct", **spent} | _of_right(report)]
        for wrong in planted(function, report, np.random.default_rng([seed, number, 1]), errors):
            report, spent = _judged(function, wrong.hand)
            rows.append(row | {"case": "planted", **spent} | _of_wrong(report, wrong))
    except Exception as error:  # a fault of the checker
        return [row | {"case": "failed", "said": f"{type(error).__name__}: {error}"}]
    return rows


def _judge_some(numbers: Iterable[int], seed: int, errors: int) -> list[Row]:
    return [row for number in numbers for row in judge(number, seed, errors)]


def _judged(function: Drawn, hand: Any) -> tuple[Report, Row]:
    """Return the Report, the CPU seconds that it took, and whether they were too many."""
    late: list[str] = []
    started = time.process_time()
    with _ended(late), np.errstate(all="ignore"):
        report = check_gradients(hand, function.params, function.x, function.y)
    return report, {"seconds": time.process_time() - started, "late": bool(late)}


@contextmanager
def _ended(late: list[str]) -> Iterator[None]:
    """End what takes more than LONGEST seconds of CPU by an exception, and note that in `late`."""

    def ended(*given: Any) -> None:
        late.append(f"more than {LONGEST} s")
        raise TimeoutError(late[0])

    before = signal.signal(signal.SIGVTALRM, ended)
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST, LONGEST / 4)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _of_right(report: Report) -> Row:
    off = [{"name": v.name, "status": v.status, "reason": v.reason} for v in report.verdicts if not v.passes]
    return {
        "verdict": {0: "right", 1: "wrong", 3: "not known"}[report.exit_code],
        "not_proved": [v.name for v in report.verdicts if not v.proved],
        "off": off,
        "about": _about(report),
    }


def _of_wrong(report: Report, wrong: Planted) -> Row:
    verdict = report[wrong.array]
    return {
        "kind": wrong.kind,
        "size": wrong.size,
        "array": wrong.array,
        "index": wrong.index,
        "relative": wrong.relative,
        "sensitivity": wrong.sensitivity,
        "found": verdict.status == "wrong",
        "status": verdict.status,
        "proved": verdict.proved,
        "others": [v.name for v in report.verdicts if v.status == "wrong" and v.name != wrong.array],
        "names": sorted({n for f in report.findings for n in f.one_of}),
        "exact": any(f.exact for f in report.findings),
        "fixed": any(f.fix for f in report.findings),
        "about": _about(report),
    }


def _about(report: Report) -> Row:
    return {k: v for k, v in report.about.items() if k in ("not_followed", "not_refereed")}


def _of_correct(rows: list[Row]) -> Row:
    verdicts = [r["verdict"] for r in rows]
    return {
        "cases": len(rows),
        "right": verdicts.count("right"),
        "wrong": verdicts.count("wrong"),
        "not_known": verdicts.count("not known"),
        "not_proved": sum(bool(r["not_proved"]) for r in rows),
    }


def _of_planted(rows: list[Row]) -> Row:
    missed = [r for r in rows if not r["found"]]
    below = sum(r["relative"] < r["sensitivity"] for r in missed)
    return {"cases": len(rows), "found": len(rows) - len(missed), "below": below}


def _of_kind(rows: list[Row]) -> Row:
    names = Counter(name for r in rows for name in r["names"])
    counts = {what: sum(bool(r[what]) for r in rows) for what in ("found", "exact", "fixed")}
    return {"cases": len(rows), **counts, "named": sum(bool(r["names"]) for r in rows), "names": dict(names)}


def _quantiles(rows: list[Row]) -> Row:
    seconds = [r["seconds"] for r in rows]
    quantiles = (("median", 0.5), ("p90", 0.9), ("max", 1))
    return {name: float(np.quantile(seconds, q)) if seconds else None for name, q in quantiles}


def _notable(row: Row) -> bool:
    if row["case"] == "failed" or row["late"]:
        return True
    if row["case"] == "correct":
        return row["verdict"] != "right" or bool(row["not_proved"])
    return not row["found"] or bool(row["others"])
