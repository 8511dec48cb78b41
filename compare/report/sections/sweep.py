"""A sweep: the best settings, two of them against each other, and what a smaller budget would have found."""

from ..blocks import Column, Drawn, Notes, Table, percent
from ..pictures.sweep import axes_of, budget, curves, heatmap

HEADING = "The sweep"


def blocks(data):
    """Pictures first, then all trials to sort."""
    found = [
        Notes([f"The test set was used {data['test_evaluations']} times; choose by validation, not by it."])
    ]
    found.append(Drawn(curves(data), "The best settings by validation: the mean over their seeds."))
    if two := axes_of(data):
        found.append(Drawn(heatmap(data, *two), "The best that was found for each pair of values."))
    found.append(
        Drawn(
            budget(data),
            "How good the best of 1, 2, ... settings tried at random would be expected to be.",
            {f"{who}, expected best": best for who, best in data["budget"].items()},
        )
    )
    columns = [Column("implementation", numeric=False), *(Column(name, _short) for name in data["over"])]
    columns += [Column("seeds"), Column("validation", percent), Column("test", percent)]
    rows = [
        [
            t["implementation"],
            *(t["settings"][name] for name in data["over"]),
            len(t["seeds"]),
            t["validation_accuracy"],
            t["test_accuracy"],
        ]
        for t in data["trials"]
    ]
    return [*found, Table("trials", "All trials", columns, rows, keys=1 + len(data["over"]))]


def _short(value):
    return f"{value:.3g}" if isinstance(value, float) else str(value)
