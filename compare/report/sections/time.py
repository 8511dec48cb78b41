"""Static against dynamic: steps, first calls, when compiling has paid, widths."""

from ...common.results import number
from ..blocks import Column, Drawn, Notes, Table, figure
from ..pictures.timing import LEDGER, break_even, ledger, timing
from ..pictures.widths import widths
from ..summary import duration, pair

HEADING = "Static against dynamic"


def blocks(data):
    """The pairs in sentences, then each question's picture, then the figures."""
    measured = [c for c in data["contenders"] if (c.get("steady_s") or {}).get("median") is not None]
    reasons = [f"{c['name']}: {c['reason']}" for c in data["contenders"] if c.get("reason")]
    found = [
        Notes([pair(entry) for entry in data.get("pairs") or ()]),
        Notes([*reasons, *(data.get("warnings") or ())], warning=True),
    ]
    if measured:
        found += [Drawn(timing(data["contenders"]), _warm(data)), _table(measured)]
    if picture := ledger(measured):
        found += [Drawn(picture, _parts(data)), _ledger_table(measured)]
    if picture := break_even(measured, data.get("pairs") or ()):
        found.append(Drawn(picture, _paid(data)))
    if data.get("widths") and data["widths"]["contenders"]:
        found += [Drawn(widths(data["widths"]), _over_widths()), _widths_table(data["widths"])]
    if data.get("pairs"):
        found.append(_pairs_table(data["pairs"]))
    return found + _control(data)


def _warm(data):
    clock = (
        " Times are the CPU's: another process kept taking the core away."
        if data.get("clock") == "cpu"
        else ""
    )
    return (
        "One training step once everything is compiled and warm, with the 95 % interval of its median, and the very "
        f"first call, which pays for tracing and compiling.{clock}"
    )


def _parts(data):
    return (
        "What the first call is spent on; its length is written beside. trace: dynamo, or jax's tracer. lower: AOT "
        "autograd, or StableHLO. compile: inductor, or XLA. C++: g++ and its probing."
    )


def _paid(data):
    return (
        "All seconds since the first call. A compiled line starts higher and rises more slowly; the diamond is where "
        "it has paid, the bar its 95 % interval. Lines without a diamond do not cross after the first step."
    )


def _over_widths():
    return (
        "Dots: measured, with their intervals. Lines: overhead + FLOPs / rate, fitted. Dotted: the width from which "
        "arithmetic outweighs what the graph saves."
    )


def _table(measured):
    columns = [
        Column("contender", numeric=False),
        Column("graph", numeric=False),
        Column("one step", duration),
        Column("low", duration),
        Column("high", duration),
        Column("first call", duration),
        Column("second call", duration),
        Column("CPU per wall", figure(".2f")),
    ]
    rows = []
    for c in measured:
        steady, calls = c["steady_s"], c.get("ledger") or {}
        once = [calls.get(key) for key in ("first_s", "second_s")]
        span = [steady[key] for key in ("median", "low", "high")]
        rows.append([c["name"], c.get("kind") or "none", *span, *once, c.get("cpu_per_wall")])
    return Table("time", "One step and the first calls", columns, rows)


def _ledger_table(measured):
    columns = [Column("contender", numeric=False), Column("state", numeric=False)]
    columns += [Column(heading, _part) for heading in (*LEDGER.values(), "first call")]
    rows = [
        [c["name"], state, *(parts.get(key) for key in (*LEDGER, "first_s"))]
        for c in measured
        for state, parts in (c.get("ledgers") or {}).items()
    ]
    return Table("ledger", "The first call in parts", columns, rows, keys=2)


def _part(seconds):
    """A part of a call that was not there takes no 0 ns."""
    return duration(seconds) if number(seconds) >= 5e-7 else "-"


def _pairs_table(pairs):
    columns = [Column("static", numeric=False), Column("dynamic", numeric=False)]
    columns += [Column(heading, figure(".3g")) for heading in ("times as fast", "low", "high")]
    columns += [Column(f"break-even, {what}", _steps) for what in ("steps", "low", "high")]
    rows = [
        [
            p["static"],
            p["dynamic"],
            *(p["ratio"][key] for key in ("median", "low", "high")),
            *((p["break_even_steps"] or {}).get(key) for key in ("median", "low", "high")),
        ]
        for p in pairs
    ]
    return Table("pairs", "When compiling has paid", columns, rows, keys=2)


def _widths_table(found):
    columns = [Column("contender", numeric=False), Column("width"), Column("FLOPs", lambda n: f"{n:,}")]
    columns += [Column(heading, duration) for heading in ("one step", "low", "high")]
    rows = [
        [c["name"], t["width"], t["flops"], *(t["step_s"][key] for key in ("median", "low", "high"))]
        for c in found["contenders"]
        for t in c["times"]
    ]
    return Table("widths", "One step over widths", columns, rows, keys=2)


def _control(data):
    twin = data.get("control") or {}
    if not twin.get("ratio"):
        return []
    median, low, high = (number(twin["ratio"][key]) for key in ("median", "low", "high"))
    who = twin.get("name", "one contender")
    said = f"Control: {who} against itself in another process: {median:.3g} times as fast ({low:.3g} to {high:.3g})."
    return [Notes([said])]


def _steps(value):
    return f"{float(format(number(value), '.3g')):,.0f}"
