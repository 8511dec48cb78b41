"""Stages of check_step for an optimiser: its update rule, judged over a few steps of the user's own training.

Each step starts from the parameters the user's update left; the right rule, and each classical mistake of it, gets
the right gradient there and keeps its own memory. So a step is judged by itself, and an earlier mistake is not
counted twice.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...judge.report import Finding, LossVerdict
from ...judge.verdicts import Verdict, marked
from ...mistakes.planted.optimizers import OPTIMIZER_MISTAKES, lines, suspects
from ...witnesses import Arrays
from ...witnesses.rounding.units import THRESHOLD, unit
from .constants import identified, variant_of
from .steps import StepCheck, Walk, difference, gradient_at, in_place

STEPS = 5
DRAWS = 8


def rule_of(optimizer: Any) -> Any:
    """Return the hand-written optimiser: of `manual.optimizers`, or built from the catalogue's. Raises UserError."""
    rule = optimizer.build("hand") if hasattr(optimizer, "build") else optimizer
    if not (hasattr(rule, "init") and hasattr(rule, "update") and hasattr(rule, "slots")):
        raise UserError(
            f"optimizer is {type(optimizer).__name__}: one of manual.optimizers is needed, such as Adam(rate=0.01)"
        )
    return rule


def walked(check: StepCheck) -> StepCheck:
    """Make STEPS steps in a row, each from the parameters after the last one; the first step is the answer."""
    subject, after = check.subject, check.answer.arrays
    difference(subject, after)
    pairs, at = [(subject.flat, after)], after
    for _ in range(STEPS - 1):
        flat = {n: a.astype(subject.flat[n].dtype) for n, a in at.items()}
        at = subject.arrays(flat)
        for name, a in at.items():
            if not np.isfinite(a).all():
                raise UserError(f"after some steps the new {name} holds nan or inf: try a smaller rate")
        pairs.append((flat, at))
    loss = LossVerdict("unknown", "a step is judged, not its loss", check.answer.loss)
    return in_place(check).but(walk=[Walk(before, after, {}, {}) for before, after in pairs], loss=loss)


def rule_judged(check: StepCheck) -> StepCheck:
    """Compare the steps with the rule and, where they differ, with its classical mistakes."""
    if check.reference is None and not check.subject.has_loss:
        raise UserError(
            "nothing to compare this step with: let update return (params, loss), or give network=..."
        )
    rule, dtype = check.optimizer, check.subject.dtype
    walk = [_with_gradient(check, w) for w in check.walk]
    verdicts = _compared(walk, rule, dtype)
    check = check.but(verdicts=verdicts).telling(rate=None if callable(rule.rate) else rule.rate)
    if check.ok:
        return check

    def passes(other: Any) -> bool:
        return all(v.passes for v in _compared(walk, other, dtype))

    published = variant_of(rule, walk, passes)
    if published is not None:
        right = marked(verdicts, set(check.subject.flat), "agree", "within rounding of a published form")
        return check.but(verdicts=right).warned([published.rstrip(".")])
    settings = {name: getattr(rule, name) for name in rule.__dataclass_fields__}
    l2 = check.reference.net.l2 if check.reference is not None else 0.0
    fitting = [id for id, wrong in suspects(type(rule).__name__, settings, l2).items() if passes(wrong)]
    if not fitting:
        first = next(v for v in verdicts if not v.passes)
        what = f"The update is not {type(rule).__name__}'s: {first.reason}."
        more = identified(rule, walk, passes)
        more = more or "No mistake of the catalogue gives these steps: is check_gradients content?"
        return check.but(diagnosis=f"{what} {more}")
    wrong, belongs = lines(OPTIMIZER_MISTAKES[fitting[0]])
    sentence = f"Likely line: {wrong}. Make it: {belongs}. Why: {OPTIMIZER_MISTAKES[fitting[0]].sentence}."
    # All mistakes that give these very steps: another rate, or more steps, would tell them apart.
    separating = "a rate that changes, or more steps" if len(fitting) > 1 else None
    finding = Finding(verdicts[0].name, "update", tuple(fitting), True, sentence, separating)
    return check.but(findings=[finding], diagnosis=sentence)


def _with_gradient(check: StepCheck, walk: Walk) -> Walk:
    witness = gradient_at(check, walk.before)
    if witness.error is not None and not all(np.isfinite(e).all() for e in witness.error.values()):
        raise UserError("too many parameters to difference for an optimizer's steps: give network=...")
    return replace(walk, grads=witness.arrays, rooms={n: witness.room(n) for n in witness.arrays})


def _compared(walk: list[Walk], rule: Any, dtype: np.dtype) -> list[Verdict]:
    """Return one Verdict for each array: that of its worst step."""
    state = rule.init(_wide(walk[0].before))
    found: dict[str, Verdict] = {}
    for t, step in enumerate(walk, start=1):
        at, state_before = _wide(step.before), state
        with np.errstate(all="ignore"):
            draws = [
                _moved(rule, at, step, state_before, dtype, np.random.default_rng([t, d]))
                for d in range(DRAWS)
            ]
            expected, state = rule.update(at, step.grads, state_before)
        for name, mine in step.after.items():
            room = unit([d[name] for d in draws], expected[name], dtype)
            ratio = np.abs(np.asarray(mine, np.float64) - expected[name])
            ratio = ratio / (room + np.finfo(dtype).eps * np.abs(at[name]))
            index = tuple(int(i) for i in np.unravel_index(np.argmax(ratio), ratio.shape))
            worst = found[name].ratio if name in found else None
            if worst is None or not ratio[index] <= worst:
                found[name] = _verdict(name, t, index, float(ratio[index]), mine, expected[name], at[name])
    return list(found.values())


def _moved(
    rule: Any, at: Arrays, step: Walk, state: Any, dtype: np.dtype, rng: np.random.Generator
) -> Arrays:
    """Make one update with everything rounded anew at the size `dtype` has."""
    eps = np.finfo(dtype).eps

    def shaken(array: np.ndarray, size: np.ndarray) -> np.ndarray:
        return array + rng.choice([-1.0, 1.0], np.shape(array)) * size

    grads = {n: shaken(g, step.rooms[n] + eps * np.abs(g)) for n, g in step.grads.items()}
    state = {
        slot: kept if slot == "t" else {n: shaken(a, 2 * eps * np.abs(a)) for n, a in kept.items()}
        for slot, kept in state.items()
    }
    new, _ = rule.update({n: shaken(a, eps * np.abs(a)) for n, a in at.items()}, grads, state)
    return new


def _verdict(
    name: str,
    t: int,
    index: tuple[int, ...],
    ratio: float,
    mine: np.ndarray,
    expected: np.ndarray,
    before: np.ndarray,
) -> Verdict:
    step, right = mine[index] - before[index], expected[index] - before[index]
    passes = ratio <= THRESHOLD
    where = f"{name}{list(index)} moves by {step:.8g} in step {t}, {right:.8g} is right"
    return Verdict(
        name,
        "agree" if passes else "wrong",
        "within rounding" if passes else where,
        ratio=ratio,
        worst_index=index,
        values={"hand": float(step), "manual": float(right)},
    )


def _wide(flat: Arrays) -> Arrays:
    return {n: np.asarray(a, np.float64) for n, a in flat.items()}
