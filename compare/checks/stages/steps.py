"""Stages of check_step: the gradient that a step of plain descent contains."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...common.arrays import equal
from ...common.errors import UserError
from ...judge.report import LossVerdict
from ...judge.verdicts import judge, marked
from ...trace.recording.kept import Kept
from ...user.subject import Subject
from ...witnesses import Arrays, Witness, numerical
from ...witnesses.rounding.units import THRESHOLD, combined
from ..check import Check
from ..kinks import kinked, stand_ins, without
from .calls import rounded_alike, stale, unsteady
from .traced import followed_at


@dataclass(frozen=True)
class Walk:
    """One step of the user's: the parameters before and after it; the right gradient there, and its room."""

    before: Arrays
    after: Arrays
    grads: Arrays
    rooms: Arrays


@dataclass(frozen=True)
class StepCheck(Check):
    """A check of a training step.

    rate: the learning rate that the user gave, or None.  optimizer: the rule meant, where it has a memory.
    step: the parameters minus the new ones, in float64.  fitted: the number in front of the gradient in all arrays.
    update: the user's function as it came.  kept: what it keeps between calls, as before the first one.
    gradient: the step over the rate.  walk: the first steps of an optimiser with a memory.
    """

    subject: Subject
    update: Any = None
    kept: Kept | None = None
    rate: float | None = None
    optimizer: Any = None
    step: Arrays = field(default_factory=dict)
    fitted: float | None = None
    gradient: Arrays = field(default_factory=dict)
    walk: list[Walk] = field(default_factory=list)

    @property
    def witness(self) -> Witness:
        return self.witnesses[0]

    @property
    def right(self) -> Arrays:
        return self.witness.arrays

    def lost(self, rate: float) -> Arrays:
        """Return what the update's rounding loses of a gradient: half an ulp of the new parameter, over the rate."""
        return lost(self.subject, self.step, rate)


def lost(subject: Subject, step: Arrays, rate: float) -> Arrays:
    eps = np.finfo(subject.dtype).eps
    return {
        n: eps * np.maximum(np.abs(a), np.abs(step[n] - a)).astype(np.float64) / abs(rate)
        for n, a in subject.flat.items()
    }


def stepped(check: StepCheck) -> StepCheck:
    """Take the step from the answer, and a second one from the same parameters; close the check where they differ."""
    subject = check.subject
    check = check.but(loss=LossVerdict("unknown", "a step is judged, not its loss", check.answer.loss))
    second = subject.arrays()
    step, again = difference(subject, check.answer.arrays), difference(subject, second)
    check = in_place(check)
    if equal(step, again) or rounded_alike(check.answer.arrays, second, subject.dtype):
        return check.but(step=step)
    reason = "a second step from the same parameters differs"
    closed = unsteady(check, step, again, reason)
    words = f"{closed.diagnosis}: is something kept between calls (a momentum, old gradients), or drawn anew?"
    words += (
        " For a rule with a memory: check_step(..., optimizer=manual.optimizers.Adam(rate=...)) or its like."
    )
    closed = closed.but(diagnosis=words)
    return stale(closed, [step, again], lambda: difference(subject, subject.arrays()), "update", subject.flat)


def in_place(check: StepCheck) -> StepCheck:
    """Warn where update changes its arguments."""
    if not check.subject.mutated:
        return check
    return check.warned(
        [
            f"your update changes {' and '.join(check.subject.mutated)} in place: what its caller kept of the old "
            "values changes with it (updated-params-returned, where both are used)"
        ]
    )


def difference(subject: Subject, new: Arrays) -> Arrays:
    """Return the parameters minus the new ones, in float64. Raises UserError where these are not of the same shapes."""
    for name, a in subject.flat.items():
        if name not in new:
            raise UserError(f"update returns no {name}; it returns {', '.join(new)}")
        if new[name].shape != a.shape:
            raise UserError(f"the new {name} has shape {new[name].shape}; {name} is {a.shape}")
        if not np.isfinite(new[name]).all():
            raise UserError(f"the new {name} holds nan or inf")
    return {n: np.asarray(a, np.float64) - new[n] for n, a in subject.flat.items()}


def witnessed(check: StepCheck) -> StepCheck:
    """Ask for the right gradient: the rules of the reference, else differences of the loss that update returns."""
    if check.reference is None and not check.subject.has_loss:
        raise UserError(
            "nothing to compare this step with: let update return (params, loss), or give network=..."
        )
    return check.but(witnesses=[gradient_at(check, check.subject.flat)])


def gradient_at(check: Check, flat: Arrays) -> Witness:
    """Return the witness of the gradient at the parameters `flat`."""
    if check.reference is None:
        assert isinstance(check.subject, Subject)
        followed = followed_at(check, check.subject, flat)
        return followed or numerical.evidence(check.subject.loss, flat, seed=check.seed)
    found = check.reference.by_hand(flat, check.subject.dtype)
    return replace(found, arrays={n: found.arrays[n] for n in flat}, units={n: found.units[n] for n in flat})


def rated(check: StepCheck) -> StepCheck:
    """Take the gradient from the step: over the given rate, or over the number most arrays are right with."""
    shared, names = _shared_rate(check)
    rate = abs(check.rate or shared or _projected(check))
    whole = shared is not None and len(names) == sum(bool(np.any(a)) for a in check.right.values())
    gradient = {n: s / rate for n, s in check.step.items()}
    arrays = {n: g.astype(check.subject.dtype) for n, g in gradient.items()}
    missing, unit = check.lost(rate), check.witness.unit
    units = {n: combined([unit(n), missing[n]]) for n in check.right}
    fitted = [] if check.rate is not None else [f"the rate is {rate:.6g}, fitted"]
    answer = replace(check.answer, arrays=arrays, assumed=[*check.answer.assumed, *fitted])
    check = check.but(answer=answer, witnesses=[replace(check.witness, units=units)], gradient=gradient)
    return check.but(fitted=shared if whole else None).telling(rate=rate)


def _shared_rate(check: StepCheck) -> tuple[float | None, list[str]]:
    """Return (c, names): the number most arrays are right with, preferring those near the loss; or (None, [])."""
    missing = check.lost(1.0)
    ratios = {n: r for n in check.right if (r := _ratio(check, n, missing[n])) is not None}

    def same(r: float, s: float, *names: str) -> bool:
        room = max(
            float((missing[n] + abs(r) * check.witness.room(n)).max() / np.abs(check.right[n]).max())
            for n in names
        )
        return abs(r - s) <= 3 * THRESHOLD * room

    groups = [[m for m, s in ratios.items() if same(r, s, n, m)] for n, r in ratios.items()]
    if not groups:
        return None, []
    layer = check.reference.layers() if check.reference else {}
    best = max(groups, key=lambda g: (len(g), max(layer.get(n, 0) for n in g)))
    largest = max(best, key=lambda n: float(np.abs(check.right[n]).max()))
    return ratios[largest], best


def _ratio(check: StepCheck, name: str, missing: np.ndarray) -> float | None:
    """Return c with step = c * right in this array to rounding, or None."""
    room, right, step = check.witness.room(name), check.right[name], check.step[name]
    square = float((right * right).sum())
    if not square > 0 or not np.isfinite(room).all():
        return None
    c = float((step * right).sum() / square)
    # The fitted number takes the rounding of one direction away: three times the room for the others.
    room = 3 * THRESHOLD * (abs(c) * room + missing)
    return c if c and (np.abs(step - c * right) <= room).all() else None


def _projected(check: StepCheck) -> float:
    """Return a rate where no array is right: from the layer nearest to the loss, by least squares."""
    names = [n for n, a in check.right.items() if np.any(a)]
    if not names:
        raise UserError("the gradient is 0 at these parameters: a step from here shows nothing")
    layer = check.reference.layers() if check.reference else {}
    top = max(names, key=lambda n: layer.get(n, 0))
    return float((check.step[top] * check.right[top]).sum() / (check.right[top] ** 2).sum()) or 1.0


def excused_in_step(check: StepCheck) -> StepCheck:
    """Set `kink` where the step is right with other samples in the place of those on a kink."""
    subject, reference = check.subject, check.reference
    if reference is None or check.ok:
        return check
    mask = kinked(reference, subject.flat)
    if not mask.any() or mask.all():
        return check
    rest, rate = without(subject, reference, mask), check.about["rate"]
    step = difference(rest, rest.answer().arrays)
    right = gradient_at(check.but(reference=reference.samples(stand_ins(mask))), subject.flat)
    missing = lost(rest, step, rate)
    right = replace(right, units={n: combined([right.unit(n), missing[n]]) for n in step})
    gradient = {n: (s / rate).astype(subject.dtype) for n, s in step.items()}
    passing = {v.name for v in judge(gradient, [right], check.expected, subject.dtype) if v.passes}
    reason = f"differs only through {int(mask.sum())} samples on a kink"
    off = passing & {v.name for v in check.having("wrong")}
    return check.but(verdicts=marked(check.verdicts, off, "kink", reason))
