"""Pictures of a sweep: a curve by setting, a heatmap of two swept names, and what a smaller budget would find."""

import numpy as np

from ...common.results import number
from . import INK, PARTS, Picture, colour, drawing, figure, strokes


def curves(result: dict) -> Picture:
    """Draw the best settings' validation accuracy by epoch, the mean over seeds."""
    with drawing():
        drawn = figure(4.2)
        axes = drawn.subplots()
        for trial, shade, (_, dash) in zip(result["trials"], PARTS, strokes(), strict=False):
            runs = [
                [number(epoch["validation_accuracy"]) for epoch in run["epochs"]]
                for run in result["runs"]
                if run["implementation"] == trial["implementation"] and run["settings"] == trial["settings"]
            ]
            mean = 100 * np.mean(runs, axis=0)
            axes.plot(np.arange(1, len(mean) + 1), mean, dash, marker=".", color=shade, label=_said(trial))
        axes.set(xlabel="epoch", title="validation accuracy, %")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.xaxis.get_major_locator().set_params(integer=True)
        drawn.legend(loc="outside lower center", ncols=1 if len(result["over"]) > 2 else 2, columnspacing=4)
    return Picture("sweep-curves", drawn, "Validation accuracy by epoch for the best settings")


def heatmap(result: dict, across: str, down: str, implementation: str | None = None) -> Picture:
    """Draw the best validation accuracy for each pair of values of two swept names."""
    who = implementation or result["trials"][0]["implementation"]
    trials = [t for t in result["trials"] if t["implementation"] == who]
    columns, rows = (_values(trials, name) for name in (across, down))
    grid = np.full((len(rows), len(columns)), np.nan)
    for trial in trials:
        row, column = rows.index(trial["settings"][down]), columns.index(trial["settings"][across])
        grid[row, column] = np.fmax(grid[row, column], number(trial["validation_accuracy"]))
    with drawing():
        drawn = figure(min(0.5 * len(rows) + 1.4, 7))
        axes = drawn.subplots()
        image = axes.imshow(100 * grid, aspect="auto", cmap="cividis")
        light = np.nanmean([np.nanmin(grid), np.nanmax(grid)]) if np.isfinite(grid).any() else 0.0
        for (row, column), value in np.ndenumerate(grid):
            if np.isfinite(value):
                ink = "#000000" if value >= light else "#ffffff"
                axes.text(column, row, f"{100 * value:.1f}", ha="center", va="center", color=ink)
        axes.set_xticks(range(len(columns)), [_short(v) for v in columns])
        axes.set_yticks(range(len(rows)), [_short(v) for v in rows])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set(xlabel=across, ylabel=down, title=f"validation accuracy, % ({who})")
        drawn.colorbar(image, ax=axes).outline.set_visible(False)
    return Picture("sweep-heatmap", drawn, f"Best validation accuracy by {across} and {down}")


def budget(result: dict) -> Picture:
    """Draw the expected best validation accuracy of 1, 2, ... settings tried at random."""
    with drawing():
        drawn = figure(2.8)
        axes = drawn.subplots()
        for (who, best), (width, dash) in zip(result["budget"].items(), strokes(), strict=False):
            tried = np.arange(1, len(best) + 1)
            values = [100 * number(v) for v in best]
            axes.plot(tried, values, linestyle=dash, linewidth=width, color=colour(who), label=who)
        axes.grid(color=INK, alpha=0.12, linewidth=0.6)
        axes.set(xlabel="settings tried", title="expected best validation accuracy, %")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(loc="lower right")
    return Picture("sweep-budget", drawn, "Expected best validation accuracy by how many settings are tried")


def axes_of(result: dict) -> tuple[str, str] | None:
    """Return two swept names with more than one value each, for a heatmap; None where there are not two."""
    names = [name for name in result["over"] if 1 < len(_values(result["trials"], name)) <= 20]
    return (names[0], names[1]) if len(names) >= 2 else None


def _values(trials, name):
    found = {trial["settings"][name] for trial in trials}
    return sorted(found, key=lambda value: (isinstance(value, str), value))


def _said(trial):
    return ", ".join(
        [trial["implementation"], *(f"{key} {_short(value)}" for key, value in trial["settings"].items())]
    )


def _short(value):
    return f"{value:.3g}" if isinstance(value, float) else str(value)
