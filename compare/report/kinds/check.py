"""A user's own derivation: the verdict, what to change, one entry, NumPy lines that reproduce it, the table."""

from collections import Counter

from ...common.results import number
from ...common.statuses import PASSES
from ..blocks import PAGE, VERBOSE, Code, Headline, Notes
from ..wording import change
from .gradients import errors, footing, index, outvoted, reasons, table

HEADING = "Your derivation"
WORDS = {"right": "RIGHT", "wrong": "WRONG", "inconclusive": "NOT KNOWN"}
PROVED = {
    "same": "every entry of yours proved right",
    "apart": "yours proved wrong",
    "unknown": "not decided",
}
FINE = 1e-5  # a relative error below any real mistake
SIDES = {"up": "+", "down": "-"}
ZEROS = {
    "array": "np.zeros({}.shape)",
    "alike": "np.zeros_like({})",
    "tensor": "torch.zeros_like({})",
}  # by the kind of an array: e, in which one entry is h
WITNESSES = {
    "manual": "hand-written rules",
    "numerical": "numerical derivative of your loss",
    "adjoint": "derivative of your own loss",
}


def verdict(data: dict) -> Headline:
    """Say RIGHT, WRONG or NOT KNOWN; where an array is wrong, with the first sentence of the diagnosis."""
    found = _judged(data)
    if data.get("revealed") == "verdict":
        return Headline(data["state"], WORDS[data["state"]], "")
    first = (data["diagnosis"] or "").partition("\n")[0]
    return found._replace(sentence=first) if found.status == "wrong" and first else found


def blocks(data: dict) -> list:
    """Return what to change, one entry, how to reproduce it without this tool, and the table."""
    if data.get("revealed"):
        return [Notes(data["said"])]
    about = data["about"]
    found = [
        Notes([*(data["diagnosis"] or "").splitlines()[1:], *_alike(data), *_context(data)]),
        *_changes(data),
        Notes(_entry(data)),
        *([Code("\n".join(_reproduction(data)), "See for yourself")] if about.get("see") else []),
        *_proof(about.get("certificate")),
        Notes([*(f"{w}." for w in data["warnings"]), *outvoted(data)], warning=True),
        Notes(reasons(data), level=PAGE),
    ]
    if not data["verdicts"]:
        return found
    return [
        *found,
        table(data, "yours"),
        Notes(_differenced(about.get("numerical"))),
        Notes(_directions(about.get("directions") or {}), level=VERBOSE),
        Notes([footing(data)]),
        Notes([*_bands(about), *_swept(about.get("sweep"))]),
        errors(data, "yours"),
    ]


def _changes(data):
    """Show each change that was run: the user's line, and what it should be."""
    found = [f for f in data["findings"] if f.get("fix")]
    placed = [f for f in data["findings"] if f.get("line") is not None]
    alone = len(found) == len(placed) == 1 and found[0]["exact"]
    label = ", and every array is right" if alone else ""
    return [
        Code(
            change(f["fix"]["from"], f["fix"]["to"]),
            f"Change line {f['fix']['line']} of {_name(f['file'])}{label}",
            first=True,
        )
        for f in found
    ]


def _proof(certificate):
    """Show the enclosure of one entry of each array, and say what is proved."""
    if not certificate:
        return []
    arrays = certificate["arrays"]
    places = {n: n + index(a["index"]) for n, a in arrays.items()}
    width, room = max(map(len, places.values())), max(len(a["enclosure"]) for a in arrays.values())
    lines = [
        f"{places[n]:{width}}  {a['enclosure']:{room}}  {PROVED[a['status']]}" for n, a in arrays.items()
    ]
    how = f"{certificate['bits']} bits, {number(certificate['seconds']):.2g} s"
    return [Code("\n".join(lines), f"The derivative, enclosed in ball arithmetic ({how})")]


def _name(file):
    return (file or "your file").replace("\\", "/").rpartition("/")[2]


def _judged(data):
    verdicts = data["verdicts"]
    off = [v for v in verdicts if v["status"] not in PASSES]
    if data["loss"]["status"] == "wrong":
        return Headline("wrong", "WRONG", "The loss is not the one that was meant.")
    if not off:
        remark = {v["status"] for v in verdicts} & {"kink", "convention", "dtype"}
        but = f" (with a remark: {', '.join(sorted(remark))})" if remark else ""
        but = (_coarse(verdicts) if "dtype" in remark else "") + but
        unseen = data["loss"]["status"] == "unknown" and data["loss"]["hand"] is None
        of = "the loss that was meant" if unseen else "your loss"
        proved = (
            ": proved" if data["about"].get("certificate") and all(v.get("proved") for v in verdicts) else ""
        )
        all_of = f"All {len(verdicts)} arrays are" if len(verdicts) != 1 else f"{verdicts[0]['name']} is"
        said = f"{all_of} the gradient of {of}{but}{proved}."
        if data["about"].get("tangents"):
            said = "The forward rule gives J u, the derivative of every output along a random direction."
        elif data["about"].get("product"):
            said = f"{all_of} the Hessian of your loss times v."
        elif data["about"].get("order") == 2:
            said = "The backward is right, and so is its own derivative by each input and the cotangent."
        return Headline("right", "RIGHT", said)
    certain = [v for v in off if v["status"] != "inconclusive"]
    if not certain:
        return Headline("inconclusive", "NOT KNOWN", f"{off[0]['name']}: {off[0]['reason']}.")
    return Headline("wrong", "WRONG", _blame(certain))


def _coarse(verdicts):
    """Say up front what a coarse type hides."""
    worst = max((number(v["sensitivity"]) for v in verdicts if v["sensitivity"] is not None), default=0.0)
    return f", to a relative {worst:.0e}" if worst > FINE else ""


def _blame(certain):
    """Name the wrong arrays, or give the reason of the first that cannot be compared."""
    roots = [v for v in certain if v["status"] != "inherited"] or certain
    if {v["status"] for v in roots} == {"wrong"}:
        carried = [v["name"] for v in certain if v["status"] == "inherited"]
        rest = f", and through it {', '.join(carried)}" if carried else ""
        return f"{', '.join(v['name'] for v in roots)}{rest}."
    first = next(v for v in roots if v["status"] != "wrong")
    said = first["reason"] + (f" (and {len(roots) - 1} more)" if len(roots) > 1 else "")
    return said + ("" if said.endswith("?") else ".")


def _alike(data):
    """Name the mistakes that give the same numbers here, and what tells them apart."""
    return [
        f"On this input these give the same numbers: {', '.join(f['one_of'])}."
        + (f" What tells them apart: {f['separating_input']}." if f["separating_input"] else "")
        for f in data["findings"]
        if len(f["one_of"]) > 1
    ]


def _context(data):
    """Say what was recognised and assumed."""
    about, lines = data["about"], []
    if about.get("taken"):
        lines.append(f"{about['taken']}.")
    if data["recognised"]:
        lines.append(f"Recognised: {data['recognised']}")
    elif about.get("network"):
        lines.append(f"Compared with: {about['network']}")
    if data["loss"]["status"] == "convention":
        lines.append(f"Loss: {data['loss']['reason']}")
    return lines + ([f"Assumed: {'; '.join(about['assumed'])}"] if about.get("assumed") else [])


def _entry(data):
    """Show one entry: the user's value, the right one, and each witness's."""
    shown = (data["about"].get("see") or {}).get("array")
    wrong = [v for v in data["verdicts"] if v["status"] == "wrong" and v["values"]]
    v = next((v for v in wrong if v["name"] == shown), next(iter(wrong), None))
    if v is None:
        return []
    others = {k: number(x) for k, x in v["values"].items() if k != "hand" and x is not None}
    yours, right = number(v["values"]["hand"]), next(iter(others.values()))
    ratio = f"   yours/right {_ratio(yours / right)}" if abs(yours) < 1e6 * abs(right) else ""
    said = ", ".join(f"{WITNESSES.get(k, k)} {x:.10g}" for k, x in others.items())
    where = f"{v['name']}{index(v['worst_index'])}"
    return [f"{where}: yours {yours:.10g}   right {right:.10g}{ratio}", f"Witnesses: {said}"]


def _ratio(r):
    return f"1 {'+' if r > 1 else '-'} {abs(r - 1):.1e}" if 0 < abs(r - 1) < 1e-5 else f"{r:.6g}"


def _reproduction(data):
    """Write lines of NumPy that give that entry, or words where the nest of parameters cannot be copied so."""
    about, s = data["about"], data["about"]["see"]
    params, *batch = about.get("names") or ("params", "x", "y")
    batch = batch[: s.get("batch", 2)]
    kind, place, entry = s.get("kind"), s.get("place") or [], ", ".join(map(str, s["index"])) or "()"
    keys = "".join(f"[{key!r}]" for key in place)
    before = [
        *(about.get("adapter") or []),
        *(about.get("elsewhere") or []),
        *_off_the_kinks(about.get("kinks"), batch),
    ]
    lines, calls = [*before, f"h = {s['h']:g}"], {}
    for side, sign in SIDES.items():
        at = f"{params}{keys} {sign} {'h' if kind == 'number' else 'e'}"
        moved = f"{{**{params}, {place[0]!r}: {at}}}" if place else at
        calls[side] = _call(about, s, side, f"p_{side}" if kind in ("nest", "module") else moved, batch)
    if kind in ZEROS:
        zeros = ZEROS[kind].format(f"{params}{keys}")
        lines[-1] += f"; e = {zeros}; e[{entry}] = h"
    elif kind in ("nest", "module"):
        lines.append(f"from copy import deepcopy; p_up, p_down = deepcopy({params}), deepcopy({params})")
        at = f"{keys}[{entry}]" if s["index"] else keys
        at = f".get_parameter({s['array']!r}).data[{entry}]" if kind == "module" else at
        lines.append(f"p_up{at} += h; p_down{at} -= h")
    elif kind is None:
        calls = {
            side: f"{side:4} = ... # the loss with {sign}h at {s['array']}[{entry}]"
            for side, sign in SIDES.items()
        }
    places = 12 if s.get("digits", 6) <= 6 else 15
    lines += [f"{calls[side]}   # {number(s[side]):.{places}f}" for side in SIDES]
    unseen = "" if s.get("shown", True) else f"; too coarse for a relative difference of {s['relative']:.0e}"
    return [*lines, f"(up - down) / (2*h)   # {number(s['quotient']):.{s.get('digits', 6)}g}{unseen}"]


def _call(about, s, side, given, batch):
    """Write the call that gives the loss: of a function, of an object's method, or of one that keeps its parameters."""
    f = about.get("call") or about["function"] + (
        f".{s['method']}" if s.get("method") and "." not in about["function"] else ""
    )
    owner = about.get("holder")
    first = f"{owner}.params = {given}; " if owner else ""
    arguments = ", ".join(batch if owner else [given, *batch])
    return f"{first}{side:4} = {f}({arguments})[{s.get('loss_at', 0)!r}]"


def _off_the_kinks(kinks, batch):
    """Write a line that takes the samples that are not on a kink; nothing where all are taken."""
    if not kinks:
        return []
    count = len(kinks["keep"])
    on = sorted(set(range(count)) - set(kinks["keep"]))
    taken = ", ".join(
        f"np.take({n}, keep, {axis})" for n, axis in zip(batch, kinks.get("axes", (0, 0)), strict=False)
    )
    return [f"keep = np.resize(np.delete(np.arange({count}), {on}), {count}); {', '.join(batch)} = {taken}"]


def _differenced(how):
    """Say how many entries have a numerical derivative, where not all have."""
    partly = how and how["entries"] < how["of"]
    return (
        [f"Numerical derivatives: {how['entries']} of {how['of']} entries ({how['how']})."] if partly else []
    )


def _bands(about):
    """Set the measured band of each array beside what an absolute tolerance picked by hand lets through."""
    bands = about.get("bands") or {}
    arrays = {n: {k: number(x) for k, x in b.items()} for n, b in bands.get("arrays", {}).items()}
    if about.get("coarsest") not in ("float16", "bfloat16") or not arrays:
        return []
    said = ", ".join(f"{n} {_percent(b['band'])}" for n, b in arrays.items())
    name, widest = max(arrays.items(), key=lambda item: item[1]["passed"] / item[1]["band"])
    passed = f"atol = {bands['atol']:g} would have passed {name} wrong by {_percent(widest['passed'])}."
    more = [passed] if widest["passed"] > widest["band"] else []
    return [
        " ".join(
            [f"What rounding may do to a typical entry, measured in {about['coarsest']}: {said}.", *more]
        )
    ]


def _swept(sweep):
    """Say what a sweep tried, where all of it passed."""
    if not sweep or not all(c["ok"] for c in sweep["cases"]):
        return []
    kinds = Counter(c["kind"] for c in sweep["cases"] if c["kind"] != "own")
    said = ", ".join(f"{n} {kind}" for kind, n in kinds.items())
    refused = f"; the forward refused {sweep['refused']} more" if sweep["refused"] else ""
    hidden = f"; not known: {', '.join(sweep['unknown'])}" if sweep["unknown"] else ""
    return [f"Right in all {len(sweep['cases'])} cases of the sweep (varied: {said}){refused}{hidden}."]


def _percent(share):
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"


def _directions(found):
    """Give the Taylor rate and the dot-product test."""
    lines = []
    if found.get("taylor_rate") is not None:
        rate = number(found["taylor_rate"])
        lines.append(
            f"Taylor rate along a random direction: {rate:.2f} (2 for the gradient, 1 for anything else)."
        )
    for who, d in (found.get("dot_product") or {}).items():
        ju, ujt = number(d["Ju"]), number(d["uJT"])
        lines.append(f"Dot product: {who}'s forward mode {ju:.10g}, your gradient {ujt:.10g}.")
    return lines
