"""Reports as text of at most 100 columns, from the plain JSON form."""

from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from ..results import number

WIDTH = 100


def gradients(report, verbose=False):
    """The verdict in a sentence, what was compared, and a row for each array."""
    about = report["about"]
    lines = [
        sentence(report),
        f"Compared: {about['network']}; {about['batch']} samples of {about['data']}, {about['dtype']}",
    ]
    lines += [f"Note: {warning}" for warning in report["warnings"]]
    return "\n".join([*lines, "", table(report, verbose), "", footing(report)])


def sentence(report):
    """RIGHT, WRONG or NOT KNOWN, and of what."""
    verdicts = report["verdicts"]
    off = [v for v in verdicts if v["status"] not in ("agree", "kink", "convention", "dtype")]
    who = [name for name in ("torch", "jax") if any(name in v["errors"] for v in verdicts)]
    others = ", ".join(who) + " and numerical differences" if who else "numerical differences"
    if report["loss"]["status"] == "wrong":
        return f"WRONG  {report['loss']['reason']}: {report['loss']['hand']} by hand."
    if not off:
        return f"RIGHT  All {len(verdicts)} arrays by hand agree with {others}."
    if all(v["status"] == "inconclusive" for v in off):
        return f"NOT KNOWN  {off[0]['name']}: {off[0]['reason']}."
    first = next(v for v in off if v["status"] != "inconclusive")
    rest = f" ({len(off)} of {len(verdicts)} arrays are off)" if len(off) > 1 else ""
    return f"WRONG  {first['name']}: {first['reason']}{rest}."


def table(report, verbose=False, mine="hand"):
    """One row for each array: status, where the largest error is, the values there."""
    columns = [
        name
        for name in ("hand", "torch", "jax", "manual", "numerical")
        if any(name in v["values"] for v in report["verdicts"])
    ]
    shown = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for heading in ("array", "status", "worst entry"):
        shown.add_column(heading)
    for heading in (mine, *columns[1:], "rel. error", *(("noise", "ratio") if verbose else ())):
        shown.add_column(heading, justify="right")
    for v in report["verdicts"]:
        where = "" if v["worst_index"] is None else str(v["worst_index"]).replace(" ", "")
        values = [_value(v["values"].get(name)) for name in columns]
        extra = [_short(v["noise"]), _short(v["ratio"])] if verbose else []
        shown.add_row(v["name"], v["status"], where, *values, _short(v["error"]), *extra)
    out = StringIO()
    Console(file=out, width=WIDTH + 20 * verbose, color_system=None).print(shown)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip().splitlines())


def footing(report):
    """How much the check could have seen."""
    caught = [number(v["sensitivity"]) for v in report["verdicts"] if v["sensitivity"] is not None]
    worst = f"Smallest single-entry error this check would catch: {max(caught):.0e}" if caught else ""
    digits = {"float64": 16, "float32": 7}.get(report["about"]["dtype"], 16)
    return f"{report['about']['dtype']} keeps about {digits} digits. {worst}"


def _value(value):
    return "-" if value is None else f"{number(value):.10g}" if abs(number(value)) < 1e300 else str(value)


def _short(value):
    return "-" if value is None else f"{number(value):.0e}"
