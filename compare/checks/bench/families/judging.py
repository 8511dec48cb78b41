"""Judge one drawn function as it is, and with errors planted: a row of plain results for each."""

import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ....common.arrays import Arrays
from ....judge.report import Report
from ....user.subject import Subject
from ...check import GradientCheck, run
from ...gradients import STAGES, WITNESSES
from ...stages.lines import placed
from ...stages.referee import refereed
from .drawing import DTYPES, Drawn, drawn
from .naming import unfounded
from .planting import Planted, planted

ERRORS = 2.0  # planted in each function
LONGEST = 10  # seconds of CPU of a check
Row = dict[str, Any]


def judge(number: int, seed: int = 0, errors: float = ERRORS, lines: bool = False) -> list[Row]:
    """Judge one function as it is and with errors planted.

    errors: how many; 0.5 is one in every other function of each class of types.  lines: search for the wrong line
    too, as `check_gradients` does. It decides no verdict, and takes most of the time.
    """
    function = drawn([seed, number], DTYPES[number % len(DTYPES)])
    row = {"number": number, "dtype": function.dtype, "words": function.words}
    try:
        right, spent = _judged(function, function.hand, lines)
        rows = [row | {"case": "correct", **spent} | _of_right(right)]
        count = {v.name for v in right.verdicts if v.sensitivity}  # the others are 0 but for rounding
        for wrong in planted(
            function, right, np.random.default_rng([seed, number, 1]), share(number, errors)
        ):
            report, spent = _judged(function, wrong.hand, lines)
            mine, due = (
                {n: g for n, g in _grads(function, h).items() if n in count}
                for h in (wrong.hand, function.hand)
            )
            false = unfounded(report, mine, due, len(function.x))
            rows.append(row | {"case": "planted", "unfounded": false, **spent} | _of_wrong(report, wrong))
    except Exception as error:  # a fault of the checker
        return [row | {"case": "failed", "said": f"{type(error).__name__}: {error}"}]
    return rows


def share(number: int, errors: float) -> int:
    """Return how many of `errors` a function are planted in this one, so that each class of types gets its share."""
    turn = number // len(DTYPES)
    return int((turn + 1) * errors) - int(turn * errors)


def judge_some(
    numbers: Iterable[int], seed: int, errors: float, lines: bool, until: float = np.inf
) -> list[Row]:
    """Judge functions, and none that would begin after `until`, in seconds since the epoch."""
    return [row for number in numbers if time.time() < until for row in judge(number, seed, errors, lines)]


def _judged(function: Drawn, hand: Any, lines: bool) -> tuple[Report, Row]:
    """Return the Report, the CPU seconds of the check and of its referee, and whether they were too many."""
    late: list[str] = []
    referee = [0.0]

    def timed(check: GradientCheck) -> GradientCheck:
        start = time.process_time()
        check = refereed(check)
        referee[0] = time.process_time() - start
        return check

    stages = [timed if s is refereed else s for s in STAGES if lines or s is not placed]
    started = time.process_time()
    with _ended(late), np.errstate(all="ignore"):
        subject = Subject(hand, function.params, function.x, function.y)
        report = run(GradientCheck(subject, subject.answer(), wanted=frozenset(WITNESSES)), stages)
    spent = time.process_time() - started
    return report, {"seconds": spent, "referee": referee[0], "late": bool(late)}


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
        "found": verdict.status == "wrong" or (bool(wrong.also) and verdict.status == "inherited"),
        "status": verdict.status,
        "proved": verdict.proved,
        "others": [
            v.name
            for v in report.verdicts
            if v.status == "wrong" and v.name not in {wrong.array, *wrong.also}
        ],
        "names": sorted({n for f in report.findings for n in f.one_of}),
        "exact": any(f.exact for f in report.findings),
        "fixed": any(f.fix for f in report.findings),
        "about": _about(report),
    }


def _grads(function: Drawn, hand: Any) -> Arrays:
    with np.errstate(all="ignore"):
        return hand(function.params, function.x, function.y)[1]


def _about(report: Report) -> Row:
    return {k: v for k, v in report.about.items() if k in ("not_followed", "not_refereed")}
