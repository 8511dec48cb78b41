"""The studies beside the clock as text, from the plain JSON form."""

import textwrap

from ...common.results import number
from .wording import duration, figures


def where(frameworks):
    """Where a dynamic step's time goes."""
    lines = []
    for found in frameworks:
        step = number(found["step_s"])
        shares = "; ".join(
            f"{name} {duration(s)} ({100 * number(s) / step:.0f} %)" for name, s in found["parts"].items()
        )
        lines.append(f"  {found['framework']}, {duration(step)}: {shares}")
    return "\n".join(["Where a dynamic step's time goes", *_wrapped(lines)]) if lines else ""


def widths(found):
    """Overhead and rate of each contender, and where two are equal."""
    if not found or not found["contenders"]:
        return ""
    heads = "".join(f"{'width ' + str(w):>12}" for w in found["widths"])
    lines = [
        f"{'Over widths: overhead + FLOPs / rate':<18}",
        f"  {'':<18}{heads}    overhead       rate   of a product's",
    ]
    for c in found["contenders"]:
        steps = {t["width"]: t["step_s"]["median"] for t in c["times"]}
        cells = "".join(f"{duration(steps.get(w)):>12}" for w in found["widths"])
        rate = number(c["flops_per_s"]["median"])
        share = c["share_of_product_rate"]
        lines.append(
            f"  {c['name']:<18}{cells}  {duration(c['overhead_s']['median']):>10}  {_rate(rate):>9}"
            + (f"  {100 * number(share):>7.0f} %" if share is not None else "")
        )
    for crossing in found["crossings"]:
        lines.append("  " + _crossing(crossing))
    return "\n".join(line[:100] for line in lines)


def retracing(studies):
    """What a changed argument costs, and whether the next new value costs again."""
    lines = []
    for study in studies:
        for change in study.get("changes", ()):
            first, second = change["calls"]
            lines.append(
                f"  {study['contender']:<14} {change['change']:<20} {_call(first)}, then {_call(second)}"
            )
    if not lines:
        return ""
    return "\n".join(
        [
            "What makes a compiled step compile again: the first call with it; (no) where it did not compile",
            *lines,
        ]
    )


def answers(contenders):
    """Whether all computed the same, as far as their precision goes."""
    judged = {
        c["name"]: c["answers"] for c in contenders if (c["answers"] or {}).get("noise_ratio") is not None
    }
    if not judged:
        return ""
    wrong = [f"{name} ({a['worst']})" for name, a in judged.items() if not a["ok"]]
    name, worst = max(judged.items(), key=lambda item: number(item[1]["noise_ratio"]))
    line = (
        f"Gradients that do not agree with float64: {', '.join(wrong)}."
        if wrong
        else f"All {len(judged)} gradients agree with float64 within rounding (worst: {name}, {worst['worst']})."
    )
    flushed = [name for name, a in judged.items() if a["flush_to_zero"]]
    tf32 = [name for name, a in judged.items() if a["tf32"]]
    line += f"\nSubnormals flushed to zero by: {', '.join(flushed) or 'nobody'}. TF32: {', '.join(tf32) or 'nobody'}."
    return "\n".join(_wrapped(line.splitlines()))


def _call(call):
    if "error" in call:
        return f"{call['value']}: {call['error'].split(':')[0]}"
    return f"{call['value']}: {duration(call['first_s'])}" + ("" if call["retraced"] else " (no)")


def _crossing(crossing):
    who = f"{crossing['static']} and {crossing['dynamic']}"
    if crossing["width"] is None:
        return f"{who}: {crossing['reason']}"
    width = crossing["width"]
    at, low, high = (figures(number(width[key])) for key in ("median", "low", "high"))
    return f"{who} are equal at width {at} [{low}, {high}]"


def _rate(flops):
    return f"{flops / 1e9:.3g} GF/s" if flops < float("inf") else "-"


def _wrapped(lines):
    indented = [(line, line[: len(line) - len(line.lstrip())]) for line in lines]
    return [
        part
        for line, indent in indented
        for part in textwrap.wrap(line.strip(), 100, initial_indent=indent, subsequent_indent=indent + "    ")
    ]
