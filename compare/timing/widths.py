"""Steady time over widths, fitted as overhead + FLOPs / rate: where arithmetic begins to outweigh the rest."""

import random

import numpy as np

from ..networks.mlp import product_flops
from . import statistics

FULL = (16, 64, 256)
RESAMPLES = 200


def chosen(net, width, quick):
    """The widths to time: those asked for, the plan's own, or none where there is no hidden layer."""
    if len(net.fields.get("sizes", ())) < 3:
        return ()
    return tuple(width) if width is not None else () if quick else FULL


def at(net, width):
    """`net` with every hidden layer `width` wide."""
    sizes = net.fields["sizes"]
    hidden = [width] * (len(sizes) - 2)
    return type(net)(net.name, net.class_name, net.fields | {"sizes": (sizes[0], *hidden, sizes[-1])})


def fitted(records, task, clock, pairs):
    """Times and fit of each contender, and for each pair the width at which the two are equal."""
    flops = {w: product_flops(at(task.net, w).fields["sizes"], len(task.x)) for w in task.widths}
    rng = random.Random(task.seed)
    found, draws = [], {}
    for name, record in records.items():
        times = {
            w: [b[f"{clock}_s"] / (b["calls"] * record.steps) for b in blocks]
            for w, blocks in record.widths.items()
            if blocks
        }
        if len(times) < 2 or record.status != "measured":
            continue
        fits = [fit(flops, {w: rng.choices(t, k=len(t)) for w, t in times.items()}) for _ in range(RESAMPLES)]
        overhead, rate = fit(flops, times)
        draws[name] = [(overhead, rate), *fits]
        product = (record.studies.get("product") or {}).get("flops_per_s")
        found.append(
            {
                "name": name,
                "times": [
                    {"width": w, "flops": flops[w], "step_s": statistics.interval(t)}
                    for w, t in times.items()
                ],
                "overhead_s": _spread(overhead, [f[0] for f in fits]),
                "flops_per_s": _spread(rate, [f[1] for f in fits]),
                "share_of_product_rate": rate / product if product and np.isfinite(rate) else None,
                "samples": record.widths,
            }
        )
    return {
        "widths": list(task.widths),
        "contenders": found,
        "crossings": [_crossing(p, draws, task) for p in pairs if p.static in draws and p.dynamic in draws],
    }


def fit(flops, times):
    """(overhead in seconds, FLOP/s) with the least relative error, neither negative; inf where nothing grows."""
    medians = {w: statistics.median(t) for w, t in times.items()}
    rows = np.array([[1 / medians[w], flops[w] / medians[w]] for w in medians])
    scale = rows.max(axis=0)
    from scipy.optimize import nnls  # where it is wanted: its import takes a second

    (overhead, per_flop), _ = nnls(rows / scale, np.ones(len(rows)))
    per_flop /= scale[1]
    return overhead / scale[0], (1 / per_flop if per_flop > 0 else float("inf"))


def _crossing(pair, draws, task):
    """The width where the two fitted lines meet, or why they do not."""
    widths = [
        width_of(_meeting(s, d), task) for s, d in zip(draws[pair.static], draws[pair.dynamic], strict=True)
    ]
    met = [w for w in widths[1:] if w is not None]
    about = {"static": pair.static, "dynamic": pair.dynamic}
    if widths[0] is None or len(met) < 0.95 * RESAMPLES:
        return about | {
            "width": None,
            "reason": "the fitted lines do not meet: the static one stays ahead or behind",
        }
    return about | {"width": _spread(widths[0], met), "reason": None}


def _meeting(static, dynamic):
    """FLOPs at which overhead + FLOPs / rate are equal; None where that is not at a positive count."""
    slopes = 1 / static[1] - 1 / dynamic[1]
    if slopes == 0:
        return None
    at = (dynamic[0] - static[0]) / slopes
    return at if at > 0 else None


def width_of(flops, task):
    """The hidden width with that many operations: the count grows with it, so bisection finds it."""
    if flops is None:
        return None
    low, high = 1.0, 1e7
    sizes = task.net.fields["sizes"]
    hidden = len(sizes) - 2
    for _ in range(60):
        middle = (low * high) ** 0.5
        count = product_flops((sizes[0], *[middle] * hidden, sizes[-1]), len(task.x))
        low, high = (middle, high) if count < flops else (low, middle)
    return middle if 1.001 < middle < 0.99e7 else None


def _spread(median, draws):
    finite = [d for d in draws if np.isfinite(d)] or [median]
    low, high = np.percentile(finite, [2.5, 97.5])
    return {"median": median, "low": min(float(low), median), "high": max(float(high), median)}
