"""What a result says, in a sentence each, from the plain JSON form: for the terminal and the top of the page."""

import textwrap

from ..curves.text import verdict as curves_verdict
from ..results import number
from .check_text import headline
from .terminal import sentence

WORDS = {"RIGHT": "right", "WRONG": "wrong", "NOT KNOWN": "inconclusive"}


def parts(data):
    """{part: its plain form}: what a run finished, or the one command's result."""
    command = data["schema"].split("/")[1]
    return {name: data[name] for name in SENTENCES if data.get(name)} if command == "run" else {command: data}


def status(data):
    """ "right", "wrong" or "inconclusive": of the worst part, where there are several."""
    found = {_status(name, part) for name, part in parts(data).items()}
    if "wrong" in found:
        return "wrong"
    return "right" if found == {"right"} else "inconclusive"


def verdict(data):
    """The whole result in a sentence; `sentences` has one for each part of a run."""
    finished = parts(data)
    if not finished:
        return "Stopped before anything was finished."
    stopped = " (Stopped early: this is what was finished.)" if data.get("interrupted") else ""
    if len(finished) == 1 or "gradients" not in finished:
        return next(iter(sentences(data).values())) + stopped
    for name in ("gradients", "curves"):
        if name in finished and _status(name, finished[name]) != "right":
            return SENTENCES[name](finished[name]) + stopped
    absent = (data["gradients"].get("about") or {}).get("absent", {})
    ways = ["by hand", *(f"by {name}" for name in ("torch", "jax") if name not in absent)]
    if len(ways) == 1:
        return SENTENCES["gradients"](data["gradients"]) + stopped
    alike = ", the same training run" if "curves" in finished else ""
    return f"{', '.join(ways[:-1]).capitalize()} and {ways[-1]}: the same gradients{alike}, to rounding.{stopped}"


def sentences(data):
    """{part: its sentence}"""
    return {name: SENTENCES[name](part) for name, part in parts(data).items()}


def run(data, what, folder):
    """What `threeways run` says at the end: the verdict, a paragraph for each part, where the report is."""
    labels = {"gradients": "Gradients", "curves": "Training", "time": "Timing"}
    lines = [verdict(data), f"({what})", ""]
    for name, said in sentences(data).items():
        notes = [pair(p) for p in data[name].get("pairs") or ()] if name == "time" else []
        for label, text in zip((labels[name], *[""] * len(notes)), (said, *notes), strict=True):
            lines += textwrap.wrap(text, 100, initial_indent=f"{label:11}", subsequent_indent=" " * 11)
    lines += ["", f"{folder}/report.html  the same with pictures and tables: open it in a browser"]
    return "\n".join([*lines, f"{folder}/report.json  all raw results"])


def gradients(data):
    """'All 6 arrays by hand agree with torch, jax and numerical differences.'"""
    return sentence(data).split("  ", 1)[1]


def check(data):
    """'b1 is 1/8 of the right value in every entry, and N=8. W1, W2, b2 are right.'"""
    return (data["diagnosis"] or headline(data).split("  ", 1)[1]).splitlines()[0]


def curves(data):
    """Whether the contenders stay together, and how far apart they come."""
    return curves_verdict(data).split("  ", 1)[1].replace("\n", " ")


def time(data):
    """Who is fastest once warm, and what that costs at the first call."""
    steady = {c["name"]: c for c in data["contenders"] if (c.get("steady_s") or {}).get("median") is not None}
    if not steady:
        return "Nobody could be timed."
    fastest = min(steady.values(), key=lambda c: number(c["steady_s"]["median"]))
    first = (fastest.get("ledger") or {}).get("first_s")
    cost = f" after a first call of {duration(first)}" if first is not None else ""
    return f"Fastest once warm: {fastest['name']}, {duration(fastest['steady_s']['median'])} a step{cost}."


def pair(entry):
    """A static contender against its dynamic counterpart, and when compiling has paid."""
    ratio, steps = entry["ratio"], entry["break_even_steps"]
    median, low, high = (number(ratio[key]) for key in ("median", "low", "high"))
    said = f"{entry['static']} is {median:.3g} times as fast as {entry['dynamic']} once warm ({low:.3g} to {high:.3g});"
    if not steps:
        return (
            f"{said} compiling does not pay here, {(entry.get('reason') or 'never').removeprefix('never: ')}."
        )
    if number(steps["median"]) <= 1:
        return f"{said} ahead from the first call."
    return f"{said} compiling has paid after {float(format(number(steps['median']), '.2g')):,.0f} steps."


def duration(seconds):
    """0.00123 -> '1.23 ms': three figures and a unit; None -> '-'."""
    if seconds is None:
        return "-"
    seconds = number(seconds)
    for unit, scale in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if abs(seconds) >= 0.9995 * scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


SENTENCES = {"gradients": gradients, "check": check, "curves": curves, "time": time}


def _status(name, part):
    if name == "check":
        return WORDS[headline(part).split("  ", 1)[0]]
    if name == "gradients":
        return WORDS[sentence(part).split("  ", 1)[0]]
    return {True: "right", False: "wrong", None: "inconclusive"}[part.get("ok", True)]
