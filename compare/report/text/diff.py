"""Two baselines compared, in words for a terminal, from the plain form of the result."""

from ...common.results import number

SENTENCES = {
    "same": "SAME  Nothing changed beyond noise.",
    "changed": "CHANGED  Something changed beyond noise.",
    "unknown": "UNKNOWN  These are different runs, and too few seeds to say whether they differ beyond noise.",
}


def text(result):
    """The verdict, the settings that changed, the runs, the test accuracies; from the plain form of a result."""
    lines = [SENTENCES[result["verdict"]], ""]
    lines += [
        f"{name}: {there} in A, {here} in B"[:100] for name, (there, here) in result["settings"].items()
    ]
    for run in result["runs"]:
        line = f"{run['implementation']:6} seed {run['seed']:<4} {run['status']}"
        if run["epoch"] is not None:
            line += f" from epoch {run['epoch']} on"
        if run["difference"] is not None:
            line += f", validation losses up to {number(run['difference']):.0e} apart"
        lines.append(line)
    lines += ["", "Test accuracy, B minus A, in points, paired by seed:"]
    for row in result["accuracy"]:
        said = row["reason"] or f"95 % {100 * row['low']:+.2f} to {100 * row['high']:+.2f}"
        lines.append(f"{row['implementation']:6} {100 * row['mean']:+.2f}  ({said})")
    if result["missing"]:
        only = ", ".join(f"{who} seed {seed}" for who, seed in result["missing"])
        lines.append(f"Only in one of them: {only}"[:100])
    return "\n".join(lines)
