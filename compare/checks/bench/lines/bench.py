"""The bench of lines: is the line of a mistake named, and is the fix that is shown right?

Correct: every function of functions/ in both floating types, at several scales and batches, where anything but `right`
is the checker's own mistake. Planted: one mistake in a line, and two at once. Both go through `check_gradients`.
"""

import importlib.util
import signal
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ....common.arrays import Arrays, flatten, mapped
from ....common.errors import UserError, nearest
from ....common.results import Displayed, environment
from ....common.scratch import Scratch
from ....judge.report import Report
from ....trace.changes.rewriting import NoPlaceError, rewritten
from ....trace.lines import source as trace_source
from ...gradients import check_gradients
from ..bench import run_tasks
from .corpus import Function, functions, load
from .planting import Pair, Planted, pairs, planted

DTYPES, SCALES, BATCHES = ("float64", "float32"), (1e-3, 0.1, 1.0, 30.0), (1, 7, 300)
SETTINGS = tuple(product(DTYPES, SCALES, BATCHES))
OUTCOMES = ("found", "placed", "among", "blamed", "fixed", "fix_right")
POINTS = 5  # at which a fix that is shown must be right too
AMONG = 3
ALL_BATCHES = 6  # mistakes in each function, from which on every function has the largest batch
MOST_BYTES, LONGEST = 4 << 30, 240  # of a worker process; seconds of a task
RIGHT = 1e-7  # relative, in norm: a gradient this near to that of the correct code is right
ZERO = 1e-10  # of the whole gradient: an array below it is a zero but for rounding
Row = dict[str, Any]


@dataclass(frozen=True)
class LinesBench(Displayed):
    """The result of the bench of lines.

    correct: {cases, right, wrong, not_known, overflowed}.  single: {cases, *OUTCOMES}.  pairs: {cases, found, both,
    fixed, fix_right}.  seconds_of: quantiles of the time of a check.  by_kind, by_function: {name: as single}.
    failed: tasks that ran out of memory or time.  rows: each case, with what was said.
    """

    schema: str
    environment: dict[str, Any]
    sizes: dict[str, int]
    correct: Row
    single: Row
    pairs: Row
    seconds_of: dict[str, Row]
    by_kind: dict[str, Row]
    by_function: dict[str, Row]
    failed: int = 0
    rows: list[Row] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """Return 1 where a correct function was called wrong or a mistake was not found, else 0."""
        missed = self.single["found"] < self.single["cases"] or self.pairs["found"] < self.pairs["cases"]
        return int(bool(self.correct["wrong"]) or missed)


def bench(
    many: int = 2,
    names: Iterable[str] = (),
    seed: int = 0,
    workers: int = 2,
    progress: Callable[[int, int], Any] | None = None,
) -> LinesBench:
    """Judge each function of the corpus as it is, with `many` single mistakes, and with half as many pairs.

    A function as it is is judged at 2 `many` of the 24 settings: dtype, scale, batch. A batch of 300 takes up to a
    minute: in a sample of few mistakes only each sixth function has it.
    """
    start = time.monotonic()
    chosen = _chosen(names)
    tasks: list[Any] = []
    for number, name in enumerate(chosen):
        drawn = np.random.default_rng([seed, number]).permutation(len(SETTINGS))[: 2 * many]
        large = many >= ALL_BATCHES or number % 6 == 0
        settings = [SETTINGS[i] for i in drawn if large or SETTINGS[i][2] < BATCHES[-1]]
        tasks += [(judge_correct, (name, setting, seed)) for setting in settings]
        tasks.append((_judge_mistakes, (name, many, seed)))
    rows: list[Row] = []
    for done, found in enumerate(run_tasks(tasks, workers, _limited), start=1):
        rows += found
        if progress:
            progress(done, len(tasks))
    rows.sort(key=lambda r: (r["case"], r["function"], r.get("number", 0)))
    correct, single, two = ([r for r in rows if r["case"] == case] for case in ("correct", "single", "pair"))
    return LinesBench(
        schema="threeways/lines/1",
        environment=environment(seed),
        sizes={"functions": len(chosen), "many": many, "seed": seed},
        correct=_of_correct(correct),
        single=_of_single(single),
        pairs=_of_pairs(two),
        seconds_of={"correct": _quantiles(correct), "single": _quantiles(single), "pair": _quantiles(two)},
        by_kind={
            k: _of_single([r for r in single if r["kind"] == k]) for k in sorted({r["kind"] for r in single})
        },
        by_function={n: _of_single([r for r in single if r["function"] == n]) for n in chosen},
        failed=sum(r["case"] == "failed" for r in rows),
        rows=rows,
        seconds=time.monotonic() - start,
    )


def _limited(call: Callable[..., list[Row]], arguments: tuple) -> list[Row]:
    """Run a task in a worker process, where an edit that fills the memory or never ends raises."""
    import resource

    def late(*given: Any) -> None:
        raise TimeoutError(f"more than {LONGEST} s")

    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES if hard < 0 else min(hard, MOST_BYTES), hard))
    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, LONGEST, LONGEST / 4)
    try:
        return call(*arguments)
    except (MemoryError, TimeoutError) as error:
        row = {
            "case": "failed",
            "function": arguments[0],
            "task": call.__name__,
            "arguments": list(arguments[1:]),
        }
        return [row | {"said": f"{type(error).__name__}: {error}"}]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _chosen(names: Iterable[str]) -> dict[str, Function]:
    known, wanted = functions(), list(names)
    for name in wanted:
        if name not in known:
            raise UserError(f"no function {name!r}: {nearest(name, known)}")
    return {n: known[n] for n in wanted or known}


def judge_correct(name: str, setting: tuple[str, float, int], seed: int = 0) -> list[Row]:
    """Judge a function as it is, at parameters of a scale, with a batch of so many samples."""
    dtype, scale, size = setting
    source = functions()[name].source
    row = {"case": "correct", "function": name, "dtype": dtype, "scale": scale, "batch": size}
    with Written(source) as module, np.errstate(all="ignore"):
        rng = np.random.default_rng([seed, size])
        try:
            point = _cast((module.draw(rng, scale), *module.batch(rng, size)), dtype)
            loss, grads = module.backward(*point)
        except Exception as error:  # the model has no such batch
            return [row | {"verdict": "no such batch", "said": f"{type(error).__name__}: {error}"}]
        if not np.isfinite(loss) or not all(np.isfinite(g).all() for g in flatten(grads).values()):
            return [row | {"verdict": "overflowed"}]
        started = time.process_time()
        report = check_gradients(module.backward, *point)
        spent = time.process_time() - started
    verdict = {0: "right", 1: "wrong", 3: "not known"}[report.exit_code]
    off = [{"name": v.name, "status": v.status, "reason": v.reason} for v in report.verdicts if not v.passes]
    return [row | {"verdict": verdict, "seconds": spent, "off": off}]


def _judge_mistakes(name: str, many: int, seed: int) -> list[Row]:
    source = functions()[name].source
    singles = [
        judge_single(name, source, p) | {"number": i} for i, p in enumerate(planted(source, seed, many))
    ]
    half = (many + 1) // 2
    return singles + [
        judge_pair(name, source, p) | {"number": i} for i, p in enumerate(pairs(source, seed, half))
    ]


def judge_single(name: str, source: str, mutant: Planted) -> Row:
    """Judge a function with one mistake planted in it; `source` is the correct text."""
    report, spent = _judged(mutant.source)
    named = _named(report)
    lines = range(mutant.line, mutant.last + 1)
    alone = len(named) == 1
    fixed, fix_right = _fixed(report, mutant.source, source)
    return {
        "case": "single",
        "function": name,
        "kind": mutant.kind,
        "line": mutant.line,
        "right": mutant.before,
        "wrong": mutant.after,
        "in_loop": mutant.loop,
        "found": not report.ok,
        "placed": alone and named[0] in lines,
        "among": len(named) <= AMONG and any(n in lines for n in named),
        "blamed": alone and named[0] not in lines,
        "fixed": fixed,
        "fix_right": fix_right,
        "seconds": spent,
        **_said(report),
    }


def judge_pair(name: str, source: str, pair: Pair) -> Row:
    """Judge a function with two mistakes planted in it."""
    report, spent = _judged(pair.source)
    named = _named(report)
    shift = pair.lines[1] - pair.second.line
    ranges = [(pair.first.line, pair.first.last), (pair.second.line + shift, pair.second.last + shift)]
    fixed, fix_right = _fixed(report, pair.source, source)
    return {
        "case": "pair",
        "function": name,
        "kind": f"{pair.first.kind}, {pair.second.kind}",
        "lines": list(pair.lines),
        "right": [pair.first.before, pair.second.before],
        "wrong": [pair.first.after, pair.second.after],
        "found": not report.ok,
        "both": all(any(start <= line <= end for line in named) for start, end in ranges),
        "fixed": fixed,
        "fix_right": fix_right,
        "seconds": spent,
        **_said(report),
    }


class Written:
    """A text as a module of a file of its own, so that its lines can be read: `with Written(text) as module`."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __enter__(self) -> ModuleType:
        # Code objects of two files are equal where their text is: the statements of the last file must not be found.
        trace_source.forget()
        self.folder = Scratch()
        path = Path(self.folder.name, "backprop.py")
        path.write_text(self.text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location("_file_of_the_bench", path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[module.__name__] = module
        spec.loader.exec_module(module)
        return module

    def __exit__(self, *raised: object) -> None:
        sys.modules.pop("_file_of_the_bench", None)
        self.folder.cleanup()


def _judged(text: str) -> tuple[Report, float]:
    """Return the Report of a text at its own point, and the CPU seconds that it took."""
    with Written(text) as module, np.errstate(all="ignore"):
        started = time.process_time()
        report = check_gradients(module.backward, module.params, module.x, module.y)
        return report, time.process_time() - started


def _named(report: Report) -> list[int]:
    """Return the lines that the findings name, each once."""
    lines = (line for f in report.findings if f.line is not None for line in (f.lines or (f.line,)))
    return list(dict.fromkeys(lines))


def _said(report: Report) -> Row:
    return {
        "named": _named(report),
        "fixes": [f.fix for f in report.findings if f.fix],
        "said": report.diagnosis,
        "about": {k: v for k, v in report.about.items() if k in ("not_followed", "not_placed")},
    }


def _fixed(report: Report, text: str, right: str) -> tuple[bool, bool | None]:
    """Return whether a fix is shown for all of it, and whether the text with it is right at other points."""
    located = [f for f in report.findings if f.line is not None]
    fixes = [f.fix for f in located if f.fix]
    if not fixes:
        return False, None
    try:
        fixed = load(rewritten(text, [fix["statement"] for fix in fixes]))
    except (NoPlaceError, SyntaxError):
        return True, False
    return True, all(_alike(fixed, load(right), k) for k in range(POINTS))


def _alike(fixed: ModuleType, right: ModuleType, k: int) -> bool:
    """Return whether two modules give one loss and gradient at the k-th point."""
    rng = np.random.default_rng([k, 99])
    point = (right.draw(rng), *right.batch(rng, 2 + 2 * k))
    with np.errstate(all="ignore"):
        true_loss, true = right.backward(*_cast(point, "float64"))
        try:
            loss, grads = fixed.backward(*_cast(point, "float64"))
            same = bool(np.isclose(float(loss), float(true_loss), rtol=1e-9, equal_nan=True))
            return same and near(flatten(grads), flatten(true))
        except Exception:  # the fix does not run at this point
            return False


def near(mine: Arrays, right: Arrays) -> bool:
    """Return whether each array equals that of the correct code up to rounding."""
    whole = float(np.sqrt(sum(float(np.vdot(a, a).real) for a in right.values())))
    return mine.keys() == right.keys() and all(
        np.shape(mine[n]) == a.shape
        and np.linalg.norm(mine[n] - a) <= RIGHT * np.linalg.norm(a) + ZERO * whole
        for n, a in right.items()
    )


def _cast(tree: Any, dtype: str) -> Any:
    """Return the nest with fresh copies of its arrays, the floating ones in another type."""

    def leaf(value: Any) -> Any:
        if not isinstance(value, (float, np.ndarray, np.floating)):
            return value
        array = np.array(value)
        return array.astype(dtype)[()] if array.dtype.kind == "f" else array

    return mapped(tree, leaf)


def _of_correct(rows: list[Row]) -> Row:
    verdicts = [r["verdict"] for r in rows]
    counted = {v.replace(" ", "_"): verdicts.count(v) for v in ("right", "wrong", "not known", "overflowed")}
    return {"cases": sum(counted[v] for v in ("right", "wrong", "not_known")), **counted}


def _of_single(rows: list[Row]) -> Row:
    return {"cases": len(rows), **{what: sum(bool(r[what]) for r in rows) for what in OUTCOMES}}


def _of_pairs(rows: list[Row]) -> Row:
    return {
        "cases": len(rows),
        **{w: sum(bool(r[w]) for r in rows) for w in ("found", "both", "fixed", "fix_right")},
    }


def _quantiles(rows: list[Row]) -> Row:
    seconds = [r["seconds"] for r in rows if "seconds" in r]
    quantiles = (("median", 0.5), ("p90", 0.9), ("max", 1))
    return {name: float(np.quantile(seconds, q)) if seconds else None for name, q in quantiles}
