"""Reports as text of at most 100 columns, from the plain JSON form."""

import textwrap
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from ..results import number

WIDTH = 100
PASSED = ("agree", "kink", "convention", "dtype")
DIGITS, FEWEST_DIGITS = 10, 4  # of a value in the table


def gradients(report, verbose=False):
    """The verdict in a sentence, what was compared, and a row for each array."""
    about = report["about"]
    said = [
        sentence(report),
        f"Compared: {about['network']}; {about['batch']} samples of {about['data']}, {about['dtype']}",
        *(f"Note: {warning}" for warning in report["warnings"]),
    ]
    lines = [line for text in said for line in textwrap.wrap(text, WIDTH, subsequent_indent="  ")]
    return "\n".join([*lines, "", table(report, verbose), "", footing(report)])


def sentence(report):
    """RIGHT, WRONG or NOT KNOWN, and of what."""
    verdicts = report["verdicts"]
    off = [v for v in verdicts if v["status"] not in PASSED]
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
    """One row for each array: status, where the largest error is, the values there, in as many digits as fit."""
    columns = [
        name
        for name in ("hand", "torch", "jax", "manual", "numpy_loss", "numerical")
        if any(name in v["values"] for v in report["verdicts"])
    ]
    width = WIDTH + 20 * verbose
    for digits in range(DIGITS, FEWEST_DIGITS - 1, -1):
        shown = _table(report, verbose, mine, columns, digits)
        out = StringIO()
        console = Console(file=out, width=width, color_system=None)
        if digits == FEWEST_DIGITS or console.measure(shown, options=_unlimited(console)).maximum <= width:
            break
    console.print(shown)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip().splitlines())


def _unlimited(console):
    return console.options.update(width=1000)


def _table(report, verbose, mine, columns, digits):
    shown = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for heading in ("array", "status", "worst entry"):
        shown.add_column(heading, overflow="fold")
    for heading in (mine, *columns[1:], "rel. error", *(("noise", "ratio") if verbose else ())):
        # A number that is cut short is another number: 2.2e-16 must not read as 2.2.
        shown.add_column(heading, justify="right", overflow="fold")
    for v in report["verdicts"]:
        where = "" if v["worst_index"] is None else str(v["worst_index"]).replace(" ", "")
        values = [_value(v["values"].get(name), digits) for name in columns]
        extra = [_short(v["noise"]), _short(v["ratio"])] if verbose else []
        shown.add_row(v["name"], v["status"], where, *values, _short(v["error"]), *extra)
    return shown


def footing(report):
    """How much the check could have seen."""
    passed = [v for v in report["verdicts"] if v["status"] in PASSED]
    caught = [number(v["sensitivity"]) for v in passed if v["sensitivity"] is not None]
    worst = f" Smallest single-entry error this check would catch: {max(caught):.0e}" if caught else ""
    dtype = report["about"]["dtype"]
    digits = {"float64": 16, "float32": 7, "float16": 3}.get(dtype, 16)
    return f"{dtype} keeps about {digits} digits.{worst}"


def _value(value, digits):
    return "-" if value is None else f"{number(value):.{digits}g}"


def _short(value):
    return "-" if value is None else f"{number(value):.0e}"
