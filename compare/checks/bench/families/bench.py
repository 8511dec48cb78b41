"""The bench of families: is a right function ever called wrong, and is an error in what it returns ever missed?

Correct: functions drawn from a seed, of every family, style, type and scale. Planted: errors in the arrays that they
return. Both are judged as `check_gradients` does without a network or a second loss.
"""

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ....common.results import Displayed, environment
from .drawing import DTYPES
from .judging import ERRORS, Row, judge_some
from .planting import KINDS, SIZES, WHOLE

FUNCTIONS = 4000


@dataclass(frozen=True)
class FamiliesBench(Displayed):
    """The result of the bench of families.

    correct: {dtype: {cases, right, wrong, not_known, not_proved}}.  planted: {dtype: {size: {cases, found, below}}},
    below: missed, and smaller than the sensitivity that the report on the right function has.  by_kind: {kind:
    {cases, found, named, exact, fixed, names}}.  names: those that were said, and those that do not reproduce all
    arrays.  seconds_of: quantiles of the CPU time of a check, and the median of its ratio to that of the check without
    the referee.  failed: checks that raised.  late: checks that were ended after LONGEST seconds.  notable: each case
    that was not as it should be; `judge(number, seed)` brings it back.
    """

    schema: str
    environment: dict[str, Any]
    sizes: Row
    correct: dict[str, Row]
    planted: dict[str, dict[str, Row]]
    by_kind: dict[str, Row]
    names: Row
    seconds_of: dict[str, Row]
    failed: int = 0
    late: int = 0
    notable: list[Row] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """Return 1 for a right function called wrong, an error missed, a false name or a check that raised, else 0."""
        missed = any(r["found"] < r["cases"] for sizes in self.planted.values() for r in sizes.values())
        false = self.names["unfounded"] or any(r["wrong"] for r in self.correct.values())
        return int(missed or bool(self.failed) or bool(false))


def bench(
    functions: int = FUNCTIONS,
    seed: int = 0,
    workers: int = 1,
    progress: Callable[[int, int], Any] | None = None,
    errors: float = ERRORS,
    lines: bool = False,
    seconds: float = np.inf,
    keep: Callable[[list[Row]], Any] | None = None,
) -> FamiliesBench:
    """Judge so many right functions, and each again with `errors` errors, one at a time.

    workers: processes.  seconds: of wall clock, after which no further function is begun.  keep: is given the rows of
    each few functions as they come.  errors, lines: as in `judging.judge`.
    """
    start = time.monotonic()
    each, until = len(DTYPES), time.time() + seconds
    tasks = [
        (range(first, min(first + each, functions)), seed, errors, lines, until)
        for first in range(0, functions, each)
    ]
    rows: list[Row] = []
    for done, found in enumerate(_done(tasks, workers), start=1):
        rows += found
        if keep and found:
            keep(found)
        if progress:
            progress(done, len(tasks))
    rows.sort(key=lambda r: (r["number"], r["case"]))
    correct, wrong = ([r for r in rows if r["case"] == case] for case in ("correct", "planted"))
    begun = len({r["number"] for r in rows})
    return FamiliesBench(
        schema="threeways/families/1",
        environment=environment(seed),
        sizes={"functions": begun, "errors": errors, "seed": seed, "workers": workers},
        correct={d: _of_correct([r for r in correct if r["dtype"] == d]) for d in DTYPES},
        planted={
            d: {
                s: _of_planted([r for r in wrong if (r["dtype"], r["size"]) == (d, s)])
                for s in (WHOLE, *SIZES)
            }
            for d in DTYPES
        },
        by_kind={k: _of_kind([r for r in wrong if r["kind"] == k]) for k in KINDS},
        names={
            "said": sum(len(r["names"]) for r in wrong),
            "unfounded": sum(len(r["unfounded"]) for r in wrong),
        },
        seconds_of={"correct": _quantiles(correct), "planted": _quantiles(wrong)},
        failed=sum(r["case"] == "failed" for r in rows),
        late=sum(r.get("late", False) for r in rows),
        notable=[r for r in rows if _notable(r)],
        seconds=time.monotonic() - start,
    )


def _done(tasks: list[tuple], workers: int) -> Iterator[list[Row]]:
    """Yield the rows of the tasks as they come."""
    if workers < 2:
        yield from (judge_some(*task) for task in tasks)
        return
    forks = "fork" in multiprocessing.get_all_start_methods()  # nothing is imported again
    with multiprocessing.get_context("fork" if forks else None).Pool(workers) as pool:
        yield from pool.imap_unordered(_judge_task, tasks)


def _judge_task(task: tuple) -> list[Row]:
    return judge_some(*task)


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
    found = {name: float(np.quantile(seconds, q)) if seconds else None for name, q in quantiles}
    ratios = [r["seconds"] / without for r in rows if (without := r["seconds"] - r["referee"]) > 0]
    return found | {"referee": float(np.median(ratios)) if ratios else None}


def _notable(row: Row) -> bool:
    if row["case"] == "failed" or row["late"]:
        return True
    if row["case"] == "correct":
        return row["verdict"] != "right" or bool(row["not_proved"])
    return not row["found"] or bool(row["others"] or row["unfounded"])
