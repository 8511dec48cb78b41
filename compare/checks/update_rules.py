"""An optimiser's update rule, judged over a few steps of a person's own training.

Each step starts from the parameters the person's update left; the right rule, and each classical mistake of it, is
fed with the right gradient there and keeps its own memory. So a step is judged by itself, and what an earlier one
got wrong is not counted twice.
"""

import numpy as np

from ..common.errors import UserError
from ..judge.report import Finding
from ..judge.verdicts import Verdict
from ..mistakes.planted.optimizers import OPTIMIZER_MISTAKES, lines, suspects
from ..user.matching import match
from ..witnesses.rounding.units import THRESHOLD, unit

STEPS = 5
DRAWS = 8


def rule_of(optimizer):
    """The hand-written optimiser: of `manual.optimizers`, or built from one of the catalogue. Raises UserError."""
    rule = optimizer.build("hand") if hasattr(optimizer, "build") else optimizer
    if not (hasattr(rule, "init") and hasattr(rule, "update") and hasattr(rule, "slots")):
        raise UserError(
            f"optimizer is {type(optimizer).__name__}: one of manual.optimizers is needed, such as Adam(rate=0.01)"
        )
    return rule


def walked(subject, first):
    """[(parameters, parameters after the person's step), ...]: STEPS in a row, each from where the last one ended.

    first: the parameters after one call that has been made already, with whatever memory that left.
    """
    steps, at = [(subject.flat, first)], first
    for _ in range(STEPS - 1):
        flat = {n: a.astype(subject.flat[n].dtype) for n, a in at.items()}
        new, _ = match(subject.call(flat).grads, subject.flat)
        for name, a in new.items():
            if not np.isfinite(a).all():
                raise UserError(f"after some steps the new {name} holds nan or inf: a smaller rate?")
        steps.append((flat, new))
        at = new
    return steps


def judged(steps, rule, gradients, dtype, l2=0.0):
    """([Verdict, ...], [Finding, ...], sentence): the person's steps beside `rule`, then beside its mistakes.

    gradients: flat -> ({name: right gradient}, {name: its rounding unit}).
    """
    right = [gradients(flat) for flat, _ in steps]
    verdicts = _beside(steps, right, rule, dtype)
    if all(v.passes for v in verdicts):
        return verdicts, [], None
    settings = {name: getattr(rule, name) for name in rule.__dataclass_fields__}
    fitting = [
        id
        for id, wrong in suspects(type(rule).__name__, settings, l2).items()
        if all(v.passes for v in _beside(steps, right, wrong, dtype))
    ]
    if not fitting:
        first = next(v for v in verdicts if not v.passes)
        what = f"The update is not {type(rule).__name__}'s: {first.reason}."
        return (
            verdicts,
            [],
            f"{what} No mistake of the catalogue gives these steps: is check_gradients content?",
        )
    wrong, belongs = lines(OPTIMIZER_MISTAKES[fitting[0]])
    said = OPTIMIZER_MISTAKES[fitting[0]].sentence
    sentence = f"Likely line: {wrong}. Make it: {belongs}. Why: {said}."
    # All mistakes that give these very steps: another rate, or more steps, would tell them apart.
    separating = "a rate that changes, or more steps" if len(fitting) > 1 else None
    return (
        verdicts,
        [Finding(verdicts[0].name, "update", tuple(fitting), True, sentence, separating)],
        sentence,
    )


def _beside(steps, right, rule, dtype):
    """One Verdict for each array: the worst of the steps."""
    state = rule.init(_wide(steps[0][0]))
    found = {}
    for t, ((flat, new), (grads, units)) in enumerate(zip(steps, right, strict=True), start=1):
        at = _wide(flat)
        with np.errstate(all="ignore"):
            draws = [
                _moved(rule, at, grads, units, state, dtype, np.random.default_rng([t, d]))
                for d in range(DRAWS)
            ]
            expected, state = rule.update(at, grads, state)
        for name, mine in new.items():
            room = unit([d[name] for d in draws], expected[name], dtype) + np.finfo(dtype).eps * np.abs(
                at[name]
            )
            ratio = np.abs(np.asarray(mine, np.float64) - expected[name]) / room
            index = tuple(int(i) for i in np.unravel_index(np.argmax(ratio), ratio.shape))
            worst = float(ratio[index])
            if name not in found or not worst <= found[name].ratio:
                found[name] = _verdict(name, t, index, worst, mine, expected[name], at[name])
    return list(found.values())


def _moved(rule, at, grads, units, state, dtype, rng):
    """One update with everything rounded anew at the size `dtype` has."""
    eps = np.finfo(dtype).eps

    def shaken(array, size):
        return array + rng.choice([-1.0, 1.0], np.shape(array)) * size

    grads = {n: shaken(g, units[n] + eps * np.abs(g)) for n, g in grads.items()}
    state = {
        slot: kept if slot == "t" else {n: shaken(a, 2 * eps * np.abs(a)) for n, a in kept.items()}
        for slot, kept in state.items()
    }
    new, _ = rule.update({n: shaken(a, eps * np.abs(a)) for n, a in at.items()}, grads, state)
    return new


def _verdict(name, t, index, ratio, mine, expected, before):
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


def _wide(flat):
    return {n: np.asarray(a, np.float64) for n, a in flat.items()}
