"""Two baselines: which settings changed, which runs, and by how much the test accuracy."""

from ..blocks import Column, Headline, Notes, Table, words
from ..wording import figure

HEADING = "What changed"
VERDICTS = {
    "same": ("SAME", "Nothing changed beyond noise."),
    "changed": ("CHANGED", "Something changed beyond noise."),
    "unknown": (
        "UNKNOWN",
        "These are different runs, and too few seeds to say whether they differ beyond noise.",
    ),
}
TONES = {"identical": "right", "rounding": "right", "changed": "wrong", "another run": "inconclusive"}


def verdict(data: dict) -> Headline:
    """Whether two baselines differ by more than noise."""
    return Headline(
        {True: "right", False: "wrong", None: "inconclusive"}[data["ok"]], *VERDICTS[data["verdict"]]
    )


def blocks(data: dict) -> list:
    """Settings, runs, accuracies."""
    only = ", ".join(f"{who} seed {seed}" for who, seed in data["missing"])
    settings = [[name, there, here] for name, (there, here) in data["settings"].items()]
    return [
        Notes([f"A is {data['a']}, B is {data['b']}."]),
        Notes([f"Only in one of them: {only}."] if only else [], warning=True),
        Table("settings", "Settings that changed", words("setting", "A", "B"), settings),
        _runs(data["runs"]),
        _accuracy(data["accuracy"]),
    ]


def _runs(runs):
    columns = [Column("implementation", numeric=False), Column("seed"), Column("status", numeric=False)]
    columns += [Column("from epoch"), Column("validation losses apart by", figure(".1e"))]
    keys = ("implementation", "seed", "status", "epoch", "difference")
    tones = {k: TONES[run["status"]] for k, run in enumerate(runs)}
    return Table("runs", "Each run", columns, [[run[key] for key in keys] for run in runs], tones, keys=2)


def _accuracy(rows):
    columns = [Column("implementation", numeric=False)]
    columns += [Column(name, lambda value: f"{100 * value:+.2f}") for name in ("mean", "low", "high")]
    columns += words("no interval because")
    keys = ("implementation", "mean", "low", "high", "reason")
    label = "Test accuracy, B minus A, in points, paired by seed, with its 95 % interval"
    return Table("accuracy-change", label, columns, [[row[key] for key in keys] for row in rows])
