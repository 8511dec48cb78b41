"""What a result says, in a sentence each, from the plain JSON form: for the terminal and the top of the page."""

import textwrap

from ..common.errors import UserError, nearest
from ..common.results import number
from .text.check import headline
from .text.curves import verdict as curves_verdict
from .text.diff import SENTENCES as DIFFERENCES
from .text.gradients import sentence

WORDS = {"RIGHT": "right", "WRONG": "wrong", "NOT KNOWN": "inconclusive"}


def parts(data):
    """{part: its plain form}: what a run finished, or the one command's result."""
    command = kind(data)
    return {name: data[name] for name in SENTENCES if data.get(name)} if command == "run" else {command: data}


def kind(data):
    """ "gradients", "run", ...: of what command this is the result. Raises UserError for one that has no page."""
    found = data["schema"].split("/")[1]
    if found != "run" and found not in SENTENCES:
        raise UserError(f"there is no page for {data['schema']}: {nearest(found, [*SENTENCES, 'run'])}")
    return found


def status(data):
    """ "right", "wrong" or "inconclusive" of the worst part, where there are several; "done" where none judges."""
    found = {_status(name, part) for name, part in parts(data).items()}
    if found == {"done"}:
        return "done"
    if "wrong" in found:
        return "wrong"
    return "right" if found and found <= {"right", "done"} else "inconclusive"


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


def graph(data):
    """How many operations, and what optimising leaves of them."""
    sizes = [stage["operations"] for stage in data["stages"]]
    said = f"One gradient of {data['network']} as {data['form']} ({data['framework']}): {sizes[0]} operations"
    return f"{said} before optimisation, {sizes[-1]} after." if len(sizes) == 2 else f"{said}."


def limits(data):
    """How much of what these pages say was seen to be so."""
    seen = [o["as_said"] for o in data["observations"]]
    return f"{sum(seen)} of {len(seen)} things a static graph is said to do or refuse went as said."


def baseline(data):
    """Each implementation's mean test accuracy."""
    rows = data["summary"]
    each = ", ".join(f"{row['implementation']} {100 * number(row['mean']):.2f} %" for row in rows)
    return f"{data['title']}, {rows[0]['seeds']} seeds: test accuracy {each}."


def sweep(data):
    """The best setting of all trials."""
    best = data["trials"][0]
    setting = ", ".join(
        f"{key} {value:.3g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in best["settings"].items()
    )
    right = f"{100 * number(best['validation_accuracy']):.2f} % of the validation samples right"
    return f"Best of {len(data['trials'])} trials of {data['name']}: {setting} ({best['implementation']}), {right}."


def diff(data):
    """Whether two baselines differ by more than noise."""
    return DIFFERENCES[data["verdict"]].split("  ", 1)[1]


def mistakes(data):
    """How many planted mistakes were named, and how many correct networks called wrong."""
    rows = data["by_dtype"].values()
    planted, found, named, correct, alarms = (
        sum(row[key] for row in rows) for key in ("cases", "found", "named", "correct", "false_alarms")
    )
    return (
        f"{found:,} of {planted:,} planted mistakes found, {named:,} of them named; "
        f"{alarms:,} of {correct:,} correct networks called wrong."
    )


def exercise(data):
    """How many rules are right."""
    right = sum(r["state"] == "right" for r in data["rules"])
    return f"{right} of {len(data['rules'])} rules are right."


def grades(data):
    """How many submissions are right, and the mean of their points."""
    each = data["submissions"]
    right = sum(s["status"] == "right" for s in each)
    points = sum(number(s["points"]) for s in each) / max(len(each), 1)
    return f"{right} of {len(each)} submissions are right; {points:.3g} of {number(data['of']):g} points on average."


SENTENCES = {
    "gradients": gradients,
    "check": check,
    "curves": curves,
    "time": time,
    "graph": graph,
    "limits": limits,
    "baseline": baseline,
    "sweep": sweep,
    "diff": diff,
    "mistakes": mistakes,
    "exercise": exercise,
    "grades": grades,
}
JUDGED = {"gradients", "check", "curves", "diff"}


def _status(name, part):
    if name == "check":
        return WORDS[headline(part).split("  ", 1)[0]]
    if name == "gradients":
        return WORDS[sentence(part).split("  ", 1)[0]]
    if name == "limits":
        return "right" if all(o["as_said"] for o in part["observations"]) else "wrong"
    if name == "mistakes":
        rows = part["by_dtype"].values()
        return "wrong" if any(r["false_alarms"] or r["found"] < r["cases"] for r in rows) else "right"
    if name == "exercise":
        return "right" if all(r["state"] == "right" for r in part["rules"]) else "wrong"
    if name not in JUDGED and part.get("ok", True):
        return "done"
    return {True: "right", False: "wrong", None: "inconclusive"}[part.get("ok", True)]
