"""Two baselines compared: what changed beyond noise. The regression test of a research group.

Runs from the same parameters over the same batches may differ by rounding alone. In the first baseline the
implementations of a seed differ by nothing else: their distance, epoch by epoch, is the yardstick. For other runs
it is the spread over seeds.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..common.errors import INCONCLUSIVE, WRONG, UserError
from ..common.results import Displayed, environment, number
from ..common.shapes import damaged, read_result
from ..common.statistics import mean_interval
from .baseline import BaselineResult

# On another machine rounding may do this many times the largest difference of implementations so far.
FACTOR = 10.0
EPS = {"float64": 2.0**-52, "float32": 2.0**-23}


@dataclass(frozen=True)
class DiffResult(Displayed):
    """The raw result of `threeways diff`. verdict: "same", "changed" or "unknown"."""

    schema: str
    environment: dict
    ok: bool | None
    verdict: str
    a: str
    b: str
    settings: dict[str, list]
    runs: tuple[dict, ...]
    accuracy: tuple[dict, ...]
    missing: tuple[tuple[str, int], ...]

    @property
    def exit_code(self) -> int:
        """The exit status of the command."""
        return {True: 0, False: WRONG, None: INCONCLUSIVE}[self.ok]


def diff(a: str | Path, b: str | Path) -> DiffResult:
    """Compare two baselines: folders of `threeways baseline`, or their report.json. Raises UserError."""
    one, other = _read(a), _read(b)
    with damaged(a, b):
        return _compared(a, b, one, other)


def _compared(a: str | Path, b: str | Path, one: dict, other: dict) -> DiffResult:
    there = {_key(run): run for run in other["runs"]}
    shared = [(run, there[_key(run)]) for run in one["runs"] if _key(run) in there]
    if not shared:
        raise UserError(f"{a} and {b} share no implementation and seed: there is nothing to compare")
    settings = _changed_settings(one["settings"], other["settings"])
    same_start = {s["seed"]: s for s in one["starts"]}
    comparable = {
        s["seed"]
        for s in other["starts"]
        if _digests(s) == _digests(same_start.get(s["seed"], {})) and not settings
    }
    noise = {seed: _rounding(one, seed) for seed in comparable}
    runs = [_run(x, y, noise.get(x["seed"])) for x, y in shared]
    accuracy = _accuracies(shared)
    verdict = _verdict(runs, accuracy)
    return DiffResult(
        schema="threeways/diff/1",
        environment=environment(),
        ok={"same": True, "changed": False, "unknown": None}[verdict],
        verdict=verdict,
        a=str(a),
        b=str(b),
        settings=settings,
        runs=tuple(runs),
        accuracy=tuple(accuracy),
        missing=tuple(sorted({_key(r) for r in one["runs"]} ^ set(there))),
    )


def _read(path: str | Path) -> dict:
    path = Path(path)
    report = path / "report.json" if path.is_dir() else path
    if path.is_dir() and not report.exists():
        raise UserError(f"{path} has no report.json: it is no finished baseline")
    found = read_result(report, {"baseline": BaselineResult}.get)
    if not found["schema"].startswith("threeways/baseline/"):
        raise UserError(f"{report} is {found['schema']}, not a baseline")
    return found


def _key(run: dict) -> tuple[str, int]:
    return run["implementation"], run["seed"]


def _digests(start: dict) -> tuple:
    return start.get("parameters_sha256"), start.get("batch_order_sha256")


def _changed_settings(one: dict, other: dict) -> dict[str, list]:
    """Return {name: [in one, in other]} without the versions, which may change and should change nothing."""
    return {
        key: [one.get(key), other.get(key)]
        for key in sorted(one.keys() | other.keys())
        if key != "versions" and one.get(key) != other.get(key)
    }


def _rounding(result: dict, seed: int) -> list[float] | None:
    """Return by epoch the largest distance of the validation losses of one seed so far, times FACTOR; or None."""
    curves = [_losses(run) for run in result["runs"] if run["seed"] == seed]
    if len(curves) < 2:
        return None
    floor = EPS[result["settings"]["dtype"]]
    largest, found = 0.0, []
    for values in zip(*curves, strict=True):
        largest = max(largest, max(values) - min(values), floor * max(map(abs, values)))
        found.append(FACTOR * largest)
    return found


def _losses(run: dict) -> list[float]:
    return [number(epoch["validation_loss"]) for epoch in run["epochs"]]


def _run(one: dict, other: dict, noise: Sequence[float] | None) -> dict:
    """Compare one implementation and seed: "identical", "rounding", "changed" from an epoch on, or "another run"."""
    found = {"implementation": one["implementation"], "seed": one["seed"], "epoch": None, "difference": None}
    found["losses"] = [_losses(one), _losses(other)]
    if one["parameters_sha256"] == other["parameters_sha256"] and _losses(one) == _losses(other):
        return found | {"status": "identical"}
    if noise is None:
        return found | {"status": "another run"}
    gaps = [abs(x - y) for x, y in zip(_losses(one), _losses(other), strict=True)]
    found["difference"] = math.nan if any(map(math.isnan, gaps)) else max(gaps)
    outside = [epoch for epoch, (gap, bound) in enumerate(zip(gaps, noise, strict=True)) if not gap <= bound]
    return found | ({"status": "changed", "epoch": outside[0]} if outside else {"status": "rounding"})


def _accuracies(shared: Iterable[tuple[dict, dict]]) -> list[dict]:
    """Return the test accuracy, B minus A, paired by seed, for each implementation."""
    found: dict[str, list[float]] = {}
    for one, other in shared:
        found.setdefault(one["implementation"], []).append(other["test_accuracy"] - one["test_accuracy"])
    return [
        {"implementation": who, "differences": each, **vars(mean_interval(each))}
        for who, each in found.items()
    ]


def _verdict(runs: Iterable[dict], accuracy: Sequence[dict]) -> str:
    """Judge by runs from the same start; else by test accuracies, where there are seeds enough for an interval."""
    statuses = {run["status"] for run in runs}
    if "changed" in statuses:
        return "changed"
    if "another run" not in statuses:
        return "same"
    if any(row["low"] is None for row in accuracy):
        return "unknown"
    return "same" if all(row["low"] <= 0 <= row["high"] for row in accuracy) else "changed"
