"""The terminal text of `threeways time`, from the plain JSON form. At most 100 columns."""

import textwrap

from ...common.results import number
from . import time_studies as studies
from .wording import about, count, duration, times

KINDS = {"static": "static", "dynamic": "dynamic", None: "no graph"}
TITLES = {
    "fresh machine": "nothing compiled yet",
    "fresh function": "toolchain found, something else compiled",
    "warm cache": "this function in the disk cache",
}


def time(result):
    """All sections, in the order a newcomer asks for them."""
    ways = [c for c in result["contenders"] if not c["part"]]
    sections = [
        heading(result),
        steps(ways, result["states"][0], result["clock"]),
        absent(ways),
        paying(result["pairs"]),
        other_states(result["pairs"], result["states"]),
        engines(result["engines"]),
        control(result["control"]),
        ledger(ways, result["states"]),
        studies.where(result["where"]),
        studies.widths(result["widths"]),
        studies.retracing(result["retrace"]),
        studies.answers(ways),
        notes(result),
    ]
    return "\n\n".join(section for section in sections if section)


def heading(result):
    """What was timed, on what."""
    pinned = result["pinned_to"]
    cores = (
        f"{'core' if len(pinned) == 1 else 'cores'} {', '.join(map(str, pinned))}" if pinned else "not pinned"
    )
    clock = ", in CPU seconds" if result["clock"] == "cpu" else ""
    processes = count(len(result["states"]), "process", "es")
    return (
        f"One SGD step of {result['network']}; batch {result['batch']} of {result['data']}, {result['dtype']}, "
        f"{result['device']}.\n"
        f"Each contender alone in {processes}, {count(result['threads'], 'thread')}, {cores}; "
        f"95 % intervals of the median{clock}."
    )


def steps(contenders, state, clock):
    """Contender, graph kind, first call, each step after."""
    memory = any((c["memory"] or {}).get("bytes") is not None for c in contenders)
    lines = [
        f"{'contender':<18} {'graph':<9} {'first call':>10}   {'each step after':<29} {'CPU/wall':>8}"
        + ("   memory" if memory else "")
    ]
    for c in contenders:
        if c["status"] == "measured":
            steady = c["steady_s"]
            span = f"[{duration(steady['low'])}, {duration(steady['high'])}]"
            held = (c["memory"] or {}).get("bytes")
            lines.append(
                f"{c['name']:<18} {KINDS[c['kind']]:<9} {duration(_paid(c['ledger'], clock)):>10}   "
                f"{duration(steady['median']):>8}  {span:<19} {c['cpu_per_wall']:>8.2f}"
                + (f"  {_bytes(held):>7}" if memory else "")
            )
    lines.append(f"First call: {state}, {TITLES[state]}; the compiler's own import is in it.")
    if memory:
        lines.append("Memory: what a step keeps or takes beside its arguments, where somebody can tell.")
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
        lines.append(f"  {_break_even(next(iter(p['break_even'].values())))}")
        lines.append(f"      {p['static']} is {times(p['ratio'])} as fast as {p['dynamic']} once warm")
    return "\n".join(lines)


def other_states(pairs, states):
    """Break-even where some of the compiling has been done before."""
    lines = []
    for state in states[1:]:
        for p in pairs:
            if p["break_even_steps"] and number(p["break_even_steps"]["median"]) > 1:
                lines.append(f"  {p['static']:<18} {state:<15} {_break_even(p['break_even'][state])}")
    return "\n".join(["Sooner when something is there already", *lines]) if lines else ""


def engines(comparisons):
    """Across frameworks: another question, so another section."""
    lines = [f"  {c['against']} is {times(c['ratio'])} as fast as {c['name']}" for c in comparisons]
    return "\n".join(["Different engines, not graph kinds (the fastest of each)", *lines]) if lines else ""


def control(twin):
    """The A/A row."""
    if not twin or not twin["ratio"]:
        return ""
    return f"Control: {twin['name']} against itself, in another process: {times(twin['ratio'])} as fast."


def ledger(contenders, states):
    """The first call taken apart, in each state."""
    columns = (
        "import_s",
        "compiler_import_s",
        "trace_s",
        "lower_s",
        "compile_s",
        "toolchain_s",
        "rest_s",
        "first_s",
    )
    names = ("import", "compiler", "trace", "lower", "compile", "C++", "rest", "1st call")
    lines = [f"{'The first call, in parts':<28}" + "".join(f"{n:>9}" for n in names)]
    for state in states:
        lines.append(f"  {state} ({TITLES[state]})")
        for c in contenders:
            if c["status"] == "measured" and c["kind"]:
                parts = c["ledgers"][state]
                lines.append(f"    {c['name']:<24}" + "".join(f"{_short(parts[key]):>9}" for key in columns))
    lines += [
        "  trace: dynamo, or jax's tracer. lower: AOT autograd, or StableHLO. compile: inductor, or XLA.",
        "  C++: g++ and its probing, by torch's own timer. trace .. rest add up to the first call.",
    ]
    return "\n".join(lines) if len(lines) > 3 + len(states) else ""


def notes(result):
    """Warnings, and what was not counted."""
    lines = [
        line
        for warning in result["warnings"]
        for line in textwrap.wrap(f"Warning: {warning}", 100, subsequent_indent="  ")
    ]
    lines.append(
        "Not counted: loading and moving data, the framework's own import, making the starting parameters,\n"
        "reading the loss at every step. How it is measured: docs/timing.md"
    )
    return "\n".join(lines)


def _paid(ledger, clock):
    which = "_cpu_s" if clock == "cpu" else "_s"
    return number(ledger[f"compiler_import{which}"]) + number(ledger[f"first{which}"])


def _break_even(even):
    steps = even["steps"]
    if not steps:
        return even["reason"]
    if number(steps["median"]) <= 1:
        return "no step: ahead from call 1"
    return (
        f"{about(steps['median'])} steps [{about(steps['low'])}, {about(steps['high'])}], "
        f"{about(even['epochs'])} epochs, {duration(even['seconds'])}"
    )


def _short(seconds):
    return "-" if number(seconds) < 5e-7 else duration(seconds)


def _bytes(value):
    if value is None:
        return "-"
    value = number(value)
    return f"{value / 2**20:.3g} MiB" if value >= 2**20 else f"{value / 1024:.3g} KiB"
