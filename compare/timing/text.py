"""The terminal text of `threeways time`, from the plain JSON form. At most 100 columns."""

from ..results import number

KINDS = {"static": "static", "dynamic": "dynamic", None: "no graph"}


def time(result):
    """All sections, in the order a newcomer asks for them."""
    sections = [
        heading(result),
        steps(result["contenders"]),
        absent(result["contenders"]),
        paying(result["pairs"]),
        engines(result["engines"]),
        control(result["control"]),
        notes(result),
    ]
    return "\n\n".join(section for section in sections if section)


def heading(result):
    """What was timed, on what."""
    cores = ", ".join(map(str, result["pinned_to"])) or "whichever the system gave"
    return (
        f"One SGD step of {result['network']}; batch {result['batch']} of {result['data']}, {result['dtype']}.\n"
        f"Each contender in its own process, {_count(result['threads'], 'thread')}, core {cores}; "
        f"95 % intervals of the median."
    )


def steps(contenders):
    """Contender, graph kind, first call, each step after."""
    lines = [f"{'contender':<20} {'graph':<9} {'first call':>10}   each step after{'':18} CPU/wall"]
    for c in contenders:
        if c["status"] != "measured":
            continue
        steady = c["steady_s"]
        span = f"[{duration(steady['low'])}, {duration(steady['high'])}]"
        lines.append(
            f"{c['name']:<20} {KINDS[c['kind']]:<9} {duration(c['ledger']['first_s']):>10}   "
            f"{duration(steady['median']):>8}  {span:<22} {c['cpu_per_wall']:>8.2f}"
        )
    return "\n".join(lines)


def absent(contenders):
    """Who could not take part, and why."""
    return "\n".join(
        f"{c['name']}: {c['status']}: {c['reason']}" for c in contenders if c["status"] != "measured"
    )


def paying(pairs):
    """When the static graph has earned its compile, for each pair within one framework."""
    if not pairs:
        return ""
    lines = ["Static pays for its compile after"]
    for p in pairs:
        ratio = p["ratio"]
        lines.append(
            f"  {_break_even(p):<44} {p['static']} is {_times(ratio)} as fast as {p['dynamic']}".rstrip()
        )
    return "\n".join(lines)


def engines(comparisons):
    """Across frameworks: another question, so another section."""
    if not comparisons:
        return ""
    lines = ["Different engines, not graph kinds (the fastest of each)"]
    for c in comparisons:
        lines.append(f"  {c['against']} is {_times(c['ratio'])} as fast as {c['name']}")
    return "\n".join(lines)


def control(twin):
    """The A/A row."""
    if not twin or not twin["ratio"]:
        return ""
    return f"Control: {twin['name']} against itself, in another process: {_times(twin['ratio'])} as fast."


def notes(result):
    """Warnings, and what was not counted."""
    lines = [f"Warning: {warning}" for warning in result["warnings"]]
    lines.append(
        "Not counted: loading and moving data, the framework's own import (in the ledger of --json),\n"
        "making the starting parameters, reading the loss at every step."
    )
    return "\n".join(lines)


def duration(seconds):
    """0.00123 -> '1.23 ms': three figures and a unit."""
    seconds = number(seconds)
    for unit, scale in (("s", 1), ("ms", 1e-3), ("us", 1e-6)):
        if abs(seconds) >= 0.9995 * scale:
            return f"{_figures(seconds / scale)} {unit}"
    return f"{_figures(seconds / 1e-9)} ns"


def _figures(value):
    return f"{value:,.0f}" if abs(value) >= 99.95 else f"{value:#.3g}"


def _times(interval):
    median, low, high = (number(interval[key]) for key in ("median", "low", "high"))
    return f"{_figures(median)} x [{_figures(low)}, {_figures(high)}]"


def _break_even(p):
    steps = p["break_even_steps"]
    if not steps:
        return p["reason"]
    if number(steps["median"]) <= 1:
        return "no step: ahead from call 1"
    return (
        f"{_about(steps['median'])} steps [{_about(steps['low'])}, {_about(steps['high'])}] "
        f"= {_about(p['break_even_epochs'])} epochs, {duration(p['break_even_s'])}"
    )


def _about(value):
    value = number(value)
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 100 else f"{value:.3g}"


def _count(number, noun):
    return f"{number} {noun}" + ("" if number == 1 else "s")
