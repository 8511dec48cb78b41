"""A baseline: test accuracies over seeds, the epochs, the paired differences, the paragraph for an appendix."""

from ..blocks import Code, Column, Drawn, Table, figure, percent
from ..pictures.accuracy import accuracies, by_epoch
from ..text.baseline import paragraph

HEADING = "The baseline"


def blocks(data):
    """Pictures first, then the figures, then the methods in words."""
    return [
        Drawn(
            accuracies(data),
            "Test accuracy at the best epoch by validation. Implementations that share a seed start from the same "
            "parameters over the same batches: they are no replicates.",
        ),
        _summary(data["summary"]),
        Drawn(
            by_epoch(data),
            "Validation accuracy by epoch: the mean over seeds, and their range as a band.",
            _series(data),
        ),
        _differences(data["differences"]),
        Code(paragraph(data), "Methods, for an appendix"),
    ]


def _summary(rows):
    columns = [Column("implementation", numeric=False), Column("seeds")]
    columns += [
        Column(name, percent) for name in ("mean", "median", "low", "high", "test set's standard error")
    ]
    keys = ("implementation", "seeds", "mean", "median", "low", "high", "test_set_standard_error")
    return Table("accuracy", "Test accuracy", columns, [[row[key] for key in keys] for row in rows])


def _differences(pairs):
    columns = [Column("one", numeric=False), Column("other", numeric=False)]
    columns += [Column(f"{name}, points", _points) for name in ("mean", "low", "high")]
    rows = [[p["one"], p["other"], *(p[key] for key in ("mean", "low", "high"))] for p in pairs]
    return Table("differences", "Differences, paired by seed", columns, rows, keys=2)


def _points(value):
    return figure("+.3f")(100 * value)


def _series(data):
    keys = ("train_loss", "validation_loss", "validation_accuracy")
    flat = [(run, epoch) for run in data["runs"] for epoch in run["epochs"]]
    return {
        "implementation": [run["implementation"] for run, _ in flat],
        "seed": [run["seed"] for run, _ in flat],
        "epoch": [epoch["epoch"] for _, epoch in flat],
    } | {key: [epoch[key] for _, epoch in flat] for key in keys}
