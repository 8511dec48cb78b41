"""The report of a person's own derivation, as text: written for somebody tired and worried about being wrong."""

import textwrap

from ...common.results import number
from .gradients import PASSED, WIDTH, footing, outvoted, table


def check(report, verbose=False):
    """The verdict in a sentence, what to change, one entry, how to see it without us, and the table."""
    first, *rest = (report["diagnosis"] or "").splitlines() or [""]
    said = headline(report)
    # A wrong array's facts say more than its name does.
    parts = _wrapped(f"WRONG  {first}") if said.startswith("WRONG") and first else [said]
    parts += _wrapped("\n".join(rest))
    parts += [*context(report), *entry(report), *see(report), *differing(report)]
    parts += [line for w in report["warnings"] for line in _wrapped(f"Note: {w}.")]
    parts += [line for note in outvoted(report) for line in _wrapped(f"Note: {note}")]
    if report["verdicts"]:
        parts += ["", table(report, verbose, mine="yours"), *directions(report, verbose), "", footing(report)]
    return "\n".join(parts)


def headline(report):
    """RIGHT, WRONG or NOT KNOWN in one sentence."""
    verdicts = report["verdicts"]
    off = [v for v in verdicts if v["status"] not in PASSED]
    if report["loss"]["status"] == "wrong":
        return "WRONG  The loss is not the one that was meant."
    if not off:
        remark = {v["status"] for v in verdicts} & {"kink", "convention", "dtype"}
        but = f" (with a remark: {', '.join(sorted(remark))})" if remark else ""
        of = (
            "the loss that was meant"
            if report["loss"]["status"] == "unknown" and report["loss"]["hand"] is None
            else "your loss"
        )
        return f"RIGHT  All {len(verdicts)} arrays are the gradient of {of}{but}."
    certain = [v for v in off if v["status"] != "inconclusive"]
    if not certain:
        return f"NOT KNOWN  {off[0]['name']}: {off[0]['reason']}."
    roots = [v for v in certain if v["status"] != "inherited"] or certain
    what = {v["status"] for v in roots}
    names = ", ".join(v["name"] for v in roots)
    if what == {"wrong"}:
        carried = [v["name"] for v in certain if v["status"] == "inherited"]
        rest = f", and through it {', '.join(carried)}" if carried else ""
        return f"WRONG  {names}{rest}."
    first = next(v for v in roots if v["status"] != "wrong")
    said = first["reason"] + (f" (and {len(roots) - 1} more)" if len(roots) > 1 else "")
    return f"WRONG  {said}" + ("" if said.endswith("?") else ".")


def context(report):
    """What was recognised and assumed."""
    lines = []
    if report["recognised"]:
        lines += _wrapped(f"Recognised: {report['recognised']}")
    elif report["about"].get("network"):
        lines += _wrapped(f"Held against: {report['about']['network']}")
    if report["loss"]["status"] == "convention":
        lines += _wrapped(f"Loss: {report['loss']['reason']}")
    assumed = report["about"].get("assumed") or []
    return lines + (_wrapped(f"Assumed: {'; '.join(assumed)}") if assumed else [])


def entry(report):
    """One entry, theirs beside the right one, and what each witness has there."""
    v = next((v for v in report["verdicts"] if v["status"] == "wrong" and v["values"]), None)
    if v is None:
        return []
    others = {k: number(x) for k, x in v["values"].items() if k != "hand" and x is not None}
    hand, right = number(v["values"]["hand"]), next(iter(others.values()))
    where = f"{v['name']}{str(v['worst_index']).replace(' ', '')}"
    ratio = f"   yours/right {hand / right:.6g}" if abs(hand) < 1e6 * abs(right) else ""
    names = {"manual": "the hand-written rules", "numerical": "your own loss, differenced"}
    said = ", ".join(f"{names.get(k, k)} {x:.10g}" for k, x in others.items())
    return ["", f"{where}: yours {hand:.10g}   right {right:.10g}{ratio}", *_wrapped(f"Witnesses: {said}")]


def see(report):
    """Four lines of NumPy that reproduce that entry without us."""
    s = report["about"].get("see")
    if not s:
        return []
    f, name = report["about"]["function"], s["array"]
    index = ", ".join(map(str, s["index"]))
    lines = [f"h = {s['h']:g}; e = np.zeros(params[{name!r}].shape); e[{index}] = h"]
    at = s.get("loss_at", 0)
    lines += [
        f"{side:4} = {f}({{**params, {name!r}: params[{name!r}] {sign} e}}, x, y)[{at}]   # {number(s[side]):.12f}"
        for side, sign in (("up", "+"), ("down", "-"))
    ]
    if not s["dict"]:  # their parameters are no flat dict: said in words, not in code that would not run
        lines = [f"h = {s['h']:g}"]
        lines += [
            f"{side:4} = the loss with {h} at {name}[{index}]   # {number(s[side]):.12f}"
            for side, h in (("up", "+h"), ("down", "-h"))
        ]
    kinks = report["about"].get("kinks")
    if kinks:
        keep = str(kinks["keep"]).replace(" ", "")
        which = keep if len(keep) <= 60 else "[... see kinks.keep in the JSON]"
        lines.insert(0, f"keep = {which}; x and y without the samples on a kink: those of keep")
    return [
        "See for yourself:",
        *(f"  {line}" for line in lines),
        f"  (up - down) / (2*h)   # {number(s['quotient']):.6g}",
    ]


def directions(report, verbose=False):
    """How much was differenced, where that is not all; and, verbose, the Taylor rate and the dot-product test."""
    about, lines = report["about"], []
    how = about.get("numerical")
    if how and how["entries"] < how["of"]:
        lines.append(f"Differenced: {how['entries']} of {how['of']} entries ({how['how']}).")
    found = (about.get("directions") or {}) if verbose else {}
    rate = number(found["taylor_rate"]) if found.get("taylor_rate") is not None else None
    if rate is not None:
        lines.append(
            f"Taylor rate along a random direction: {rate:.2f} (2 for the gradient, 1 for anything else)."
        )
    for who, d in (found.get("dot_product") or {}).items():
        lines.append(
            f"Dot product: {who}'s forward mode {number(d['Ju']):.10g}, your gradient {number(d['uJT']):.10g}."
        )
    return ["", *lines] if lines else []


def differing(report):
    """What would tell apart the mistakes that give the same numbers here."""
    return [
        line
        for f in report["findings"]
        if len(f["one_of"]) > 1
        for line in _wrapped(
            f"On this input these give the same numbers: {', '.join(f['one_of'])}."
            + (f" What tells them apart: {f['separating_input']}." if f["separating_input"] else "")
        )
    ]


def _wrapped(text):
    return [
        piece for line in text.splitlines() for piece in textwrap.wrap(line, WIDTH, subsequent_indent="  ")
    ]
