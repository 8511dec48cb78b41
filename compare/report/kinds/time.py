"""Static against dynamic graphs: steps, first calls, when compiling has paid, widths."""

from functools import partial

from ...common.results import number
from ..blocks import PAGE, Column, Drawn, Headline, Notes, Table, at, interval, words
from ..pictures.timing import LEDGER, break_even, ledger, paid, timing
from ..wording import about, count, duration, figure, span, times_as_fast
from . import time_studies as studies

HEADING = "Static against dynamic"
STATES = {
    "fresh machine": "nothing compiled yet",
    "fresh function": "toolchain found, something else compiled",
    "warm cache": "this function in the disk cache",
}
STEP = (
    "One training step once everything is compiled and warm, with the 95 % interval of its median, and the first call, "
    "which pays for tracing and compiling."
)
BUSY = " Times are the CPU's: another process kept taking the core away."
SPENT = "What the first call is spent on; the total is at the right."
PARTS = (
    "trace: dynamo, or jax's tracer. lower: AOT autograd, or StableHLO. compile: inductor, or XLA. C++: g++ and its "
    "probing, by torch's own timer. trace to rest add up to the first call."
)
SHARED = "The parts are their shares of the wall time of the first call, of its CPU seconds."
PAID = (
    "All seconds since the first call. A compiled line starts higher and rises more slowly; the diamond is where it "
    "has paid, the bar its 95 % interval. Lines without a diamond do not cross after the first step."
)
NOT_COUNTED = (
    "Not counted: loading and moving data, the framework's own import, making the starting parameters, reading the "
    "loss at every step. How it is measured: docs/timing.md"
)


def verdict(data: dict) -> Headline:
    """Name the contender that is fastest once warm, and the cost of its first call."""
    measured = _measured(data)
    if not measured:
        return Headline("done", "", "No contender could be timed.")
    fastest = min(measured, key=lambda c: number(c["steady_s"]["median"]))
    first = paid(fastest.get("ledger") or {}, data.get("clock"))
    cost = f" after a first call of {duration(first)}" if first is not None else ""
    said = f"Fastest once warm: {fastest['name']}, {duration(fastest['steady_s']['median'])} a step{cost}."
    return Headline("done", "", said)


def pair(entry: dict) -> str:
    """Compare a static contender with its dynamic counterpart, and say when compiling has paid."""
    ratio, steps = entry["ratio"], entry["break_even_steps"]
    said = f"{times_as_fast(entry['static'], ratio, entry['dynamic'])} once warm;"
    if not steps:
        reason = (entry.get("reason") or "never").removeprefix("never: ")
        return f"{said} compiling does not pay here: {reason}."
    if number(steps["median"]) <= 1:
        return f"{said} ahead from the first call."
    even: dict = next(iter((entry.get("break_even") or {}).values()), {})
    length = f", {about(even['epochs'])} epochs, {duration(even['seconds'])}" if even.get("epochs") else ""
    return f"{said} compiling has paid after {span(steps, about)} steps{length}."


def blocks(data: dict) -> list:
    """Return for each question its picture, its figures and their meaning."""
    measured, pairs = _measured(data), data["pairs"]
    ways = [c for c in measured if not c.get("part")]
    reasons = [
        f"{c['name']} is {c.get('status', 'absent')}: {c['reason']}"
        for c in data["contenders"]
        if c.get("reason")
    ]
    found: list = [Notes(_setting(data)), Notes([*reasons, *(data.get("warnings") or ())], warning=True)]
    if ways:
        found += [
            Drawn(
                partial(timing, data["contenders"], data.get("clock")),
                STEP + BUSY * (data.get("clock") == "cpu"),
            )
        ]
        found += [_steps(ways, data), *_first_state(data)]
    if pairs:
        found += [
            Notes([pair(entry) for entry in pairs]),
            Drawn(partial(break_even, measured, pairs, data.get("clock")), PAID),
            Table("pairs", "When compiling has paid", PAIRS, pairs, keys=2, level=PAGE),
            _sooner(pairs),
        ]
    found += [Notes(_engines(data)), Notes(_control(data))]
    if any(c["kind"] for c in ways):
        apart = [_by_clock(c, data.get("clock")) for c in ways]
        drawn = [c for c in apart if at(c, "steady_s.median") is not None]
        shared = [SHARED] if data.get("clock") == "cpu" else []
        found += [Drawn(partial(ledger, drawn), SPENT), _ledger(apart), Notes([PARTS, *shared])]
    found += [studies.where(data.get("where")), *studies.widths(data.get("widths"))]
    found += [
        studies.retracing(data.get("retrace")),
        Notes([*studies.answers(ways), *studies.curvature(ways)]),
    ]
    return [*found, Notes([NOT_COUNTED])]


def _measured(data):
    return [c for c in data["contenders"] if at(c, "steady_s.median") is not None]


def _setting(data):
    """Say what was timed, and where."""
    pinned = data.get("pinned_to")
    cores = (
        f"{'core' if len(pinned) == 1 else 'cores'} {', '.join(map(str, pinned))}" if pinned else "not pinned"
    )
    clock = ", in CPU seconds" if data.get("clock") == "cpu" else ""
    return [
        f"One SGD step of {data['network']}; batch {data.get('batch')} of {data.get('data')}, "
        f"{data.get('dtype')}, {data.get('device')}.",
        f"Each contender alone in {count(len(data['states']), 'process', 'es')}, "
        f"{count(data['threads'], 'thread')}, {cores}; 95 % intervals of the median{clock}.",
    ]


def _first_state(data):
    state = data["states"][0]
    lines = [f"First call: {state}, {STATES[state]}; the compiler's own import is in it."]
    if any(at(c, "memory.bytes") is not None for c in data["contenders"]):
        lines.append("Memory: what a step keeps or takes in addition to its arguments, where it is known.")
    return [Notes(lines)]


def _steps(ways, data):
    columns = [
        *words(contender="name", graph=lambda c: c["kind"] or "none"),
        Column("first call", lambda c: paid(c.get("ledger") or {}, data.get("clock")), duration),
        Column("second call", _second(data.get("clock")), duration, level=PAGE),
        *interval("steady_s", duration, ("one step", "low", "high")),
        Column("CPU per wall", "cpu_per_wall", figure(".2f")),
    ]
    if any(at(c, "memory.bytes") is not None for c in ways):
        columns.append(Column("memory", "memory.bytes", _bytes))
    return Table("time", "One step and the first calls", columns, ways, titled=False)


def _sooner(pairs):
    """Give break-even where something is compiled already."""
    states = [
        {"static": p["static"], "state": state, **even}
        for p in pairs
        if p["break_even_steps"] and number(p["break_even_steps"]["median"]) > 1
        for state, even in list((p.get("break_even") or {}).items())[1:]
    ]
    return Table("states", "Break-even where something is compiled already", SOONER, states, keys=2)


def _engines(data):
    """Compare frameworks: another question than that of graph kinds."""
    found = [f"{times_as_fast(c['against'], c['ratio'], c['name'])}." for c in data.get("engines") or ()]
    return ["Different engines, not graph kinds (the fastest of each):", *found] if found else []


def _control(data):
    twin = data.get("control") or {}
    if not twin.get("ratio"):
        return []
    name = twin.get("name", "one contender")
    return [f"Control: {times_as_fast(name, twin['ratio'], 'itself in another process')}."]


def _second(clock):
    """Return the path of the second call's seconds by a result's clock."""
    return f"ledger.second{'_cpu_s' if clock == 'cpu' else '_s'}"


def _by_clock(contender, clock):
    """Return a contender with the parts of its first calls in the seconds of a result's clock.

    The parts are timed by what compiles, in wall time: in CPU seconds each has its share of the call.
    """
    if clock != "cpu":
        return contender
    made = {}
    for state, parts in (contender.get("ledgers") or {}).items():
        wall, cpu = number(parts.get("first_s") or 0.0), parts.get("first_cpu_s")
        factor = number(cpu) / wall if cpu is not None and wall else 1.0
        scaled = {k: v * factor for k, v in parts.items() if k in (*LEDGER, "first_s") and v is not None}
        own = {
            k: parts[f"{k[:-2]}_cpu_s"]
            for k in ("import_s", "compiler_import_s")
            if f"{k[:-2]}_cpu_s" in parts
        }
        made[state] = {**parts, **scaled, **own}
    return {**contender, "ledgers": made}


def _ledger(ways):
    calls = [
        {"name": c["name"], "state": state, **parts}
        for c in ways
        if c["kind"]
        for state, parts in (c.get("ledgers") or {}).items()
    ]
    parts = {"import_s": "import"} | LEDGER | {"first_s": "first call"}
    columns = [Column(heading, key, _part) for key, heading in parts.items()]
    columns = [*words(contender="name", state="state"), *columns]
    return Table("ledger", "The first call in parts", columns, calls, keys=2)


def _part(seconds):
    """Show a part that did not happen as '-', not as 0 ns."""
    return duration(seconds) if number(seconds) >= 5e-7 else "-"


def _bytes(value):
    value = number(value)
    return f"{value / 2**20:.3g} MiB" if value >= 2**20 else f"{value / 1024:.3g} KiB"


PAIRS = [
    *words(static="static", dynamic="dynamic"),
    *interval("ratio", figure(".3g"), ("times as fast", "low", "high")),
    *interval("break_even_steps", about, [f"break-even, {what}" for what in ("steps", "low", "high")]),
]
SOONER = [
    *words(static="static", state="state"),
    *interval("steps", about, ("steps", "low", "high")),
    Column("epochs", "epochs", about),
    Column("seconds", "seconds", duration),
    *words(why_not=lambda even: None if even["steps"] else even["reason"]),
]
