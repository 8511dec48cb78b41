"""A baseline as CSV and as a paragraph for an appendix."""

from collections.abc import Callable
from typing import Any

from ..common.results import number
from ..common.tables import as_csv
from .wording import percent, wrapped


def epochs_csv(data: dict) -> str:
    """Return one row for each implementation, seed and epoch."""
    norms = list(data["runs"][0]["epochs"][0]["gradient_norm"])
    measured = ("train_loss", "validation_loss", "validation_accuracy")
    headings = ["implementation", "seed", "epoch", *measured, *(f"gradient_norm_{name}" for name in norms)]
    rows = [
        [
            run["implementation"],
            run["seed"],
            epoch["epoch"],
            *(epoch[key] for key in measured),
            *(epoch["gradient_norm"][name] for name in norms),
        ]
        for run in data["runs"]
        for epoch in run["epochs"]
    ]
    return as_csv(headings, rows)


def paragraph(data: dict) -> str:
    """Return methods.md: what was done, in sentences that a reviewer can check against report.json."""
    s, samples, versions = data["settings"], data["samples"], data["environment"]["versions"]
    seeds = [start["seed"] for start in data["starts"]]
    batch = f"batches of {s['batch']}" if s["batch"] else "all samples at each step"
    ways = {"hand": "a hand-written backward pass (NumPy)", "torch": "torch.autograd", "jax": "jax.grad"}
    by = [f"by {ways[r['implementation']]}" for r in data["summary"] if r["implementation"] in ways]
    by_all = ", ".join(by[:-1]) + (" and " if by[1:] else "") + by[-1]
    best = "lowest validation loss" if is_loss(data) else "highest validation accuracy"
    used = ", ".join(
        f"{name} {versions[name]}"
        for name in ("numpy", "torch", "jax", "optax", "scikit-learn")
        if versions.get(name)
    )
    body = (
        f"The network ({s['net']}; initial weights '{s['init']}') was trained for {s['epochs']} epochs in {s['dtype']} "
        f"by {s['rule']}, with {batch}, an incomplete last batch left out. It was trained {by_all}, "
        f"from the same initial parameters over the same batches, "
        f"for {len(seeds)} seeds ({', '.join(map(str, seeds))}). {samples['train']} samples were trained on and "
        f"{samples['validation']} held out for validation, split once; for each run the epoch with the "
        f"{best} was tested on {samples['test']} samples, once ({data['test_evaluations']} test "
        f"evaluations in all). Implementations that share a seed are not replicates: n is the number of seeds, "
        f"and differences are paired by seed."
    )
    if any(peer["test_accuracy"] is not None for peer in data["peer"]["runs"]):
        body += (
            " In the same run scikit-learn's MLPClassifier was trained on the same split with the same settings and "
            "seeds, with initial weights, shuffles and last batches of its own."
        )
    found = " ".join(_found(row, measured(data)) for row in data["summary"])
    pairs = " ".join(
        f"{p['one']} minus {p['other']}: {_mean(p, is_loss(data))}." for p in data["differences"]
    )
    where = (
        f"Versions: {used}; Python {data['environment']['python']}. Initial parameters and batch order are kept "
        f"as start.npz for each seed, since NumPy does not promise its random streams across versions; their sha256 "
        f"are in report.json. On another machine the curves agree within rounding as it grows, not bit by bit."
    )
    what, unit = ("Test loss", "") if is_loss(data) else ("Test accuracy", " in points")
    parts = ["# Methods", body, f"{what}. {found}", f"Differences{unit}. {pairs}"]
    if data["published"] and "test_accuracy" in data["published"]:
        figures = ", ".join(
            f"{what.replace('_', ' ')} {percent(value)}"
            for what, value in data["published"]["test_accuracy"].items()
        )
        on = data["published"].get("data", "the same data")
        parts.append(f"Published for this setting, on {on}: {figures} ({data['published']['source']}).")
    return "\n\n".join("\n".join(wrapped(part, "")) for part in [*parts, where]) + "\n"


def is_loss(data: dict) -> bool:
    """Return whether the summary is of losses: a user's network has no prediction."""
    return data.get("measure") == "test loss"


def measured(data: dict) -> Callable[[Any], str]:
    """Return the form of the summary's numbers."""
    return (lambda value: "-" if value is None else f"{number(value):.6g}") if is_loss(data) else percent


def _found(row, form):
    over = "-" if row["low"] is None else f"{form(row['low'])} to {form(row['high'])}"
    spread = f"95 % over {row['seeds']} seeds {over}" if row["low"] is not None else row["reason"]
    alone = row["test_set_standard_error"]
    own = "" if alone is None else f"; the test set's own standard error {percent(alone)}"
    return f"{row['implementation']}: {form(row['mean'])} ({spread}{own})."


def _mean(pair, loss):
    if loss:
        spread = (
            pair["reason"]
            if pair["low"] is None
            else f"95 % {number(pair['low']):.3g} to {number(pair['high']):.3g}"
        )
        return f"mean {number(pair['mean']):.3g} ({spread})"
    if pair["low"] is None:
        return f"mean {100 * number(pair['mean']):+.3f} ({pair['reason']})"
    low, high = 100 * number(pair["low"]), 100 * number(pair["high"])
    return f"mean {100 * number(pair['mean']):+.3f}, 95 % {low:+.3f} to {high:+.3f}"
