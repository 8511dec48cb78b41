"""Step by step from the same parameters: rounding cannot grow, and what is wrong shows at its own step.

Before each step every contender is put on the hand's parameters; its optimiser keeps its own memory. Then
its loss, its gradients and its updated parameters are held against the hand's, in this order: the first that
differs says whether the batch (or the loss), the gradient or the update is wrong.
"""

from dataclasses import dataclass

import numpy as np

from .shadows import Shadow

# No single step of 300 correct runs was more than 5 times its shadows (docs/envelope.md); the rest is margin.
FACTOR = 20.0
SHADOWS, MORE = 4, 8
KINDS = ("loss", "gradient", "update")


@dataclass(frozen=True)
class Finding:
    """The first step at which contenders differ from the same parameters.

    kind: "batch", "loss", "gradient" or "update".  contender: who is off, None where two stand against each other.
    array: the name where it is largest, None for a loss.  difference: its norm, relative.
    one_of: ids of mistakes that give the very numbers.
    """

    step: int
    kind: str
    contender: str | None
    array: str | None
    difference: float
    one_of: tuple
    sentence: str


def resynchronised(contenders, shadows, suspects, steps, factor=FACTOR):
    """The first Finding of fresh contenders, the first of which is the hand, or None.

    shadows: Shadow instances.  suspects: {id: a wrong optimiser of manual}, for naming an update.
    """
    hand, *others = contenders
    remembered = {name: rule.init(hand.params) for name, rule in suspects.items()}
    for step in range(steps):
        start = hand.params
        seen = {}
        for c in contenders:
            c.put(start)
            loss, grads = c.gradients(step)
            c.step(step)
            seen[c.who] = {"loss": {"loss": np.array(loss)}, "gradient": grads, "update": c.params}
        batch = hand.problem.batch(step)
        before = [shadow.state for shadow in shadows]
        noise = [_shadowed(shadow, shadow.state, start, batch) for shadow in shadows]
        wrong_updates = {}
        for name, rule in suspects.items():
            wrong_updates[name], remembered[name] = rule.update(
                start, seen["hand"]["gradient"], remembered[name]
            )
        bounds = _bounds(seen["hand"], noise, hand.problem, factor)
        off = _off(seen, "hand", [c.who for c in others], bounds)
        if off:
            # A sample on a kink, a sum that cancels, or any other place where rounding decides: more noise shows it.
            again = list(zip(shadows, before, strict=True)) * MORE
            noise += [_shadowed(shadow, state, start, batch) for shadow, state in again]
            bounds = _bounds(seen["hand"], noise, hand.problem, factor)
            off = _off(seen, "hand", [c.who for c in others], bounds)
        if off:
            return _finding(step, off, seen, bounds, contenders, start, wrong_updates)
        if not all(np.isfinite(p).all() for p in hand.params.values()):
            return None
    return None


def _shadowed(shadow, state, start, batch):
    """One noisy step from these parameters and this memory of the optimiser."""
    shadow.params, shadow.state = start, state
    loss, grads = shadow.step(*batch)
    return {"loss": {"loss": np.array(loss)}, "gradient": grads, "update": shadow.params}


def _bounds(right, noise, problem, factor):
    """{kind: {array: how far a correct contender may be}}: factor times the shadows, at least roundings of its own."""
    eps = float(np.finfo(problem.dtype).eps)
    return {
        kind: {
            name: factor * max(eps * _norm(array), *(_norm(n[kind][name] - array) for n in noise))
            for name, array in right[kind].items()
        }
        for kind in KINDS
    }


def _off(seen, who, others, bounds):
    """(kind, array, those of `others` that are off against `who`) of the first kind where any is, or None."""
    for kind in KINDS:
        over = {}
        for other in others:
            for name, bound in bounds[kind].items():
                gap = _norm(seen[other][kind][name] - seen[who][kind][name])
                if not gap <= bound:
                    over.setdefault(other, {})[name] = gap / bound if bound else np.inf
        if over:
            worst = max((name for gaps in over.values() for name in gaps), key=lambda n: _worst(over, n))
            return kind, worst, tuple(over)
    return None


def _worst(over, name):
    ratios = [gaps.get(name, 0.0) for gaps in over.values()]
    return max(np.inf if np.isnan(r) else r for r in ratios)


def _finding(step, off, seen, bounds, contenders, start, wrong_updates):
    kind, array, apart = off
    who = _odd(seen, off, bounds, [c.who for c in contenders])
    right = "hand" if who != "hand" else next(c.who for c in contenders if c.who != "hand")
    suspect = who or apart[0]
    there, here = seen[suspect][kind][array], seen[right][kind][array]
    difference = float(_norm(there - here) / (_norm(here) or 1.0))
    one_of, taken = (), None
    if kind == "loss":
        taken = _batch_taken(contenders, suspect, right, start, seen, bounds)
        kind = "batch" if taken is not None else kind
    if kind == "update":
        one_of = tuple(
            name
            for name, wrong in wrong_updates.items()
            if all(_norm(wrong[n] - seen[suspect]["update"][n]) <= b for n, b in bounds["update"].items())
        )
    named = None if kind in ("loss", "batch") else array
    return Finding(
        step, kind, who, named, difference, one_of, _sentence(who, apart, step, kind, named, taken, one_of)
    )


def _odd(seen, off, bounds, names):
    """Who is off: the one that differs from the hand, or the hand where the others differ from it alike."""
    kind, array, apart = off
    others = names[1:]
    if len(others) < 2:
        return None
    broken = [who for who in names if not np.isfinite(_norm(seen[who][kind][array]))]
    if len(broken) == 1:
        return broken[0]
    if len(apart) == 1:
        return apart[0]
    alike = _off(seen, others[0], others[1:], bounds)
    return "hand" if alike is None or KINDS.index(alike[0]) > KINDS.index(kind) else None


def _batch_taken(contenders, suspect, right, start, seen, bounds):
    """The step whose batch `suspect` trained on, found by a right contender: same loss, same gradients; or None."""
    judge = next(c for c in contenders if c.who == right)
    theirs = seen[suspect]
    judge.put(start)
    for step in range(judge.problem.steps):
        loss, grads = judge.gradients_on(*judge.problem.batch(step))
        if abs(loss - theirs["loss"]["loss"]) <= bounds["loss"]["loss"] and all(
            _norm(grads[n] - theirs["gradient"][n]) <= b for n, b in bounds["gradient"].items()
        ):
            return step
    return None


def _sentence(who, apart, step, kind, array, taken, one_of):
    from ..mistakes.planted.optimizers import OPTIMIZER_MISTAKES

    who = who or f"one of hand and {apart[0]}"
    if kind == "batch":
        return f"Wrong batch order: at step {step} {who} trains on the batch of step {taken}."
    if kind == "loss":
        return (
            f"At step {step} {who} has another loss at the same parameters: another batch or another formula."
        )
    if kind == "gradient":
        return f"Wrong gradient: at step {step} {who}'s gradient of {array} differs, though the losses are equal."
    named = "; or: ".join(OPTIMIZER_MISTAKES[name].sentence for name in one_of)
    said = f"Wrong update: at step {step} {who} moves {array} elsewhere, though the gradients are equal."
    return f"{said} It is as if {named}." if named else said


def _norm(array):
    return float(np.linalg.norm(np.asarray(array, dtype=np.float64)))


def fresh_shadows(net, optimizer, problem, seed):
    """The shadows of a re-synchronised run."""
    return [Shadow(net, optimizer, problem, 1000 * (seed + 1) + k, size=2.0) for k in range(SHADOWS)]
