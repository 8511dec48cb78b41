"""The bench of planted mistakes in words for a terminal, from its plain form."""

WIDTH = 100


def benched(result):
    """The bench as two tables: by floating type, and the ids that are not at 100 %."""
    lines = [
        f"{'':10}{'planted':>9}{'found':>9}{'placed':>9}{'named':>9}   correct  called wrong  inconclusive"
    ]
    for dtype, r in result["by_dtype"].items():
        share = [f"{_percent(r[what], r['cases']):>9}" for what in ("found", "placed", "named")]
        lines.append(
            f"{dtype:10}{r['cases']:>9}{''.join(share)}{r['correct']:>10}{r['false_alarms']:>14}{r['inconclusive']:>14}"
        )
    weak = [
        f"  {id}, {dtype}: {r['found']} found, {r['placed']} placed, {r['named']} named of {r['cases']}"
        for id, row in result["by_id"].items()
        for dtype, r in row.items()
        if isinstance(r, dict) and min(r["found"], r["placed"], r["named"]) < r["cases"]
    ]
    lines += ["", "Not at 100 %:", *weak] if weak else []
    lines += _unsure(result)
    s = result["sizes"]
    lines.append(
        f"\n{s['networks']} networks for each mistake; {s['architectures']} architectures x {s['draws']} draws; "
        f"seed {s['seed']}; {result['seconds']:.0f} s"
    )
    return "\n".join(lines)


def _unsure(result):
    """Correct networks that were not called right, each with the noise or the reason; the first few."""
    rows = [r for r in result["notable"] if r["kind"] == "correct"]
    lines = ["", "Correct, but not called right:"] if rows else []
    for r in rows[:12]:
        first = r["off"][0]
        noise = f"; noise {float(first['noise']):.0e}" if first.get("noise") is not None else ""
        where = f"  {r['dtype']}, architecture {r['architecture']}, draw {r['draw']}: {r['verdict']}, "
        lines.append(_cut(f"{where}{first['name']}{noise}"))
    return lines + ([f"  and {len(rows) - 12} more in the JSON"] if len(rows) > 12 else [])


def _cut(line):
    return line if len(line) <= WIDTH else line[: WIDTH - 4].rstrip() + " ..."


def _percent(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"
