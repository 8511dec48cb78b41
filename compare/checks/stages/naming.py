"""From verdicts to words: the mistakes by name, what is wrong and what inherited it, the diagnosis, a reproduction."""

from dataclasses import replace

import numpy as np

from ...judge import facts
from ...judge.blame import blame, blame_by_place
from ...judge.report import Finding
from ...judge.verdicts import Verdict
from ...mistakes.naming import Case, name_loss, name_mistakes
from ...witnesses.reference import Reference
from ..check import Check, GradientCheck

LISTED = 12  # arrays by name; more of them say nothing
UNUSABLE = ("shape", "missing", "nonfinite", "unexpected")


def named(check: GradientCheck) -> GradientCheck:
    """Name the mistakes, tell what is wrong from what inherited it, and make the diagnosis."""
    assert check.loss is not None
    if check.loss.status == "wrong":
        findings = _of_loss(check)
        sentences = [check.loss.reason + ".", *(f.sentence for f in findings)]
        return check.but(findings=findings, diagnosis=" ".join(sentences))
    if not check.having("wrong"):
        return check
    if check.reference is None:
        findings = _fingerprint(check)
        return check.but(findings=findings, diagnosis=_diagnosis(check, [f.sentence for f in findings]))
    check, whole = _by_network(check, check.reference)
    findings = check.findings or _fingerprint(check)
    said = [f.sentence for f in findings]
    if not whole:
        none = "No single mistake of the catalogue explains all of it."
        said.append("The rest has no name." if findings else none)
    return check.but(findings=findings, diagnosis=_diagnosis(check, said))


def _by_network(check: GradientCheck, reference: Reference) -> tuple[GradientCheck, bool]:
    """Return the check with the mistakes that reproduce its gradients, and whether they explain every wrong array."""
    usable = {v.name for v in check.verdicts if v.status not in UNUSABLE}
    hand = reference.from_user({n: np.asarray(a) for n, a in check.arrays.items() if n in usable})
    findings: list[Finding] = []
    roots: list[tuple[str, frozenset[int]]] = []
    whole = False
    if hand:
        floats = [check.subject.dtype, *(a.dtype for a in hand.values() if a.dtype.kind == "f")]
        dtype = max(floats, key=lambda d: np.finfo(d).eps)
        params, places = reference.params(check.subject.flat, dtype), reference.places()
        case = Case(reference.net, params, reference.x, reference.y, hand, dtype, places, reference.residual)
        findings, roots, whole = name_mistakes(case)
    findings = [replace(f, array=reference.layout.name(f.array) or f.array) for f in findings]
    if reference.layered:
        verdicts = blame(check.verdicts, reference.layers(), roots)
    else:
        verdicts = blame_by_place(check.verdicts, reference.layers(), [f.array for f in findings])
    return check.but(findings=findings, verdicts=verdicts), whole


def _of_loss(check: GradientCheck) -> list[Finding]:
    """Name mistakes that change the loss: each is planted, and its loss compared with the user's."""
    reference, subject = check.reference, check.subject
    # A loss that is the reference's own has no mistake in it: another one was meant.
    if reference is None or reference.loss_agrees or not subject.has_loss or not subject.function:
        return []
    return name_loss(reference, subject)


def _diagnosis(check: Check, named: list[str]) -> str:
    right = [v.name for v in check.verdicts if v.passes]
    said = [described(check, v) for v in check.having("wrong")][:4]
    if len(right) > LISTED:
        said.append(f"{len(right)} of {len(check.verdicts)} arrays are right.")
    elif right:
        said.append(f"{', '.join(right)} {'are' if len(right) > 1 else 'is'} right.")
    return "\n".join([" ".join(said), *named])


def described(check: Check, verdict: Verdict) -> str:
    """Return one sentence of facts about a wrong array."""
    name, reference = verdict.name, check.reference
    exact = next((w for w in check.exact if name in w.arrays), None)
    if exact is None:
        if "found by halves" in verdict.reason:
            return f"{name}: {verdict.reason}."
        entry, (who, value) = verdict.entry, next(iter(verdict.others.items()))
        ratio = f", {entry / value:.6g} times it" if value else ""
        where = list(verdict.worst_index or ())
        return f"{name}{where} is {entry:.10g}; {who} differences give {value:.10g}{ratio}."
    outputs = reference.net.sizes[-1] if reference is not None and reference.layered else None
    mine, param = np.asarray(check.arrays[name]), check.subject.flat.get(name)
    return facts.describe(name, mine, exact.arrays[name], exact.unit(name), param, check.batch, outputs)


def _fingerprint(check: GradientCheck) -> list[Finding]:
    """Name a ratio that all arrays share: without a network to plant in, not certainly."""
    off = check.having("wrong")
    if not off or len(off) != len(check.verdicts):
        return []
    ratios = []
    for v in off:
        known = [x for x in v.others.values() if x]
        if not known:
            return []
        ratios.append(v.entry / known[0])
    if np.ptp(ratios) > 1e-5 * abs(ratios[0]):
        return []
    x = check.subject.x
    batch = len(x) if isinstance(x, np.ndarray) and x.ndim else None
    words, ids = facts.ratio_in_words(float(np.mean(ratios)), batch)
    if not ids:
        return []
    marks = " or ".join(ids)
    sentence = f"Every array is {words} the right value, the mark of {marks} (network unknown: not certain)."
    return [Finding(off[0].name, "output_delta", ids, False, sentence)]


def reproduced(check: GradientCheck) -> GradientCheck:
    """Add to `about` what reproduces one wrong entry by hand: the loss on either side of the parameters."""
    verdict, subject = next(iter(check.having("wrong")), None), check.subject
    if verdict is None or check.loss is None or check.loss.status == "wrong":
        return check.telling(see=None)
    if not subject.function or not subject.has_loss or verdict.name not in subject.flat:
        return check.telling(see=None)
    h = 1e-5 if subject.dtype == np.float64 else 1e-2
    name, index, ends = verdict.name, verdict.worst_index, []
    for sign in (1, -1):
        flat = {n: np.array(a) for n, a in subject.flat.items()}
        flat[name][index] += sign * h
        ends.append(float(subject.loss(flat)))
    up, down = ends
    see = {"array": name, "index": index, "h": h, "up": up, "down": down, "quotient": (up - down) / (2 * h)}
    see |= {"dict": isinstance(subject.like, dict) and name in subject.like, "loss_at": subject.loss_at}
    return check.telling(see=see)
