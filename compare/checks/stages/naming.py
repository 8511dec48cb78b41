"""From verdicts to words: the mistakes by name, what is wrong and what inherited it, the diagnosis."""

import re
from dataclasses import replace

import numpy as np

from ...judge import facts
from ...judge.report import Finding
from ...judge.verdicts import Verdict
from ...witnesses.reference import Reference
from ..check import Check, GradientCheck
from .fingerprints import beside, fingerprint, shared, sizes

LISTED = 12  # arrays by name; more of them say nothing
UNUSABLE = ("shape", "missing", "nonfinite", "unexpected")


def named(check: GradientCheck) -> GradientCheck:
    """Name the mistakes, tell what is wrong from what inherited it, and make the diagnosis."""
    assert check.loss is not None
    if check.loss.status == "wrong":
        findings = _of_loss(check)
        sentences = [check.loss.reason + ".", *(f.sentence for f in findings)]
        return check.but(findings=findings, diagnosis=" ".join(sentences))
    if check.findings or not check.having("wrong"):
        return check.but(diagnosis=check.diagnosis or " ".join(_reshaped(check)) or None)
    if check.reference is None:
        findings = fingerprint(check)
        return check.but(findings=findings, diagnosis=_diagnosis(check, [f.sentence for f in findings]))
    check = _by_network(check, check.reference)
    findings = check.findings or fingerprint(check)
    said = [f.sentence for f in findings]
    if not findings and shared(check) is None:
        said.append("No single mistake of the catalogue explains all of it.")
    return check.but(findings=findings, diagnosis=_diagnosis(check, said))


def _by_network(check: GradientCheck, reference: Reference) -> GradientCheck:
    """Return the check with the mistakes that reproduce its gradients; none where they leave an array unexplained."""
    from ...judge.blame import blame, blame_by_place
    from ...mistakes.naming import Case, name_mistakes

    usable = {v.name for v in check.verdicts if v.status not in UNUSABLE}
    hand = reference.from_user({n: np.asarray(a) for n, a in check.arrays.items() if n in usable})
    findings: list[Finding] = []
    roots: list[tuple[str, frozenset[int]]] = []
    if hand:
        floats = [check.subject.dtype, *(a.dtype for a in hand.values() if a.dtype.kind == "f")]
        dtype = max(floats, key=lambda d: np.finfo(d).eps)
        params, places = reference.params(check.subject.flat, dtype), reference.places()
        case = Case(reference.net, params, reference.x, reference.y, hand, dtype, places, reference.residual)
        findings, roots, whole = name_mistakes(case)
        findings = findings if whole else []
    findings = [replace(f, array=reference.layout.name(f.array) or f.array) for f in findings]
    if reference.layered:
        verdicts = blame(check.verdicts, reference.layers(), roots)
    else:
        verdicts = blame_by_place(check.verdicts, reference.layers(), [f.array for f in findings])
    return check.but(findings=findings, verdicts=verdicts)


def _of_loss(check: GradientCheck) -> list[Finding]:
    """Name mistakes that change the loss: each is planted, and its loss compared with the user's."""
    reference, subject = check.reference, check.subject
    # A loss that is the reference's own has no mistake in it: another one was meant.
    if reference is None or reference.loss_agrees or not subject.has_loss or not subject.function:
        return []
    from ...mistakes.naming import name_loss

    return name_loss(reference, subject)


def _diagnosis(check: Check, named: list[str]) -> str:
    right = [v.name for v in check.verdicts if v.passes]
    said = described(check)
    if len(right) > LISTED:
        said.append(f"{len(right)} of {len(check.verdicts)} arrays are right.")
    elif right:
        said.append(f"{', '.join(right)} {'are' if len(right) > 1 else 'is'} right.")
    return "\n".join([" ".join(said), *named])


def described(check: Check) -> list[str]:
    """Return the facts about the wrong arrays, nearest to the loss first; one sentence where all share a factor."""
    wrong = nearest_first(check, check.having("wrong"))
    pairs = {v.name: pair for v in wrong if (pair := beside(check, v.name))}
    halves = [v for v in wrong if "found by halves" in v.reason]
    said = [f"{v.name}: {v.reason}." for v in halves]
    rest = [pairs[v.name] for v in wrong if v.name in pairs and v not in halves]
    alike = shared(check)
    if alike is not None:
        return facts.describe(alike, sizes(check), every=True)
    return [*said, *facts.describe(rest, sizes(check)), *_reshaped(check)]


def _reshaped(check: Check) -> list[str]:
    """Return a sentence for each array of another shape that is the right one transposed, or shaped otherwise."""
    said = []
    for name in [v.name for v in check.having("shape")]:
        witness = next((w for w in [*check.exact, *check.witnesses] if name in w.arrays), None)
        if witness is None:
            continue
        mine, right = np.asarray(check.arrays[name]), witness.arrays[name]
        # The candidate's own rounding has its shape, not the parameter's.
        unit = 100 * np.finfo(check.coarsest).eps * np.abs(right).max(initial=0) + np.zeros(right.shape)
        unit = unit if witness.error is None else unit + witness.error[name]
        ways = [("transposed", mine.T)] if mine.T.shape == right.shape else []
        ways += [("in another shape", mine.reshape(right.shape))] if mine.size == right.size else []
        for how, turned in ways:
            pair = facts.pair(name, turned, right, unit)
            if pair.whole and not pair.off.any():
                said.append(
                    f"{name} is the right gradient {how}: yours is {mine.shape}, {name} is {right.shape}."
                )
                break
    return said


def nearest_first(check: Check, verdicts: list[Verdict]) -> list[Verdict]:
    """Return the verdicts from the loss down: by layer where that is known, else the last parameter first."""
    layers = check.reference.layers() if check.reference is not None else {}
    numbers = [re.search(r"(\d+)\D*$", v.name) for v in verdicts]
    if not all(v.name in layers for v in verdicts):
        if not all(numbers):
            return verdicts[::-1]
        layers = {v.name: int(n[1]) for v, n in zip(verdicts, numbers, strict=True) if n}
    return sorted(verdicts, key=lambda v: -layers[v.name])
