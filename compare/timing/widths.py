"""Steady time over widths, fitted as overhead + FLOPs / rate: where arithmetic begins to outweigh the rest."""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..common import statistics
from ..common.statistics import Interval
from ..networks import Network
from ..networks.mlp import product_flops
from ..user.trio.trio import Trio
from .plan import Record
from .result import Pair
from .task import Task

FULL = (16, 64, 256)
RESAMPLES = 200


class Line(NamedTuple):
    """A fitted line: seconds of overhead, FLOPs a second (inf where nothing grows)."""

    overhead_s: float
    flops_per_s: float


def chosen(net: Network | Trio, width: Iterable[int] | None, quick: bool) -> tuple[int, ...]:
    """Return the widths to time: `width`, the plan's own, or none without a hidden layer."""
    if len(net.fields.get("sizes", ())) < 3:
        return ()
    return tuple(width) if width is not None else () if quick else FULL


def at(net: Any, width: int) -> Network:
    """Return `net` with every hidden layer `width` wide."""
    return type(net)(net.name, net.class_name, net.fields | {"sizes": _sizes(net, width)})


def fitted(records: Mapping[str, Record], task: Task, clock: str, pairs: Iterable[Pair]) -> dict:
    """Return times and fit of each contender, and for each pair the width at which the two are equal."""
    flops = {w: product_flops(_sizes(task.net, w), len(task.x)) for w in task.widths}
    rng = random.Random(task.seed)
    found, lines = [], {}
    for name, record in records.items():
        times = {
            w: [b[f"{clock}_s"] / (b["calls"] * record.steps) for b in blocks]
            for w, blocks in record.widths.items()
            if blocks
        }
        if len(times) < 2 or record.status != "measured":
            continue
        draws = [
            fit(flops, {w: rng.choices(t, k=len(t)) for w, t in times.items()}) for _ in range(RESAMPLES)
        ]
        best = fit(flops, times)
        lines[name] = [best, *draws]
        product = (record.studies.get("product") or {}).get("flops_per_s")
        found.append(
            {
                "name": name,
                "times": [
                    {"width": w, "flops": flops[w], "step_s": statistics.interval(t)}
                    for w, t in times.items()
                ],
                "overhead_s": _spread(best.overhead_s, [line.overhead_s for line in draws]),
                "flops_per_s": _spread(best.flops_per_s, [line.flops_per_s for line in draws]),
                "share_of_product_rate": (
                    best.flops_per_s / product if product and math.isfinite(best.flops_per_s) else None
                ),
                "samples": record.widths,
            }
        )
    return {
        "widths": list(task.widths),
        "contenders": found,
        "crossings": [
            {"static": p.static, "dynamic": p.dynamic} | _crossing(lines[p.static], lines[p.dynamic], task)
            for p in pairs
            if {p.static, p.dynamic} <= lines.keys()
        ],
    }


def fit(flops: Mapping[int, float], times: Mapping[int, Sequence[float]]) -> Line:
    """Return the line with the least relative error, neither of its numbers negative."""
    from scipy.optimize import nnls  # its import takes a second

    medians = {w: statistics.median(t) for w, t in times.items()}
    rows = np.array([[1 / medians[w], flops[w] / medians[w]] for w in medians])
    scale = rows.max(axis=0)
    overhead, per_flop = nnls(rows / scale, np.ones(len(rows)))[0] / scale
    return Line(float(overhead), 1 / float(per_flop) if per_flop > 0 else float("inf"))


def _crossing(static: Sequence[Line], dynamic: Sequence[Line], task: Task) -> dict:
    """Return the width where the two fitted lines meet, or why they do not."""
    first, *others = [width_of(_meeting(s, d), task) for s, d in zip(static, dynamic, strict=True)]
    met = [w for w in others if w is not None]
    if first is None or len(met) < 0.95 * RESAMPLES:
        reason = "the fitted lines do not meet: the static one stays ahead or behind"
        return {"width": None, "reason": reason}
    return {"width": _spread(first, met), "reason": None}


def _meeting(static: Line, dynamic: Line) -> float | None:
    """Return the FLOPs at which overhead + FLOPs / rate are equal; None where that is at no positive count."""
    slopes = 1 / static[1] - 1 / dynamic[1]
    if slopes == 0:
        return None
    at = (dynamic[0] - static[0]) / slopes
    return at if at > 0 else None


def width_of(flops: float | None, task: Task) -> float | None:
    """Return the hidden width with that many operations: the count grows with it, so bisection finds it."""
    if flops is None:
        return None
    low, high = 1.0, 1e7
    for _ in range(60):
        middle = (low * high) ** 0.5
        below = product_flops(_sizes(task.net, middle), len(task.x)) < flops
        low, high = (middle, high) if below else (low, middle)
    return middle if 1.001 < middle < 0.99e7 else None


def _sizes(net: Any, width: float) -> tuple:
    """Return the sizes of `net` with every hidden layer `width` wide."""
    first, *hidden, last = net.fields["sizes"]
    return (first, *[width] * len(hidden), last)


def _spread(median: float, draws: Sequence[float]) -> Interval:
    finite = [d for d in draws if math.isfinite(d)] or [median]
    low, high = np.percentile(finite, [2.5, 97.5])
    return Interval(median, min(float(low), median), max(float(high), median))
