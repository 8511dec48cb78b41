"""Two baselines: which settings changed, which runs, and by how much the test accuracy."""

from ..blocks import Column, Notes, Table, figure

HEADING = "What changed"
TONES = {"identical": "right", "rounding": "right", "changed": "wrong", "another run": "inconclusive"}


def blocks(data):
    """Settings, runs, accuracies."""
    found = [Notes([f"A is {data['a']}, B is {data['b']}."])]
    if data["missing"]:
        only = ", ".join(f"{who} seed {seed}" for who, seed in data["missing"])
        found.append(Notes([f"Only in one of them: {only}."], warning=True))
    if data["settings"]:
        rows = [[name, there, here] for name, (there, here) in data["settings"].items()]
        columns = [Column(name, numeric=False) for name in ("setting", "A", "B")]
        found.append(Table("settings", "Settings that changed", columns, rows))
    return [*found, _runs(data["runs"]), _accuracy(data["accuracy"])]


def _runs(runs):
    columns = [Column("implementation", numeric=False), Column("seed"), Column("status", numeric=False)]
    columns += [Column("from epoch"), Column("validation losses apart by", figure(".1e"))]
    keys = ("implementation", "seed", "status", "epoch", "difference")
    tones = {k: TONES[run["status"]] for k, run in enumerate(runs)}
    return Table("runs", "Each run", columns, [[run[key] for key in keys] for run in runs], tones, keys=2)


def _accuracy(rows):
    columns = [Column("implementation", numeric=False)]
    columns += [Column(name, lambda value: f"{100 * value:+.2f}") for name in ("mean", "low", "high")]
    keys = ("implementation", "mean", "low", "high")
    label = "Test accuracy, B minus A, in points"
    return Table("accuracy-change", label, columns, [[row[key] for key in keys] for row in rows])
