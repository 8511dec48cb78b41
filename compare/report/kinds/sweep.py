"""A sweep: the best settings, two of them against each other, and what a smaller budget would have found."""

from functools import partial

from ...common.results import number
from ..blocks import Column, Drawn, Headline, Notes, Table
from ..pictures.sweep import axes_of, budget, curves, heatmap
from ..wording import percent, setting, settings

HEADING = "The sweep"


def verdict(data: dict) -> Headline:
    """The best setting of all trials."""
    best = data["trials"][0]
    right = f"{percent(best['validation_accuracy'])} of the validation samples right"
    said = f"{settings(best['settings'])} ({best['implementation']}), {right}"
    return Headline("done", "DONE", f"Best of {len(data['trials'])} trials of {data['name']}: {said}.")


def blocks(data: dict) -> list:
    """Pictures first, then all trials to sort."""
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
    columns = [Column("implementation", numeric=False), *(Column(name, setting) for name in data["over"])]
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
    over = len(data["over"])
    return Table("trials", "Trials, the best first", columns, rows, keys=1 + over, brief=range(10))


def _budget(found):
    """What a smaller number of trials would have found."""
    most = max(map(len, found.values()), default=0)
    tried = sorted({1, most // 4 or 1, most // 2 or 1, most} if most else ())
    columns = [Column("implementation", numeric=False), *(Column(str(k), percent) for k in tried)]
    rows = [
        [who, *(number(best[k - 1]) if k <= len(best) else None for k in tried)]
        for who, best in found.items()
    ]
    return Table("budget", "Expected best validation accuracy, by how many trials", columns, rows)
