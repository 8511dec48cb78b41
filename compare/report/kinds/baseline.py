"""A baseline: test accuracies over seeds, the epochs, the paired differences, the paragraph for an appendix."""

from functools import partial

from ...common.results import number
from ..blocks import PAGE, Code, Column, Drawn, Headline, Notes, Table, words
from ..methods import is_loss, measured, paragraph
from ..pictures.accuracy import accuracies, by_epoch
from ..wording import percent

HEADING = "The baseline"


def verdict(data: dict) -> Headline:
    """Give each implementation's mean test accuracy, or test loss."""
    rows, form = data["summary"], measured(data)
    each = ", ".join(f"{row['implementation']} {form(row['mean'])}" for row in rows)
    what = data.get("measure", "test accuracy")
    return Headline("done", "DONE", f"{data['title']}, {rows[0]['seeds']} seeds: {what} {each}.")


def blocks(data: dict) -> list:
    """Return pictures and tables, then the methods in words."""
    missing = data["peer"]["runs"][0]["reason"]
    alone = data["summary"][0]["reason"] if data["summary"][0]["low"] is None else ""
    notes = [
        Notes([f"no interval: {alone}"] if alone else [], warning=True),
        Notes([f"scikit-learn is absent: {missing}"] if missing else [], warning=True),
        Code(_unwrapped(paragraph(data)), "Methods, for an appendix", level=PAGE),
    ]
    if is_loss(data):
        columns = [*words(implementation="implementation"), Column("seeds", "seeds")]
        columns += [Column(name, name, measured(data)) for name in ("mean", "median", "low", "high")]
        pairs = [*words(one="one", other="other")]
        pairs += [Column(name, name, measured(data)) for name in ("mean", "low", "high")]
        return [
            Table("loss", "Test loss at the best epoch by validation loss", columns, data["summary"]),
            Table("differences", "Differences, paired by seed", pairs, data["differences"], keys=2),
            *notes,
        ]
    return [
        Drawn(
            partial(accuracies, data),
            "Test accuracy at the best epoch by validation. Implementations that share a seed start from the same "
            "parameters over the same batches: they are no replicates.",
        ),
        Table("accuracy", ACCURACY, SUMMARY, data["summary"]),
        Drawn(
            partial(by_epoch, data),
            "Validation accuracy by epoch: the mean over seeds, and their range as a band.",
            _series(data),
        ),
        Table("differences", "Differences in points, paired by seed", PAIRS, data["differences"], keys=2),
        *notes,
    ]


def _points(value):
    return f"{100 * number(value):+.3f}"


def _series(data):
    keys = ("train_loss", "validation_loss", "validation_accuracy")
    flat = [(run, epoch) for run in data["runs"] for epoch in run["epochs"]]
    return {
        "implementation": [run["implementation"] for run, _ in flat],
        "seed": [run["seed"] for run, _ in flat],
        "epoch": [epoch["epoch"] for _, epoch in flat],
    } | {key: [epoch[key] for _, epoch in flat] for key in keys}


ACCURACY = "Test accuracy at the best epoch by validation, with its 95 % interval over seeds"
SUMMARY = [
    *words(implementation="implementation"),
    Column("seeds", "seeds"),
    *(Column(name, name, percent) for name in ("mean", "median", "low", "high")),
    Column("test set's standard error", "test_set_standard_error", percent),
]
PAIRS = [
    *words(one="one", other="other"),
    *(Column(name, name, _points) for name in ("mean", "low", "high")),
    *words(seed_by_seed=lambda p: ", ".join(f"{100 * number(d):+.2f}" for d in p["differences"])),
]


def _unwrapped(text):
    """Return the text with each paragraph in a line: a page breaks it where the page ends."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")) + "\n"
