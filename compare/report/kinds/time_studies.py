"""Studies of a step beyond its time: what the time is spent on, widths, compiling again, answers."""

from functools import partial

from ...common.results import number
from ..blocks import PAGE, Column, Drawn, Notes, Table, interval, words
from ..pictures.widths import widths as picture
from ..wording import duration, figures, listed, percent

INTERVAL = ("median", "low", "high")
WIDTHS = (
    "Dots: measured, with their intervals. Lines: overhead + FLOPs / rate, fitted. Dotted: the width from which "
    "arithmetic outweighs what the graph saves."
)


def where(frameworks: list[dict] | None) -> Table:
    """Return where a dynamic step's time goes."""
    parts = [
        found | {"part": part, "seconds": seconds, "share": number(seconds) / number(found["step_s"])}
        for found in frameworks or ()
        for part, seconds in found["parts"].items()
    ]
    return Table("where", "Where a dynamic step's time goes", WHERE, parts, keys=2)


def widths(found: dict | None) -> list:
    """Return one step over widths, each contender's overhead and rate, and where two are equal."""
    if not found or not found["contenders"]:
        return []
    steps = [{"name": c["name"], **t} for c in found["contenders"] for t in c["times"]]
    fits = [
        *words(contender="name"),
        *(Column(f"width {width}", partial(_step, width), duration) for width in found["widths"]),
        Column("overhead", "overhead_s.median", duration),
        Column("rate", "flops_per_s.median", _rate),
        Column("of a product's", "share_of_product_rate", partial(percent, digits=0)),
    ]
    return [
        Drawn(partial(picture, found), WIDTHS),
        Table("widths", "One step over widths", STEPS, steps, keys=2, level=PAGE),
        Table("fits", "Over widths: overhead + FLOPs / rate", fits, found["contenders"]),
        Notes([_crossing(crossing) for crossing in found["crossings"]]),
    ]


def _step(width, contender):
    return next((t["step_s"]["median"] for t in contender["times"] if t["width"] == width), None)


def retracing(studies: list[dict] | None) -> Table:
    """Return what a changed argument costs, and whether the next new value costs again."""
    changes = [study | change for study in studies or () for change in study.get("changes", ())]
    label = "What makes a compiled step compile again: the first call with it; (no) where it did not compile"
    return Table("retracing", label, CHANGES, changes, keys=2)


def answers(contenders: list[dict]) -> list[str]:
    """Say whether all computed the same, as far as their precision goes."""
    judged = {
        c["name"]: c["answers"] for c in contenders if (c.get("answers") or {}).get("noise_ratio") is not None
    }
    if not judged:
        return []
    wrong = [f"{name} ({a['worst']})" for name, a in judged.items() if not a["ok"]]
    name, worst = max(judged.items(), key=lambda item: number(item[1]["noise_ratio"]))
    agree = (
        f"Gradients that do not agree with float64: {', '.join(wrong)}."
        if wrong
        else f"All {len(judged)} gradients agree with float64 within rounding (worst: {name}, {worst['worst']})."
    )
    flushed, tf32 = (
        listed([name for name, a in judged.items() if a[key]]) or "none" for key in ("flush_to_zero", "tf32")
    )
    return [agree, f"Contenders that flush subnormals to zero: {flushed}. TF32: {tf32}."]


def curvature(contenders: list[dict]) -> list[str]:
    """Say what a Hessian-vector product costs next to a gradient."""
    found = [(c["name"], c["curvature"]) for c in contenders if (c.get("curvature") or {}).get("ratio")]
    costs = [
        f"{number(k['ratio']):.2g} gradients in {name} ({duration(k['product_s'])})" for name, k in found
    ]
    return [f"A Hessian-vector product costs {listed(costs)}."] if costs else []


def _call(call):
    if "error" in call:
        return f"{call['value']}: {call['error'].split(':')[0]}"
    return f"{call['value']}: {duration(call['first_s'])}" + ("" if call["retraced"] else " (no)")


def _crossing(crossing):
    both = f"{crossing['static']} and {crossing['dynamic']}"
    if crossing["width"] is None:
        return f"{both}: {crossing['reason']}"
    at, low, high = (figures(number(crossing["width"][key])) for key in INTERVAL)
    return f"{both} are equal at width {at} [{low}, {high}]"


def _rate(flops):
    return f"{number(flops) / 1e9:.3g} GF/s" if number(flops) < float("inf") else "-"


WHERE = [*words(framework="framework", part="part"), Column("time", "seconds", duration)]
WHERE += [Column("share", "share", partial(percent, digits=0))]
STEPS = [*words(contender="name"), Column("width", "width"), Column("FLOPs", "flops", lambda n: f"{n:,}")]
STEPS += interval("step_s", duration, ("one step", "low", "high"))
CHANGES = words(
    contender="contender",
    change="change",
    first_value=lambda change: _call(change["calls"][0]),
    second_value=lambda change: _call(change["calls"][1]),
)
