"""The referee: whether the formulas are right is decided with as many digits as it takes, apart from rounding."""

import time
from dataclasses import replace
from typing import Any

import numpy as np

from ...judge.verdicts import Verdict, judge, marked
from ...trace.derivatives.run import NotFollowedError, Run, leaks, record
from ...trace.derivatives.slices import Origins
from ...trace.exact.balls import available
from ...trace.exact.digits import COUNTS, Loss, lost, where_lost
from ...trace.exact.referee import (
    APART,
    SAME,
    Ruling,
    Rulings,
    TooMuchWorkError,
    rounding,
    ruled,
    without_guards,
)
from ...trace.exact.terms import NotCoveredError
from ...witnesses import Witness
from ..check import Check, GradientCheck

SECONDS = 0.2  # of every check
DISPUTED = 1.5  # where an array is not right, or not known
NEGLIGIBLE = 4.0  # eps of an entry: formulas that differ by less differ as floats may
# eps: what a check is sure to catch. A few constants' own rounding is allowed for, see trace.exact.referee.OWN.
CAUGHT = 32.0
NOTHING = 1e-30  # of the largest entry: an array of such entries is 0, and no error is a share of it
UNSEEN = 100.0  # eps of an entry: what a constant in a logarithm may change unseen
LITTLE = 1e-10  # of the largest entry: rounding elsewhere leaves as much in an array that is nearly 0
MANY = 10.0  # roundings of one order of the operations in another one
VAGUE = 1e-2  # of an array: more rounding than that hides what its error is
FAR = 1e3  # units of the float witness: the two derivations then contradict one another
DIGITS, LISTED = 40, 10_000  # of an enclosure, and entries, in a certificate
JUDGED = ("agree", "wrong", "inconclusive", "kink", "dtype")


def refereed(check: GradientCheck) -> GradientCheck:
    """Decide by the formulas whether each array is the gradient of the user's own loss."""
    traced, started = check.traced, time.perf_counter()
    if not available():
        return _uncertified(check, "python-flint is not installed: pip install python-flint")
    if traced is None:
        reason = check.about.get("not_followed", "only a NumPy function that returns its loss is followed")
        return _uncertified(check, reason)
    rulings = _asked(check, traced.run)
    if isinstance(rulings, str):
        return _uncertified(check.telling(not_refereed=rulings), rulings)
    check = _told(check, rulings)
    if check.certify and check.rulings is not None:
        return check.telling(certificate=_certificate(rulings, time.perf_counter() - started))
    return check


def _uncertified(check: GradientCheck, why: str) -> GradientCheck:
    """Say why nothing is proved, where that was asked for."""
    return check.warned([f"Not certified: {why}"]) if check.certify else check


def _certificate(rulings: Rulings, seconds: float) -> dict[str, Any]:
    """Return the enclosures of the derivative by each array, entry by entry, as far as they fit."""
    arrays = {}
    for name, ruling in rulings.arrays.items():
        index, entries = tuple(int(i) for i in np.unravel_index(0, ruling.right.shape)), ruling.enclosures
        if ruling.apart.any():
            index = tuple(int(i) for i in np.unravel_index(ruling.off.argmax(), ruling.right.shape))
        arrays[name] = {
            "status": ruling.status,
            "entries": int(entries.size),
            "index": list(index),
            "enclosure": entries[index].str(DIGITS),
            "enclosures": [b.str(DIGITS) for b in entries.ravel()] if entries.size <= LISTED else None,
        }
    return {"bits": rulings.bits, "seconds": seconds, "arrays": arrays}


def _asked(check: GradientCheck, run: Run) -> Rulings | str:
    """Return the rulings on a run, or why there are none."""
    if run.tape.lost:
        what, _ = run.tape.lost[0]
        return what
    flat, judged = check.subject.flat, check.answer.arrays.keys()
    gradients = {
        n: v
        for n, v in run.gradients.items()
        if n in judged and n in flat and np.shape(v.array) == flat[n].shape
    }
    if not gradients:
        return "the gradients were not made by recorded operations"
    disputed = bool(check.having("wrong", "inconclusive", "kink"))
    assert check.traced is not None
    try:
        return ruled(
            run,
            check.traced.origins,
            gradients,
            np.inf if check.certify else DISPUTED if disputed else SECONDS,
        )
    except NotCoveredError as error:
        return f"no formula is known for {error}"
    except TooMuchWorkError:
        return "the run is too large"


def _told(check: GradientCheck, rulings: Rulings) -> GradientCheck:
    """Set the verdicts that the rulings decide."""
    against = _contradicted(check, rulings)
    if against:
        why = f"its derivative by {against} is not that of the record"
        return _uncertified(check.telling(not_refereed=why), why)
    own = not check.reference or not check.reference.given
    own = own and check.torch_loss is None and check.jax_loss is None and check.numpy_loss is None
    verdicts, few, caught, vague = [], list[Loss](), list[str](), list[str]()
    assert check.traced is not None
    flushed = float(np.finfo(check.traced.run.coarsest).tiny)
    largest = max(float(np.abs(r.right).max(initial=0.0)) for r in rulings.arrays.values())
    for verdict in check.verdicts:
        ruling = rulings.arrays.get(verdict.name)
        if ruling is None or verdict.status not in JUDGED or ruling.right.shape != verdict.shape:
            verdicts.append(verdict)
            continue
        mine = np.asarray(check.answer.arrays[verdict.name])
        if mine.dtype.kind != "f":  # zeros may be whole numbers
            mine = mine.astype(np.float64)
        eps = float(np.finfo(mine.dtype).eps)
        if ruling.status == APART and _counts(ruling, eps):
            if verdict.status in ("agree", "inconclusive", "kink", "dtype"):
                caught.append(verdict.name)
            elif not (verdict.noise or 0.0) <= VAGUE:  # wrong in floats too, which tell little of how
                vague.append(verdict.name)
            verdicts.append(replace(verdict, proved=True))
        elif ruling.status in (SAME, APART) and own:  # apart by less than counts
            # On a kink either side is right, and the verdict says so.
            smallest = max(CAUGHT * eps, _share(ruling))
            # A derivative that no float can hold is 0 to every float: no error is a share of it.
            least = max(NOTHING * largest, flushed)
            counts = float(np.abs(ruling.right).max(initial=0.0)) > least and smallest < 1.0
            proved = replace(verdict, proved=ruling.status == SAME, sensitivity=smallest if counts else None)
            if verdict.status in ("wrong", "inconclusive"):
                proved = _excused(proved, ruling)
            doubted = verdict.status in ("wrong", "inconclusive")
            kept = lost(verdict.name, mine, ruling, doubted, check.coarsest, flushed)
            few += [kept] if kept is not None else []
            verdicts.append(proved)
        else:
            verdicts.append(verdict)
    lines = _lines(check, [each.name for each in few]) if few else {}
    check = check.but(verdicts=verdicts, rulings=rulings).warned(
        [_said(each, lines.get(each.name, "")) for each in few]
    )
    if not caught and not vague:
        return check
    assert check.traced is not None
    # A number that left the record unseen would be taken for a constant of the formula.
    unseen = leaks(check.traced.subject, check.traced.run)
    if unseen:
        return check.telling(not_refereed=unseen[0]) if caught else check
    guarded = _guarded(check, rulings) if caught else None
    return _caught(check, rulings, [*caught, *vague]) if guarded is None else guarded


def _guarded(check: GradientCheck, rulings: Rulings) -> GradientCheck | None:
    """Let a constant in a logarithm pass with a note, where it is all that differs, and little; else return None."""
    assert check.traced is not None
    run = check.traced.run
    gradients = {n: run.gradients[n] for n in rulings.arrays}
    try:
        right, constants = without_guards(run, check.traced.origins, gradients)
    except (NotCoveredError, TooMuchWorkError):
        return None
    off = {n for n, r in rulings.arrays.items() if r.status != SAME}
    share = max(_apart(rulings.arrays[n]) for n in off)
    if not right.issuperset(off) or share > UNSEEN * np.finfo(check.coarsest).eps:
        return None
    said = (
        f"Your loss takes log(p + {constants[-1]:g}), your gradient is that of log(p): they differ by up to "
        f"{share:.1e} of an entry"
    )
    mended = off & {v.name for v in check.having("wrong", "inconclusive")}
    verdicts = marked(check.verdicts, mended, "agree", "right but for the constant in the logarithm")
    return check.but(verdicts=[replace(v, proved=v.proved and v.name not in off) for v in verdicts]).warned(
        [said]
    )


def _apart(ruling: Ruling) -> float:
    size = np.maximum(np.abs(ruling.right), np.abs(ruling.formula))[ruling.apart]
    return float((ruling.off[ruling.apart] / size).max(initial=0.0))


def _share(ruling: Ruling) -> float:
    """Return how far an entry of some size may be off, relative to it: by constants' rounding, between two sides."""
    size = np.abs(ruling.right)
    counts = size > COUNTS * size.max(initial=0.0)
    room = np.zeros(size.shape) if ruling.room is None else ruling.room
    if ruling.other is not None:
        room = np.maximum(room, np.abs(ruling.other - ruling.right))
    return float((room[counts] / size[counts]).max(initial=0.0))


def _excused(verdict: Verdict, ruling: Ruling) -> Verdict:
    """Return the verdict on an array whose formula is right, or one of those that are right on a kink."""
    index = verdict.worst_index
    if ruling.other is None or index is None or ruling.right[index] == ruling.other[index]:
        return replace(verdict, status="agree", reason="the formula is right: proved")
    sides = f"{ruling.right[index]:.6g} from one side, {ruling.other[index]:.6g} from the other"
    return replace(verdict, status="kink", reason=f"on a kink: {sides}")


def _counts(ruling: Ruling, eps: float) -> bool:
    """Return whether formulas differ by more than floats may."""
    size = np.maximum(np.abs(ruling.right), np.abs(ruling.formula))
    return bool((ruling.off[ruling.apart] > NEGLIGIBLE * eps * size[ruling.apart]).any())


def _contradicted(check: Check, rulings: Rulings) -> str | None:
    """Return the array whose derivative by the cells is not that of the record, which has rules of its own."""
    assert check.traced is not None
    recorded = next((w for w in check.witnesses if w.name == "adjoint"), None)
    if recorded is None or rulings.undecided:
        return None
    largest = max(float(np.abs(r.right).max(initial=0.0)) for r in rulings.arrays.values())
    run, origins = check.traced.run, check.traced.origins
    flushed = float(np.sqrt(np.finfo(run.coarsest).tiny))  # the square of such a value is 0 in floats
    for name, ruling in rulings.arrays.items():
        theirs = recorded.arrays[name].reshape(ruling.right.shape)
        unit = np.nan_to_num(recorded.unit(name), nan=0.0).reshape(theirs.shape)  # of overflow
        room = FAR * unit + 1e-3 * np.abs(theirs).max(initial=0.0) + LITTLE * largest + flushed
        off = np.abs(ruling.right - theirs)
        if not (off <= room).all():  # terms that cancel in floats have a unit of 0 too
            room = room + MANY * rounding(run, origins, {name: run.gradients[name]})[name]
        if not (off <= room).all():
            return name
    return None


def _caught(check: GradientCheck, rulings: Rulings, names: list[str]) -> GradientCheck:
    """Judge the arrays again whose formulas are wrong by less than floats show: formula against derivative."""
    mine = {n: rulings.arrays[n].formula for n in names}
    right = {n: rulings.arrays[n].nearest for n in names}
    eps = float(np.finfo(np.float64).eps)
    units = {n: eps * np.maximum(np.abs(a), np.finfo(np.float64).tiny) for n, a in right.items()}
    witness = Witness("adjoint", float(rulings.loss.mid()), right, how="in ball arithmetic", units=units)
    again = {v.name: v for v in judge(mine, [witness], {n: a.shape for n, a in right.items()}, np.float64)}
    verdicts = [_replaced(v, again, check.answer.arrays) for v in check.verdicts]
    others = [w for w in check.witnesses if w.name != "adjoint"]
    kept = {w.name: w for w in check.witnesses}.get("adjoint")
    if kept is not None:
        witness = replace(
            witness, arrays={**kept.arrays, **right}, units={**kept.units, **units}, loss=kept.loss
        )
    answer = replace(check.answer, arrays=check.answer.arrays | mine)
    return check.but(verdicts=verdicts, witnesses=[*others, witness], answer=answer)


def _replaced(verdict: Verdict, again: dict[str, Verdict], arrays: Any) -> Verdict:
    """Return the new verdict on an array, with the entry as the user's floats have it."""
    new = again.get(verdict.name)
    if new is None or new.status != "wrong":
        return verdict
    values = new.values | {"hand": float(np.asarray(arrays[verdict.name])[new.worst_index])}
    reason = "the formula is not that of the derivative: proved"
    return replace(new, values=values, reason=reason, proved=True)


def _lines(check: GradientCheck, names: list[str]) -> dict[str, str]:
    """Return the line at which each array loses its digits, of those for which there is one."""
    assert check.traced is not None
    run, origins = check.traced.run, check.traced.origins
    try:
        if any(check.traced.flat[n].dtype != a.dtype for n, a in check.subject.flat.items()):
            run = record(check.subject)  # in the types in which the user's code lost them
            origins = Origins(run.tape)
        return where_lost(run, origins, {n: run.gradients[n] for n in names if n in run.gradients})
    except (NotFollowedError, NotCoveredError):
        return {}


def _said(loss: Loss, line: str) -> str:
    """Say how many digits an array keeps, and where they go."""
    where = f": they go in {line}" if line else ""
    return (
        f"The formula of {loss.name} is right; in {loss.dtype}, {loss.name}{loss.index} keeps {loss.digits} digits"
        f"{where}"
    )
