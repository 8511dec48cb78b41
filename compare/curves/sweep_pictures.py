"""Pictures of a sweep, from the plain form of its result: a curve by setting, and a heatmap of two axes."""

import io

import numpy as np

SHOWN = 10  # curves in one picture: more could not be told apart


def curves(result):
    """SVG text: the best settings' validation accuracy by epoch, the mean over seeds."""
    figure, axes = _figure()
    for trial in result["trials"][:SHOWN]:
        runs = [
            [epoch["validation_accuracy"] for epoch in run["epochs"]]
            for run in result["runs"]
            if run["implementation"] == trial["implementation"] and run["settings"] == trial["settings"]
        ]
        mean = np.mean(runs, axis=0)
        axes.plot(np.arange(1, len(mean) + 1), mean, marker=".", label=_said(trial))
    axes.set_xlabel("epoch")
    axes.set_ylabel("validation accuracy")
    axes.legend(fontsize=7, loc="lower right")
    return _svg(figure)


def heatmap(result, across, down, implementation=None):
    """SVG text: the best validation accuracy for each pair of values of two swept names."""
    who = implementation or result["trials"][0]["implementation"]
    trials = [t for t in result["trials"] if t["implementation"] == who]
    columns, rows = (_values(trials, name) for name in (across, down))
    grid = np.full((len(rows), len(columns)), np.nan)
    for trial in trials:
        row, column = rows.index(trial["settings"][down]), columns.index(trial["settings"][across])
        grid[row, column] = np.fmax(grid[row, column], trial["validation_accuracy"])
    figure, axes = _figure()
    image = axes.imshow(grid, aspect="auto", cmap="viridis")
    for (row, column), value in np.ndenumerate(grid):
        if np.isfinite(value):
            axes.text(column, row, f"{100 * value:.1f}", ha="center", va="center", color="white", fontsize=8)
    axes.set_xticks(range(len(columns)), [f"{v:g}" if isinstance(v, float) else v for v in columns])
    axes.set_yticks(range(len(rows)), [f"{v:g}" if isinstance(v, float) else v for v in rows])
    axes.set_xlabel(across)
    axes.set_ylabel(down)
    figure.colorbar(image, label=f"validation accuracy ({who})")
    return _svg(figure)


def axes_of(result):
    """Two swept names with more than one value each, for a heatmap; None where there are not two."""
    names = [name for name in result["over"] if 1 < len(_values(result["trials"], name)) <= 20]
    return tuple(names[:2]) if len(names) >= 2 else None


def _values(trials, name):
    found = {trial["settings"][name] for trial in trials}
    return sorted(found, key=lambda value: (isinstance(value, str), value))


def _said(trial):
    return ", ".join(
        [trial["implementation"], *(f"{key} {value:.3g}" if isinstance(value, float) else f"{key} {value}"
                                    for key, value in trial["settings"].items())]
    )  # fmt: skip


def _figure():
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    return figure, figure.subplots()


def _svg(figure):
    from matplotlib import rc_context

    out = io.StringIO()
    with rc_context({"svg.hashsalt": "threeways"}):
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()
