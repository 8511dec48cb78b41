"""From verdicts to words: conventions, kinks, names, blame, the diagnosis, and how to see it for yourself."""

from dataclasses import dataclass, field, replace

import numpy as np

from ..judge import facts
from ..judge.blame import blame, blame_by_place
from ..judge.report import Finding, LossVerdict
from ..witnesses.rounding.units import THRESHOLD, combined
from .kinks import between_sides, excused, kinks

LISTED = 12  # arrays by name; more of them say nothing


@dataclass(frozen=True)
class Explained:
    """A report's parts that need the case itself, not only the verdicts."""

    verdicts: list
    loss: LossVerdict
    findings: list = field(default_factory=list)
    diagnosis: str | None = None
    warnings: list = field(default_factory=list)
    see: dict | None = None


def explain(subject, reference, mine, witnesses, units, verdicts, loss):
    """The verdicts made final, the mistakes named, and what there is to say."""
    warnings = hiding_places(subject, reference)
    verdicts = _conventions(reference, verdicts, loss)
    if any(v.status in ("wrong", "inconclusive") for v in verdicts):
        verdicts = _kinks(subject, reference, witnesses, mine, units, verdicts)
    wrong = [v for v in verdicts if v.status == "wrong"]
    if loss.status == "wrong":
        findings = _name_loss(subject, reference)
        sentences = [loss.reason + ".", *(f.sentence for f in findings)]
        return Explained(verdicts, loss, findings, " ".join(sentences), warnings)
    if not wrong:
        return Explained(verdicts, loss, warnings=warnings)
    findings, planted_layers, whole = _name(subject, reference, mine, verdicts)
    if reference is not None and reference.layered:
        verdicts = blame(verdicts, reference.layers(), planted_layers)
    elif reference is not None:
        verdicts = blame_by_place(verdicts, reference.layers(), [f.array for f in findings])
    said = [_facts_of(v, mine, witnesses, units, subject, reference) for v in verdicts if v.status == "wrong"]
    facts_line = " ".join([*said[:4], *_right_ones(verdicts)])
    if not findings:
        findings = _fingerprint(verdicts, subject)
    named = [f.sentence for f in findings]
    if reference is not None and not whole:
        named.append(
            "No single mistake of the catalogue explains all of it."
            if not findings
            else "The rest has no name."
        )
    see = _see(subject, next(v for v in verdicts if v.status == "wrong"))
    return Explained(verdicts, loss, findings, "\n".join([facts_line, *named]), warnings, see)


def _right_ones(verdicts):
    """['W2, b2 are right.'], or of many arrays only how many."""
    right = [v.name for v in verdicts if v.passes]
    if len(right) > LISTED:
        return [f"{len(right)} of {len(verdicts)} arrays are right."]
    return [f"{', '.join(right)} {'are' if len(right) > 1 else 'is'} right."] if right else []


def hiding_places(subject, reference):
    """Warnings: what about this input would hide a mistake, and an input that would not."""
    found = []
    if reference is None:
        return found
    net, params = reference.net, reference.params(subject.flat, copy=False)
    if len(reference.x) == 1:
        found.append("one sample hides every mistake with the batch mean: check with N > 1 too")
    if not reference.layered:
        return found
    square = [f"W{l}" for l in range(1, net.depth + 1) if net.sizes[l] == net.sizes[l - 1]]
    if square:
        found.append(
            f"{', '.join(square)} {'is' if len(square) == 1 else 'are'} square, which hides a transpose: "
            "check with unequal widths too"
        )
    biases = [a for n, a in params.items() if n[0] == "b"]
    if any(b is not None for b in reference.layout.biases) and not any(np.any(b) for b in biases):
        found.append("all biases are 0, which hides a wrong use of them: check with other values too")
    flat = [n for n, a in params.items() if n[0] == "W" and not np.any(a)]
    if flat:
        found.append(f"{', '.join(flat)} is 0, which hides what is below: check with random weights too")
    on_kink = int(kinks(reference, params, subject.dtype).sum())
    if on_kink:
        found.append(f"{on_kink} of {len(reference.x)} samples sit on a kink, where any subgradient is right")
    return found


def _conventions(reference, verdicts, loss):
    """A loss scaled as a whole, with its own right gradient; deltas that carry N where dW carries 1/N."""
    if loss.status == "convention":
        reason = f"right for your loss ({loss.reason})"
        verdicts = [
            replace(v, status="convention", reason=reason) if v.status == "agree" else v for v in verdicts
        ]
    if reference is None:
        return verdicts
    deltas = [v for v in verdicts if v.name.startswith("delta")]
    others = [v for v in verdicts if not v.name.startswith("delta")]
    if deltas and all(v.passes for v in others) and all(v.status == "wrong" for v in deltas):
        n = len(reference.x)
        if all(
            abs(v.values["hand"] - n * w) <= 1e-6 * abs(n * w)
            for v in deltas
            for k, w in v.values.items()
            if k != "hand" and k != "numerical" and w is not None
        ):
            reason = f"N={n} times ours: your 1/N stands in dW and db instead"
            verdicts = [
                replace(v, status="convention", reason=reason) if v in deltas else v for v in verdicts
            ]
    return verdicts


def _kinks(subject, reference, witnesses, mine, units, verdicts):
    """`kink` for what is off only because of samples on a kink.

    With a network and a function this is a batch that is nothing but kinks: the others were taken out before.
    """
    if reference is not None and reference.layered:
        return excused(subject, reference, mine.arrays, verdicts)
    if subject.function is None or not subject.has_loss:
        return verdicts
    return [_between(subject, v, mine, witnesses, units) if v.status == "wrong" else v for v in verdicts]


def _between(subject, verdict, mine, witnesses, units):
    """`kink` where every entry that is off lies between the derivatives from the left and from the right."""
    name = verdict.name
    if name not in subject.flat:
        return verdict
    array, off = np.asarray(mine.arrays[name], np.float64), np.zeros(np.shape(mine.arrays[name]), bool)
    for w in witnesses:
        room = units[w.name][name] if w.error is None else combined([units[w.name][name], w.error[name]])
        off |= ~(np.abs(array - w.arrays[name]) <= THRESHOLD * room)
    arrays = {n: np.array(a, np.float64) for n, a in subject.flat.items()}
    sides = between_sides(subject.loss, arrays, name, array, off)
    if not sides:
        return verdict
    left, right = sides.get(verdict.worst_index) or next(iter(sides.values()))
    reason = f"on a kink: {left:.6g} from the left, {right:.6g} from the right"
    return replace(verdict, status="kink", reason=reason)


def _name(subject, reference, mine, verdicts):
    """(findings, [(rule, layers), ...] for blame, whether all is explained)."""
    from ..mistakes.naming import Case, name_mistakes

    if reference is None:
        return [], [], False
    judged = {v.name for v in verdicts if v.status not in ("shape", "missing", "nonfinite", "unexpected")}
    hand = reference.ours({n: np.asarray(a) for n, a in mine.arrays.items() if n in judged})
    if not hand:
        return [], [], False
    dtype = min(
        [subject.dtype, *(a.dtype for a in hand.values() if a.dtype.kind == "f")],
        key=lambda d: -np.finfo(d).eps,
    )
    params, places = reference.params(subject.flat, dtype), reference.places()
    case = Case(reference.net, params, reference.x, reference.y, hand, dtype, places, reference.residual)
    findings, roots, whole = name_mistakes(case)
    return [replace(f, array=reference.layout.name(f.array) or f.array) for f in findings], roots, whole


def _name_loss(subject, reference):
    """Mistakes that change the loss: planted, and their loss held against the person's."""
    from ..mistakes.naming import name_loss

    # A loss that is the reference's own has no mistake in it: another one, beside it, was meant.
    if reference is None or reference.loss_agrees or not subject.has_loss or not subject.function:
        return []
    return name_loss(reference, subject)


def _facts_of(verdict, mine, witnesses, units, subject, reference):
    exact = next((w for w in witnesses if w.error is None and verdict.name in w.arrays), None)
    if exact is None:
        v = verdict
        if "found by halves" in v.reason:
            return f"{v.name}: {v.reason}."
        known = {k: x for k, x in v.values.items() if k != "hand" and x is not None}
        (name, value), *_ = known.items()
        ratio = f", {v.values['hand'] / value:.6g} times it" if value else ""
        return f"{v.name}{list(v.worst_index)} is {v.values['hand']:.10g}; {name} differences give {value:.10g}{ratio}."
    batch = None if reference is None else len(reference.x)
    outputs = reference.net.sizes[-1] if reference is not None and reference.layered else None
    array, right = np.asarray(mine.arrays[verdict.name]), exact.arrays[verdict.name]
    return facts.describe(
        verdict.name,
        array,
        right,
        units[exact.name][verdict.name],
        subject.flat.get(verdict.name),
        batch,
        outputs,
    )


def _fingerprint(verdicts, subject):
    """Without a network to plant in: a ratio that all arrays share has a name, though not a certain one."""
    off = [v for v in verdicts if v.status == "wrong"]
    if not off or len(off) != len(verdicts):
        return []
    ratios = []
    for v in off:
        known = [x for k, x in v.values.items() if k != "hand" and x]
        if not known:
            return []
        ratios.append(v.values["hand"] / known[0])
    if np.ptp(ratios) > 1e-5 * abs(ratios[0]):
        return []
    batch = len(subject.x) if isinstance(subject.x, np.ndarray) and subject.x.ndim else None
    words, ids = facts.ratio_in_words(float(np.mean(ratios)), batch)
    if not ids:
        return []
    marks = " or ".join(ids)
    sentence = f"Every array is {words} the right value, the mark of {marks} (network unknown: not certain)."
    return [Finding(off[0].name, "output_delta", ids, False, sentence)]


def _see(subject, verdict):
    """What reproduces one wrong entry without us: the loss a little to the right and to the left."""
    if not subject.function or not subject.has_loss or verdict.name not in subject.flat:
        return None
    h = 1e-5 if subject.dtype == np.float64 else 1e-2
    name, index = verdict.name, verdict.worst_index
    ends = []
    for sign in (1, -1):
        flat = {n: np.array(a) for n, a in subject.flat.items()}
        flat[name][index] += sign * h
        ends.append(float(subject.loss(flat)))
    up, down = ends
    flat_dict = isinstance(subject.like, dict) and name in subject.like
    quotient = (up - down) / (2 * h)
    return {
        "array": name,
        "index": index,
        "h": h,
        "up": up,
        "down": down,
        "quotient": quotient,
        "dict": flat_dict,
        "loss_at": subject.loss_at,
    }
