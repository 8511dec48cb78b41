"""Stages of check_step: what is wrong with a step, by name."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...judge import facts
from ...judge.blame import blame
from ...judge.report import Finding
from ...judge.verdicts import Verdict
from ...mistakes.naming import Case, name_mistakes
from ...witnesses import Arrays
from ...witnesses.reference import Reference
from ...witnesses.rounding.units import THRESHOLD
from .fingerprints import sizes
from .naming import nearest_first
from .steps import StepCheck

ADAM = "every entry moves equally far, as in Adam's first step: this check is for plain gradient descent"


def gradients_returned(check: StepCheck) -> StepCheck:
    """Close the check where update returned the gradients themselves, not new parameters."""
    subject, witness = check.subject, check.witness
    new = {n: np.asarray(a, np.float64) - check.step[n] for n, a in subject.flat.items()}
    # The step has lost what is below the parameter's last digit.
    room = {n: 10 * THRESHOLD * witness.room(n) + a for n, a in check.lost(1.0).items()}
    if not all((np.abs(new[n] - right) <= room[n]).all() for n, right in check.right.items()):
        return check
    words = (
        "update returns the gradients, not the parameters after the step: return params - rate * gradient."
    )
    finding = Finding(next(iter(check.right)), "update", ("updated-params-returned",), True, words)
    verdicts = [Verdict(n, "wrong", "these are the gradients") for n in check.right]
    return check.but(verdicts=verdicts, findings=[finding], diagnosis=words, closed=True)


def signs_only(check: StepCheck) -> StepCheck:
    """Close the check where every entry moves equally far: Adam's first step and a sign step are not judged here."""
    moved = [np.abs(check.step[n][g != 0]) for n, g in check.right.items()]
    sizes = np.concatenate(moved) if moved else np.zeros(0)
    spread = np.concatenate([np.abs(g[g != 0]) for g in check.right.values()])
    if sizes.size < 3 or not sizes.min() > 0 or np.ptp(sizes) > 1e-3 * sizes.max() or np.ptp(spread) == 0:
        return check
    verdicts = [Verdict(n, "inconclusive", ADAM) for n in check.right]
    return check.but(verdicts=verdicts, diagnosis=ADAM, closed=True)


def named_in_step(check: StepCheck) -> StepCheck:
    """Name the mistakes of the step and make the diagnosis."""
    if check.ok:
        return check
    findings = _of_the_rate(check)
    if not findings and check.reference is not None:
        check, findings = _of_the_gradient(check, check.reference)
    wrong = [v.name for v in nearest_first(check, check.having("wrong"))]
    pairs = [facts.pair(n, check.gradient[n], check.right[n], check.witness.room(n)) for n in wrong]
    said = facts.describe([p for p in pairs if p.whole], sizes(check))
    sentences = [f"From the step: {' '.join(said)}"] if said else []
    return check.but(findings=findings, diagnosis="\n".join(sentences + [f.sentence for f in findings]))


def _of_the_rate(check: StepCheck) -> list[Finding]:
    """Name one number in all arrays: uphill, or the rate twice."""
    c, rate = check.fitted, check.rate
    if c is None:
        return []

    def equals(a: float, b: float) -> bool:
        return bool(np.isclose(a, b, rtol=1e-6 if check.subject.dtype == np.float64 else 1e-2))

    first = next(iter(check.right))
    if c < 0 and (rate is None or equals(-c, rate)):
        words = (
            "The step goes uphill: it adds rate * gradient. Make it params - rate * gradient, or, with the "
            "convention y - a, keep + and check that delta is y - a and not a - y."
        )
        return [Finding(first, "update", ("sign-flipped",), True, words)]
    if rate is not None and equals(c, rate**2):
        words = (
            f"The step is rate^2 = {c:.6g} times the gradient. Likely line: dW = rate * ..., and then "
            "W -= rate * dW. Make it: dW without the rate. Why: the rate belongs to the update alone."
        )
        return [Finding(first, "update", ("rate-in-gradient",), True, words)]
    return []


def _of_the_gradient(check: StepCheck, reference: Reference) -> tuple[StepCheck, list[Finding]]:
    layers, rate = reference.layers(), check.about["rate"]
    hand = reference.from_user({n: g for n, g in check.gradient.items() if n in layers})
    missing = reference.from_user({n: a for n, a in check.lost(rate).items() if n in layers})
    dtype, places = check.subject.dtype, reference.places()
    params = reference.params(check.subject.flat, dtype)
    absolute = {n: np.abs(a) for n, a in missing.items()}
    case = StepCase(reference.net, params, reference.x, reference.y, hand, dtype, places, lost=absolute)
    found, roots, _ = name_mistakes(case)
    findings = [
        replace(
            f,
            array=reference.layout.name(f.array) or f.array,
            sentence=f.sentence
            + (f" The learning rate here is {rate:.6g}." if f.one_of == ("updated-weights-used",) else ""),
        )
        for f in found
    ]
    return check.but(verdicts=blame(check.verdicts, layers, roots)), findings


@dataclass(frozen=True)
class StepCase(Case):
    """A Case whose gradient was taken from a step: what the subtraction lost is rounding too."""

    lost: Arrays = field(default_factory=dict)

    def near(self, grads: Arrays) -> set[str]:
        loose = 1e-7 if self.dtype == np.float64 else 3e-3
        right = self.right
        return {
            n
            for n, mine in self.hand.items()
            if (
                np.abs(mine - grads[n])
                <= loose * np.abs([right[n], grads[n]]).max(initial=0) + THRESHOLD * self.lost[n]
            ).all()
        }

    def units(self, net: Any, grads: Arrays) -> Arrays:
        return {n: u + self.lost.get(n, 0) for n, u in super().units(net, grads).items()}
