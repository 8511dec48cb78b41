"""The versions of a Trio against one another: which differs, in what, and by which convention."""

import numpy as np

from ...judge.report import Finding, LossVerdict
from ...judge.verdicts import marked
from ...mistakes.ports.explained import explained
from ...witnesses import Witness
from ...witnesses.rounding.units import THRESHOLD
from ..check import GradientCheck
from .network import loss_rounding

FEW = 4  # names in a sentence
LOSS = 1e3  # roundings of a loss


def ported(check: GradientCheck) -> GradientCheck:
    """Call arrays wrong in which a version differs from the others; say which one, and what explains it."""
    trio = check.trio
    if trio is None:
        return check
    first = trio.here[0]
    others = [w for w in check.witnesses if w.name in trio.here]
    off = {w.name: names for w in others if (names := _off(check, w))}
    if not off:
        return check
    names = [n for n in check.answer.arrays if any(n in found for found in off.values())]
    odd = _odd(first, off, others)
    blamed = odd or f"one of {first} and {', '.join(off)}"
    rest = [who for who in trio.here if who != odd]
    reason = f"{odd} differs from {' and '.join(rest)}" if odd else f"{first} and {' and '.join(off)} differ"
    suspect = odd or next(iter(off))
    judges = rest if odd else [first]
    said = explained(trio, check.subject.flat, check.subject.x, check.subject.y, suspect, judges)
    some = ", ".join(names[:FEW]) + " ..." * (len(names) > FEW)
    arrays = f"in {len(names)} of {len(check.answer.arrays)} gradients, {some}"
    sentence = f"{reason} {arrays if names else 'in the loss'}."
    sentence += f" {said.sentence}." if said else ""
    finding = Finding(names[0] if names else "loss", blamed, said.ids if said else (), bool(said), sentence)
    if odd == first == "hand":  # its own check has said more
        return check.but(
            findings=[*check.findings, finding],
            diagnosis=check.diagnosis if check.findings else sentence,
            verdicts=marked(check.verdicts, set(names) if check.ok else (), "wrong", reason),
            loss=_loss(check, others, off, reason),
        )
    return check.but(
        verdicts=marked(check.verdicts, set(names), "wrong", reason),
        loss=_loss(check, others, off, reason),
        findings=[finding],
        diagnosis=sentence,
    )


def _off(check: GradientCheck, witness: Witness) -> list[str]:
    """Return the arrays in which a version differs from the candidate; ["loss"] where only the loss does."""
    names = []
    for name, mine in check.answer.arrays.items():
        there, unit = witness.arrays.get(name), witness.unit(name)
        if there is None or np.shape(mine) != there.shape:
            continue
        known = np.isfinite(unit)  # of the others the rounding is not known: they are inconclusive
        if not (np.abs(mine - there)[known] <= THRESHOLD * unit[known]).all():
            names.append(name)
    return names or (["loss"] if _other_loss(check, witness) else [])


def _other_loss(check: GradientCheck, witness: Witness) -> bool:
    mine, there = check.answer.loss, witness.loss
    assert mine is not None
    room = LOSS * float(np.finfo(check.coarsest).eps) * max(abs(there), 1e-3)
    return not (
        abs(mine - there) <= room
        or abs(mine - there) <= loss_rounding(check, check.subject.flat, mine, there)
    )


def _odd(first: str, off: dict[str, list[str]], others: list[Witness]) -> str | None:
    """Return the version that differs from all others; None where that cannot be told."""
    if len(others) < 2:
        return None
    if len(off) == 1:
        return next(iter(off))
    one, two = others[:2]
    alike = all(
        (np.abs(a - two.arrays[n]) <= THRESHOLD * np.hypot(one.unit(n), two.unit(n))).all()
        for n, a in one.arrays.items()
    )
    return first if alike else None


def _loss(
    check: GradientCheck, others: list[Witness], off: dict[str, list[str]], reason: str
) -> LossVerdict | None:
    different = [w for w in others if w.name in off and _other_loss(check, w)]
    if not different:
        return check.loss
    losses = {w.name: w.loss for w in others}
    said = ", ".join(f"{name} {value:.10g}" for name, value in losses.items())
    mine = check.answer.loss
    return LossVerdict("wrong", f"{reason} in the loss: {said}", mine, losses)
