"""The bench on mistakes of the public: each file is checked as its author would check it, and the report is scored.

found: the wrong file is called wrong.  line: a wrong line is among the lines named, at most three.  alone: it is the
only one.  explained: the report names an id of the catalogue that fits, or shows a change that makes the gradient
right at two points.  accused: right code that was called wrong by people; right: the right version of a wrong file.
"""

import time
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ....common.errors import UserError
from ....common.results import Displayed, environment
from ....trace.changes.rewriting import rewritten
from .corpus import Case
from .normal import distance, module_of, normal

OUTCOMES = ("found", "line", "alone", "explained", "by_id", "by_change")
AMONG = 3
RIGHT = 1e-6  # relative, in norm: a gradient this near to that of right.py is right
VERDICTS = {0: "right", 1: "wrong", 3: "not known"}
Row = dict[str, Any]
# Checks one file as its case says; returns the report in plain form. Raises UserError where there is no report.
Judge = Callable[[Case, Path], dict[str, Any]]


@dataclass(frozen=True)
class WildBench(Displayed):
    """The result of the bench.

    seen, held_out: {cases, *OUTCOMES, accused, accused_wrong, accused_right, right, right_wrong, right_right} of the
    two thirds that may be looked at, and of the third that is not.  by_code: {kind of code: as seen, of all}.
    sources: how many there are.  seconds_of: quantiles of the wall time of a check.  rows: each file.
    """

    schema: str
    environment: dict[str, Any]
    sources: int
    seen: Row
    held_out: Row
    by_code: dict[str, Row]
    seconds_of: Row
    rows: list[Row] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """Return 1 where a mistake was not found or right code was called wrong, else 0."""
        parts = (self.seen, self.held_out)
        return int(any(p["found"] < p["cases"] or p["accused_wrong"] or p["right_wrong"] for p in parts))


def bench(
    cases: Iterable[Case],
    judge: Judge,
    jobs: int = 1,
    progress: Callable[[int, int], Any] | None = None,
) -> WildBench:
    """Check both files of every case with `judge`, `jobs` at a time."""
    start = time.monotonic()
    chosen = list(cases)
    tasks = [(case, right) for case in chosen for right in (False, True) if right or not case.accused]
    rows: list[Row] = []
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(_judged, judge, case, right) for case, right in tasks]
        for done, future in enumerate(as_completed(waiting), start=1):
            rows.append(future.result())
            if progress:
                progress(done, len(tasks))
    rows.sort(key=lambda row: (row["case"], row["kind"]))
    seconds = [row["seconds"] for row in rows]
    return WildBench(
        schema="threeways/wild/1",
        environment=environment(0),
        sources=len({case.source for case in chosen}),
        seen=_totals([r for r in rows if not r["held_out"]]),
        held_out=_totals([r for r in rows if r["held_out"]]),
        by_code={
            code: _totals([r for r in rows if r["code"] == code]) for code in sorted({c.code for c in chosen})
        },
        seconds_of={
            n: float(np.quantile(seconds, q)) for n, q in (("median", 0.5), ("p90", 0.9), ("max", 1))
        },
        rows=rows,
        seconds=time.monotonic() - start,
    )


def _judged(judge: Judge, case: Case, right: bool) -> Row:
    row: Row = {
        "case": case.name,
        "kind": "accused" if case.accused else "right" if right else "wrong",
        "code": case.code,
        "mistake": case.mistake,
        "source": case.source,
        "held_out": case.held_out,
    }
    started = time.monotonic()
    try:
        report = judge(case, case.right if right else case.wrong)
        verdict = VERDICTS[report["exit"]]
    except UserError as error:
        report, verdict = {"findings": [], "diagnosis": str(error)}, "no verdict"
    row |= {"verdict": verdict, "said": report["diagnosis"], "seconds": time.monotonic() - started}
    return row if right else row | _outcome(case, report, verdict)


def _outcome(case: Case, report: dict[str, Any], verdict: str) -> Row:
    """Score the report on a wrong file."""
    here = [f for f in report["findings"] if f["line"] is not None and Path(f["file"] or "").stem == "wrong"]
    named = list(dict.fromkeys(line for f in here for line in (f["lines"] or (f["line"],))))
    planted, ids = case.planted(), [f["one_of"] for f in report["findings"]]
    found = verdict == "wrong"
    line = found and len(named) <= AMONG and any(n in planted for n in named)
    by_id = found and any(set(one_of) & set(case.ids) for one_of in ids)
    by_change = found and _made_right(case, [f["fix"]["statement"] for f in here if f["fix"]])
    return {
        "planted": planted,
        "named": named,
        "ids": sorted({i for one_of in ids for i in one_of}),
        "changes": [{k: f["fix"][k] for k in ("line", "from", "to")} for f in here if f["fix"]],
        "found": found,
        "line": line,
        "alone": line and len(named) == 1,
        "explained": by_id or by_change,
        "by_id": by_id,
        "by_change": by_change,
    }


def _made_right(case: Case, changes: list[dict[str, Any]]) -> bool:
    """Return whether wrong.py with the changes has the gradient of right.py, at its own parameters and at others."""
    if not changes:
        return False
    if case.how == "step":
        return _steps_right(case, changes)
    try:
        mended = normal(case, module_of(case.wrong, rewritten(case.wrong.read_text("utf-8"), changes)))
        right = normal(case, module_of(case.right))
        rng = np.random.default_rng(5)
        moved = {n: p + 0.1 * rng.normal(size=np.shape(p)) for n, p in right.params.items()}
        for point in (right.params, moved):
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")  # a wrong change may divide by 0
                off = distance(mended.run(point)[1], right.run(point)[1])
            if not max(off.values()) <= RIGHT:
                return False
    except Exception:  # a change that does not run, or has no place
        return False
    return True


def _steps_right(case: Case, changes: list[dict[str, Any]]) -> bool:
    """Return whether the updates of wrong.py with the changes are those of right.py."""
    truth = module_of(case.folder / "truth.py")
    try:
        mended = module_of(case.wrong, rewritten(case.wrong.read_text("utf-8"), changes))
        pairs = zip(truth.steps(mended), truth.steps(module_of(case.right)), strict=True)
        return all(max(distance(mine, right).values()) <= RIGHT for mine, right in pairs)
    except Exception:  # a change that does not run, or has no place
        return False


def _totals(rows: list[Row]) -> Row:
    wrong, accused, right = ([r for r in rows if r["kind"] == kind] for kind in ("wrong", "accused", "right"))
    return {
        "cases": len(wrong),
        **{what: sum(r[what] for r in wrong) for what in OUTCOMES},
        "accused": len(accused),
        "accused_wrong": sum(r["verdict"] == "wrong" for r in accused),
        "accused_right": sum(r["verdict"] == "right" for r in accused),
        "right": len(right),
        "right_wrong": sum(r["verdict"] == "wrong" for r in right),
        "right_right": sum(r["verdict"] == "right" for r in right),
    }
