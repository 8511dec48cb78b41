"""Pictures of a baseline: test accuracy of each seed with its interval, and validation accuracy by epoch."""

import numpy as np

from ...common.results import number
from . import INK, Picture, colour, drawing, figure, in_rows, strokes


def accuracies(result: dict) -> Picture:
    """Draw one row for each implementation: a ring for each seed, the mean, and its 95 % interval, if any."""
    each: dict[str, list[float]] = {}
    for run in [*result["runs"], *_peers(result)]:
        each.setdefault(run["implementation"], []).append(100 * number(run["test_accuracy"]))
    rows = result["summary"]
    with drawing():
        drawn = figure(0.42 * len(rows) + 1.1)
        axes = drawn.subplots()
        for row, found in enumerate(rows):
            who, shade = found["implementation"], colour(found["implementation"])
            seeds = each.get(who, [])
            axes.plot(
                seeds, [row] * len(seeds), "o", markerfacecolor="none", markeredgecolor=shade, alpha=0.7
            )
            if found["low"] is not None:
                ends = [100 * number(found[key]) for key in ("low", "high")]
                axes.plot(ends, (row, row), color=shade, linewidth=2.5)
            axes.plot(100 * number(found["mean"]), row, "D", color=shade, markersize=7)
        in_rows(axes, [found["implementation"] for found in rows])
        axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.6)
        axes.set(title="test accuracy, %", xlabel="ring: a seed;  diamond: the mean;  bar: 95 %")
    return Picture("accuracies", drawn, "Test accuracy of each implementation, seed by seed, with the mean")


def by_epoch(result: dict) -> Picture:
    """Draw the validation accuracy by epoch: the mean over seeds, and the range of the seeds as a band."""
    runs: dict[str, list] = {}
    for run in result["runs"]:
        by_epoch = [100 * number(epoch["validation_accuracy"]) for epoch in run["epochs"]]
        runs.setdefault(run["implementation"], []).append(by_epoch)
    with drawing():
        drawn = figure(3.0)
        axes = drawn.subplots()
        for (who, each), (width, dash) in zip(runs.items(), strokes(), strict=False):
            shortest = min(map(len, each))
            values = np.array([v[:shortest] for v in each])
            epochs, low, high = np.arange(1, shortest + 1), values.min(axis=0), values.max(axis=0)
            axes.fill_between(epochs, low, high, color=colour(who), alpha=0.15, linewidth=0)
            axes.plot(epochs, values.mean(axis=0), dash, linewidth=width, color=colour(who), label=who)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set(xlabel="epoch", title="validation accuracy, %")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(loc="lower right")
    return Picture("epochs", drawn, "Validation accuracy by epoch, the mean and range over seeds")


def _peers(result):
    runs = (result.get("peer") or {}).get("runs") or []
    return [{"implementation": "scikit-learn"} | run for run in runs if run.get("test_accuracy") is not None]
