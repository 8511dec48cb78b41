"""Verdicts on the arrays, by all entries that the witnesses have."""

from dataclasses import replace

from ...judge.verdicts import judge
from ..check import C


def judged(check: C) -> C:
    """Give each array its verdict."""
    return check.but(verdicts=judge(check.arrays, check.witnesses, check.expected, check.subject.dtype))


def conventions(check: C) -> C:
    """Set `convention` for a loss scaled as a whole, and for deltas that carry N where dW carries 1/N."""
    loss, reference, verdicts = check.loss, check.reference, check.verdicts
    if loss is not None and loss.status == "convention":
        reason = f"right for your loss ({loss.reason})"
        verdicts = [
            replace(v, status="convention", reason=reason) if v.status == "agree" else v for v in verdicts
        ]
    deltas = [v for v in verdicts if v.name.startswith("delta")]
    others = [v for v in verdicts if not v.name.startswith("delta")]
    if reference is None or not deltas or not all(v.passes for v in others):
        return check.but(verdicts=verdicts)
    n = len(reference.x)
    right = [
        (v.values["hand"], w)
        for v in deltas
        for k, w in v.values.items()
        if k not in ("hand", "numerical") and w is not None
    ]
    if all(v.status == "wrong" for v in deltas) and all(
        mine is not None and abs(mine - n * w) <= 1e-6 * abs(n * w) for mine, w in right
    ):
        reason = f"N={n} times the reference's: your 1/N is in dW and db instead"
        verdicts = [*others, *(replace(v, status="convention", reason=reason) for v in deltas)]
    return check.but(verdicts=verdicts)
