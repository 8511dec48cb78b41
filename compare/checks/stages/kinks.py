"""Replace samples on a kink before any witness runs, and judge them apart from the rest."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from ...judge.verdicts import Verdict, marked
from ...trace.derivatives.run import NotFollowedError, Recordable, record
from ...trace.derivatives.slices import Origins
from ...trace.exact.balls import available
from ...trace.exact.referee import APART, Ruling, TooMuchWorkError, ruled
from ...trace.exact.terms import NotCoveredError
from ...witnesses import Arrays
from ...witnesses.numerical import loss_jitter
from ..check import C, Check, GradientCheck, Whole
from ..kinks import FRAMEWORKS, Choice, choice, kinked, nearly, sample_axes, sides, stand_ins, without
from .referee import DISPUTED


def off_the_kinks(check: GradientCheck) -> GradientCheck:
    """Replace the samples on a kink by others of the batch, where a network is known and a function can be called."""
    subject, reference = check.subject, check.reference
    if reference is None or subject.function is None or not reference.loss_agrees:
        return check
    mask = kinked(reference, subject.flat, subject.dtype)
    if not mask.any() or mask.all():
        return check
    note = (
        f"{int(mask.sum())} of {len(mask)} samples sit on a kink, where any subgradient is right: "
        f"judged by the other {int((~mask).sum())}"
    )
    rest, keep = without(subject, reference, mask), stand_ins(mask)
    axes = sample_axes(subject, reference, mask)
    return check.but(
        subject=rest,
        answer=rest.answer(),
        reference=reference.samples(keep),
        whole=Whole(subject, reference, mask, check.answer),
        warnings=[note, *check.warnings],
        about=check.about | {"kinks": {"samples": int(mask.sum()), "keep": keep.tolist(), "axes": axes}},
    )


def on_the_kinks(check: GradientCheck) -> GradientCheck:
    """Judge the whole batch where the rest of it is right: only a choice at the kinks may differ."""
    if check.whole is None:
        return check
    whole, was_right = check.whole, check.ok
    arrays = whole.answer.arrays | whole.answer.deltas
    subject, reference = check.subject, whole.reference
    right = reference.by_hand(subject.flat, subject.dtype, noise=False).arrays
    chosen = choice(reference, subject.flat, subject.dtype, arrays)
    verdicts = [
        _of_whole(v, arrays.get(v.name), right.get(v.name), subject.dtype, chosen, whole.mask)
        for v in check.verdicts
    ]
    if any(v.status == "kink" for v in verdicts):
        beyond = _beyond_both_sides(whole.subject)
        verdicts = [
            _outside(v, beyond[v.name]) if v.status == "kink" and v.name in beyond else v for v in verdicts
        ]
    check = check.but(verdicts=verdicts)
    if was_right and not check.ok:
        first = next(v for v in verdicts if not v.passes)
        return check.but(diagnosis=f"{first.reason}: without the samples on a kink it is right.")
    return check


def _beyond_both_sides(subject: Recordable) -> dict[str, Ruling]:
    """Return the arrays with an entry that is proved to lie outside the derivatives of both sides of the kinks."""
    if not available():
        return {}
    try:
        run = record(subject)
        rulings = ruled(run, Origins(run.tape), run.gradients, DISPUTED)
    except (NotFollowedError, NotCoveredError, TooMuchWorkError):
        return {}
    return {n: r for n, r in rulings.arrays.items() if r.status == APART} if not run.tape.lost else {}


def _outside(verdict: Verdict, ruling: Ruling) -> Verdict:
    """Return the verdict on an array that no choice at the kinks explains: of the whole batch, at its worst entry."""
    right = ruling.nearest
    index = tuple(int(i) for i in np.unravel_index(ruling.off.argmax(), right.shape))
    values: dict[str, float | None] = {"hand": float(ruling.formula[index]), "adjoint": float(right[index])}
    reason = f"{verdict.name} lies outside the derivatives from both sides of the kinks"
    error = float(np.linalg.norm(ruling.formula - right) / max(float(np.linalg.norm(right)), 1e-300))
    return replace(
        verdict, status="wrong", reason=reason, worst_index=index, values=values, error=error, proved=True
    )


def _of_whole(
    verdict: Verdict,
    mine: np.ndarray | None,
    right: np.ndarray | None,
    dtype: np.dtype,
    chosen: Choice | None,
    mask: np.ndarray,
) -> Verdict:
    """Judge an array that is right off the kinks: on them any subgradient is right, but neither nan nor inf is one."""
    if verdict.status not in ("agree", "convention", "dtype"):
        return verdict
    if mine is not None and not np.isfinite(mine).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(mine))[0])
        said = f"{verdict.name}{list(index)} is {mine[index]} through a sample on a kink"
        return replace(verdict, status="nonfinite", reason=said, worst_index=index, values={}, error=None)
    if verdict.status != "agree" or nearly(mine, right, dtype):
        return verdict
    if chosen is None or chosen.allowed:
        return replace(verdict, status="kink", reason=_reason(mask, chosen))
    status = "wrong" if verdict.name in chosen.names else "kink"
    return replace(verdict, status=status, reason=_no_subgradient(mask, chosen))


def excused(check: C) -> C:
    """Set `kink` for arrays that are off only because of a kink.

    With a network these are gradients given as values, and batches that are nothing but kinks. Without one, each
    entry that is off must lie between the derivatives of the loss from the left and from the right.
    """
    if not check.having("wrong", "inconclusive"):
        return check
    if check.reference is not None and check.reference.layered:
        return check.but(verdicts=_by_choice(check))
    if check.subject.function is None or not check.subject.has_loss:
        return check
    loss, arrays = check.subject.loss, {n: np.array(a, np.float64) for n, a in check.subject.flat.items()}
    # One measurement serves every array.
    jitter = cache(lambda: loss_jitter(loss, arrays, float(loss(arrays))))
    return check.but(verdicts=[_between(v, check, arrays, jitter) for v in check.verdicts])


def _by_choice(check: Check) -> list[Verdict]:
    subject, reference, arrays = check.subject, check.reference, check.arrays
    assert reference is not None
    mask = kinked(reference, subject.flat, subject.dtype)
    if not mask.any():
        return check.verdicts
    chosen = choice(reference, subject.flat, subject.dtype, arrays)
    right = set() if chosen is None else set(chosen.names)
    # What the kinks do not move is off for another reason, however little.
    taken: Arrays = reference.by_hand(subject.flat, subject.dtype, noise=False).arrays
    moved = {n for n in right if not nearly(arrays[n], taken[n], subject.dtype)}
    if chosen is not None and not chosen.allowed:
        status, reason, inconclusive = "wrong", _no_subgradient(mask, chosen), moved
    else:
        status, reason, inconclusive = "kink", _reason(mask, chosen), right
    off = {v.name for v in check.having("wrong")} & moved
    off |= {v.name for v in check.having("inconclusive")} & inconclusive
    return marked(check.verdicts, off, status, reason)


def _between(verdict: Verdict, check: Check, arrays: Arrays, jitter: Callable[[], float]) -> Verdict:
    name = verdict.name
    off = verdict.status in ("wrong", "inconclusive") and verdict.ratio is not None
    if not off or name not in arrays:
        return verdict
    seen = sides(check.subject.loss, arrays, check.arrays[name], verdict, check.witnesses, jitter)
    if seen is None:
        return verdict
    entries = f" ({seen.entries} entries)" if seen.entries > 1 else ""
    reason = f"on a kink: {seen.left:.6g} from the left, {seen.right:.6g} from the right{entries}"
    return replace(verdict, status="kink", reason=reason)


def _reason(mask: np.ndarray, chosen: Choice | None) -> str:
    words = f"differs only through {int(mask.sum())} of {len(mask)} samples on a kink"
    if chosen is None or chosen.kind is None:
        return words
    torch, jax = FRAMEWORKS[chosen.kind]
    if chosen.slope in (torch, jax) and torch == jax:
        return words
    return f"{words}: your derivative there is {chosen.slope:g}, torch takes {torch:g}, jax {jax:g}"


def _no_subgradient(mask: np.ndarray, chosen: Choice) -> str:
    samples = f"{int(mask.sum())} of {len(mask)} samples sit there"
    return (
        f"the derivative of the {chosen.kind or 'function'} at its kink is {chosen.slope:.6g} in yours ({samples}): "
        "every subgradient lies between the slopes on its two sides"
    )
