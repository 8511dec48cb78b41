"""Reports as text of at most 100 columns, from the plain JSON form."""

import textwrap
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from ...common.results import number

WIDTH = 100
PASSED = ("agree", "kink", "convention", "dtype")
# Why a difference quotient can be off where three derivatives agree.
KINK = " (as where its step crosses a kink, or a tie under a maximum)"


def gradients(report, verbose=False):
    """The verdict in a sentence, what was compared, and a row for each array."""
    about = report["about"]
    said = [
        sentence(report),
        f"Compared: {about['network']}; {about['batch']} samples of {about['data']}, {about['dtype']}",
        *(f"Note: {note}" for note in (*report["warnings"], *outvoted(report))),
    ]
    lines = [line for text in said for line in textwrap.wrap(text, WIDTH, subsequent_indent="  ")]
    return "\n".join([*lines, "", table(report, verbose), "", footing(report)])


def sentence(report):
    """RIGHT, WRONG or NOT KNOWN, and of what."""
    verdicts = report["verdicts"]
    off = [v for v in verdicts if v["status"] not in PASSED]
    who = [name for name in ("torch", "jax") if any(name in v["errors"] for v in verdicts)]
    if report["loss"]["status"] == "wrong":
        return f"WRONG  {report['loss']['reason']}: {report['loss']['hand']} by hand."
    if not off:
        unseen = sum(len(names) for remark, names in _remarks(report).items() if "numerical" in remark)
        differences = "numerical differences"
        if who and unseen:
            differences = f"{len(verdicts) - unseen} of them with {differences} too"
            return f"RIGHT  All {len(verdicts)} arrays by hand agree with {' and '.join(who)}, {differences}."
        others = ", ".join(who) + f" and {differences}" if who else differences
        return f"RIGHT  All {len(verdicts)} arrays by hand agree with {others}."
    if all(v["status"] == "inconclusive" for v in off):
        return f"NOT KNOWN  {off[0]['name']}: {off[0]['reason']}."
    first = next(v for v in off if v["status"] != "inconclusive")
    rest = f" ({len(off)} of {len(verdicts)} arrays are off)" if len(off) > 1 else ""
    return f"WRONG  {first['name']}: {first['reason']}{rest}."


def outvoted(report):
    """A sentence for each witness that an array differs from, though the others vouch for it."""
    return [
        f"{remark}{KINK if 'numerical' in remark else ''}: {', '.join(names)}."
        for remark, names in _remarks(report).items()
    ]


def _remarks(report):
    """{"numerical is off here": [names]}"""
    found = {}
    for v in report["verdicts"]:
        remark = v["reason"].partition("; ")[2] if v["status"] == "agree" else ""
        if remark:
            found.setdefault(remark, []).append(v["name"])
    return found


def table(report, verbose=False, mine="hand"):
    """One row for each array: status, where the largest error is, the values there, in as many digits as fit."""
    columns = [
        name
        for name in ("hand", "torch", "jax", "manual", "numpy_loss", "numerical")
        if any(name in v["values"] for v in report["verdicts"])
    ] or ["hand"]
    left = ("array", "status", "worst entry")
    headings = (*left, mine, *columns[1:], "rel. error", *(("noise", "ratio") if verbose else ()))
    width = WIDTH + 20 * verbose
    for digits in range(10, 2, -1):  # as many as leave every number whole: half a number misleads
        rows = [headings, *(_row(v, columns, digits, verbose) for v in report["verdicts"])]
        if sum(max(map(len, column)) + 2 for column in zip(*rows, strict=True)) - 2 <= width:
            break
    shown = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        shown.add_column(heading, justify="left" if heading in left else "right", overflow="fold")
    for row in rows[1:]:
        shown.add_row(*row)
    out = StringIO()
    Console(file=out, width=width, color_system=None).print(shown)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip().splitlines())


def _row(v, columns, digits, verbose):
    where = "" if v["worst_index"] is None else str(v["worst_index"]).replace(" ", "")
    values = [_value(v["values"].get(name), digits) for name in columns]
    extra = [_short(v["noise"]), _short(v["ratio"])] if verbose else []
    return [v["name"], v["status"], where, *values, _short(v["error"]), *extra]


def footing(report):
    """How much the check could have seen."""
    passed = [v for v in report["verdicts"] if v["status"] in PASSED]
    caught = [number(v["sensitivity"]) for v in passed if v["sensitivity"] is not None]
    worst = f" Smallest single-entry error this check would catch: {max(caught):.0e}" if caught else ""
    dtype = report["about"]["dtype"]
    digits = {"float64": 16, "float32": 7, "float16": 3}.get(dtype, 16)
    return f"{dtype} keeps about {digits} digits.{worst}"


def _value(value, digits):
    if value is None:
        return "-"
    return f"{number(value):.{digits}g}" if abs(number(value)) < 1e300 else str(value)


def _short(value):
    return "-" if value is None else f"{number(value):.0e}"
