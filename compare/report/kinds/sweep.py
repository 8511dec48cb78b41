"""A sweep: the best settings, two of them against each other, and what a smaller budget would have found."""

from functools import partial

from ..blocks import Column, Drawn, Headline, Notes, Table, words
from ..pictures.sweep import axes_of, budget, curves, heatmap
from ..wording import percent, setting, settings

HEADING = "The sweep"


def verdict(data: dict) -> Headline:
    """Name the best setting of all trials."""
    best = data["trials"][0]
    right = f"{percent(best['validation_accuracy'])} of the validation samples right"
    said = f"{settings(best['settings'])} ({best['implementation']}), {right}"
    return Headline("done", "DONE", f"Best of {len(data['trials'])} trials of {data['name']}: {said}.")


def blocks(data: dict) -> list:
    """Return the pictures, then all trials to sort."""
    two = axes_of(data)
    found = [
        Notes(
            [
                f"{len(data['runs'])} cells. The test set was used {data['test_evaluations']} times; "
                "choose by validation, not by it."
            ]
        ),
        Drawn(partial(curves, data), "The best settings by validation: the mean over their seeds."),
    ]
    if two:
        caption = "The best validation accuracy for each pair of values."
        found.append(Drawn(partial(heatmap, data, *two), caption))
    series = {f"{who}, expected best": best for who, best in data["budget"].items()}
    caption = "The expected best validation accuracy of 1, 2, ... settings tried at random."
    return [*found, Drawn(partial(budget, data), caption, series), _trials(data), _budget(data["budget"])]


def _trials(data):
    columns = [
        *words(implementation="implementation"),
        *(Column(name, partial(_swept, name), setting) for name in data["over"]),
        Column("seeds", lambda trial: len(trial["seeds"])),
        Column("validation", "validation_accuracy", percent),
        Column("test", "test_accuracy", percent),
    ]
    over = len(data["over"])
    return Table("trials", "Trials, the best first", columns, data["trials"], keys=1 + over, brief=range(10))


def _swept(name, trial):
    return trial["settings"][name]


def _budget(found):
    """Say what fewer trials would have found."""
    most = max(map(len, found.values()), default=0)
    tried = sorted({1, most // 4 or 1, most // 2 or 1, most} if most else ())
    items = [
        {"who": who} | {str(k): best[k - 1] for k in tried if k <= len(best)} for who, best in found.items()
    ]
    columns = [*words(implementation="who"), *(Column(str(k), str(k), percent) for k in tried)]
    return Table("budget", "Expected best validation accuracy, by how many trials", columns, items)
