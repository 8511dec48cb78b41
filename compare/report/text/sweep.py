"""A sweep as text: terminal and CSV, from the plain JSON form of its result."""

import csv
import io


def table_csv(result):
    """Return one row for each setting and implementation, the best by validation first."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["implementation", *result["over"], "seeds", "validation_accuracy", "test_accuracy"])
    for trial in result["trials"]:
        values = [trial["settings"][key] for key in result["over"]]
        accuracies = (trial["validation_accuracy"], trial["test_accuracy"])
        rows.writerow([trial["implementation"], *values, len(trial["seeds"]), *accuracies])
    return out.getvalue()


def text(result):
    """Return the best settings, how many were tried, and what a smaller budget would have found."""
    lines = [f"DONE  {len(result['trials'])} trials, {len(result['runs'])} cells of {result['name']}."]
    lines.append(
        f"The test set was used {result['test_evaluations']} times; choose by validation, not by it."
    )
    lines += ["", f"{'':8}{'validation':>12}{'test':>10}   best settings by validation"]
    for trial in result["trials"][:10]:
        said = ", ".join(f"{key} {_short(value)}" for key, value in trial["settings"].items())
        lines.append(
            f"{trial['implementation']:8}{100 * trial['validation_accuracy']:>10.2f} %"
            f"{100 * trial['test_accuracy']:>8.2f} %   {said}"[:100]
        )
    lines.append("")
    for who, best in result["budget"].items():
        tried = sorted({1, len(best) // 4 or 1, len(best) // 2 or 1, len(best)})
        said = ", ".join(f"{k}: {100 * best[k - 1]:.2f} %" for k in tried)
        lines.append(f"{who:8}expected best validation by trials  {said}"[:100])
    return "\n".join(lines)


def _short(value):
    return f"{value:.3g}" if isinstance(value, float) else str(value)
