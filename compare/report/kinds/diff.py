"""Two baselines: which settings changed, which runs, and by how much the test accuracy."""

from functools import partial
from operator import itemgetter

from ..blocks import Column, Drawn, Headline, Notes, Table, words
from ..pictures.compared import validation
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

CURVES = "Validation loss by epoch, a line for each seed: A drawn through, B dashed."
RUNS = [
    *words(implementation="implementation"),
    Column("seed", "seed"),
    *words(status="status"),
    Column("from epoch", "epoch"),
    Column("validation losses apart by", "difference", figure(".1e")),
]
CHANGE = "Test accuracy, B minus A, in points, paired by seed, with its 95 % interval"
ACCURACY = [
    *words(implementation="implementation"),
    *(Column(name, name, lambda value: f"{100 * value:+.2f}") for name in ("mean", "low", "high")),
    *words(no_interval_because="reason"),
]


def verdict(data: dict) -> Headline:
    """Say whether two baselines differ by more than noise."""
    word, said = VERDICTS[data["verdict"]]
    settings = "; ".join(f"{name} from {a} to {b}" for name, (a, b) in data["settings"].items())
    said += f" The settings differ: {settings}." if settings else ""
    return Headline({True: "right", False: "wrong", None: "inconclusive"}[data["ok"]], word, said)


def blocks(data: dict) -> list:
    """Return what changed: settings, runs, accuracies."""
    only = ", ".join(f"{who} seed {seed}" for who, seed in data["missing"])
    settings = [(name, *values) for name, values in data["settings"].items()]
    columns = words(setting=itemgetter(0), A=itemgetter(1), B=itemgetter(2))
    return [
        Notes([f"A is {data['a']}, B is {data['b']}."]),
        Notes([f"Only in one of them: {only}."] if only else [], warning=True),
        Table("settings", "Settings that changed", columns, settings),
        *_curves(data),
        Table("runs", "Each run", RUNS, data["runs"], lambda run: TONES[run["status"]], keys=2),
        Table("accuracy-change", CHANGE, ACCURACY, data["accuracy"]),
    ]


def _curves(data):
    """The validation losses of both, over one another; nothing in a result of an earlier version."""
    if not all("losses" in run for run in data["runs"]):
        return []
    one, other = (
        [
            {
                "implementation": r["implementation"],
                "epochs": [{"validation_loss": v} for v in r["losses"][side]],
            }
            for r in data["runs"]
        ]
        for side in (0, 1)
    )
    return [Drawn(partial(validation, one, other, ("A", "B")), CURVES)]
