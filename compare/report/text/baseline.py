"""A baseline as text: terminal, CSV and a paragraph for an appendix, from the plain JSON form of its result."""

import csv
import io
import textwrap

from ...common.results import number


def table(result):
    """The test accuracies in a sentence and a table, then the paired differences."""
    who = [row["implementation"] for row in result["summary"]]
    said = f"DONE  {_listed(who)}: {result['summary'][0]['seeds']} seeds of {result['title']}."
    lines = [textwrap.fill(said, 100), ""]
    lines.append(f"{'':14}{'mean':>10}{'median':>10}   {'95 % over seeds':20}{'test set alone':>16}")
    for row in result["summary"]:
        lines.append(
            f"{row['implementation']:14}{_percent(row['mean']):>10}{_percent(row['median']):>10}   {_range(row):20}"
            f"{'+- ' + _percent(row['test_set_standard_error']):>16}"
        )
    lines += ["", "Test accuracy at the best epoch by validation. Differences, seed by seed, in points:"]
    for pair in result["differences"]:
        each = ", ".join(f"{100 * number(d):+.2f}" for d in pair["differences"])
        lines.append(textwrap.fill(f"{pair['one']} - {pair['other']}: {each}; {_mean(pair)}", 100))
    reason = result["peer"]["runs"][0]["reason"]
    if reason:
        lines.append(textwrap.fill(f"scikit-learn: absent, {reason}", 100))
    return "\n".join(lines)


def epochs_csv(result):
    """One row for each implementation, seed and epoch."""
    out = io.StringIO()
    norms = list(result["runs"][0]["epochs"][0]["gradient_norm"])
    measured = ("train_loss", "validation_loss", "validation_accuracy")
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(
        ["implementation", "seed", "epoch", *measured, *(f"gradient_norm_{name}" for name in norms)]
    )
    for run in result["runs"]:
        for epoch in run["epochs"]:
            values = [epoch[key] for key in measured] + [epoch["gradient_norm"][name] for name in norms]
            rows.writerow([run["implementation"], run["seed"], epoch["epoch"], *values])
    return out.getvalue()


def paragraph(result):
    """methods.md: what was done, in sentences that a reviewer can check against report.json."""
    s, samples, versions = result["settings"], result["samples"], result["environment"]["versions"]
    seeds = [start["seed"] for start in result["starts"]]
    batch = f"batches of {s['batch']}" if s["batch"] else "all samples at each step"
    used = ", ".join(
        f"{name} {versions[name]}" for name in ("numpy", "torch", "jax", "optax") if versions[name]
    )
    body = (
        f"The network ({s['net']}; initial weights '{s['init']}') was trained for {s['epochs']} epochs in {s['dtype']} "
        f"by {s['rule']}, with {batch}, an incomplete last batch left out. It was trained by a hand-written backward "
        f"pass (NumPy), by torch.autograd and by jax.grad, from the same initial parameters over the same batches, "
        f"for {len(seeds)} seeds ({', '.join(map(str, seeds))}). {samples['train']} samples were trained on and "
        f"{samples['validation']} held out for validation, split once; for each run the epoch with the highest "
        f"validation accuracy was tested on {samples['test']} samples, once ({result['test_evaluations']} test "
        f"evaluations in all). Implementations that share a seed are not replicates: n is the number of seeds, "
        f"and differences are paired by seed."
    )
    if any(peer["test_accuracy"] is not None for peer in result["peer"]["runs"]):
        body += (
            " In the same run scikit-learn's MLPClassifier was trained on the same split with the same settings and "
            "seeds, with initial weights, shuffles and last batches of its own."
        )
    found = " ".join(_found(row) for row in result["summary"])
    pairs = " ".join(f"{p['one']} minus {p['other']}: {_mean(p)}." for p in result["differences"])
    where = (
        f"Versions: {used}; Python {result['environment']['python']}. Initial parameters and batch order are kept "
        f"as start.npz for each seed, since NumPy does not promise its random streams across versions; their sha256 "
        f"are in report.json. On another machine the curves agree within rounding as it grows, not bit by bit."
    )
    parts = ["# Methods", body, f"Test accuracy. {found}", f"Differences in points. {pairs}"]
    if result["published"] and "test_accuracy" in result["published"]:
        figures = ", ".join(
            f"{what.replace('_', ' ')} {_percent(value)}"
            for what, value in result["published"]["test_accuracy"].items()
        )
        on = result["published"].get("data", "the same data")
        parts.append(f"Published for this setting, on {on}: {figures} ({result['published']['source']}).")
    return "\n\n".join(textwrap.fill(part, 100) for part in [*parts, where]) + "\n"


def _found(row):
    over = _range(row)
    spread = f"95 % over {row['seeds']} seeds {over}" if row["low"] is not None else row["reason"]
    alone = _percent(row["test_set_standard_error"])
    return f"{row['implementation']}: {_percent(row['mean'])} ({spread}; the test set's own standard error {alone})."


def _mean(pair):
    if pair["low"] is None:
        return f"mean {100 * number(pair['mean']):+.3f} ({pair['reason']})"
    low, high = 100 * number(pair["low"]), 100 * number(pair["high"])
    return f"mean {100 * number(pair['mean']):+.3f}, 95 % {low:+.3f} to {high:+.3f}"


def _range(row):
    return "-" if row["low"] is None else f"{_percent(row['low'])} to {_percent(row['high'])}"


def _percent(share):
    return "-" if share is None else f"{100 * number(share):.2f} %"


def _listed(names):
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
