"""Step by step from the same parameters: rounding cannot grow, and a mistake shows at its own step.

Before each step every contender is put on the hand-written run's parameters; its optimiser keeps its own state.
Then its loss, its gradients and its updated parameters are compared with the hand-written run's, in this order:
the first that differs says whether the batch (or the loss), the gradient or the update is wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..common.arrays import Arrays
from ..mistakes.planted.optimizers import OPTIMIZER_MISTAKES
from ..mistakes.ports.explained import explained
from ..mistakes.ports.updates import Moved
from ..mistakes.ports.updates import difference as rules_apart
from ..user.trio.trio import Trio
from .contenders import Contender, Problem
from .shadows import Shadow
from .sharing import shared_wrongly

# No single step of 300 correct runs was more than 5 times its shadows (docs/envelope.md); the rest is margin.
FACTOR = 20.0
MORE = 8
RULE_STEPS = 3
KINDS = ("loss", "gradient", "update")


@dataclass(frozen=True)
class Finding:
    """The first step at which contenders differ from the same parameters.

    kind: "batch", "loss", "gradient", "statistics" (of a batch norm) or "update".  contender: the wrong one, None
    where two contradict each other.  array: the name where it is largest, None for a loss.  difference: its norm,
    relative.
    one_of: ids of mistakes that give the very numbers.
    """

    step: int
    kind: str
    contender: str | None
    array: str | None
    difference: float
    one_of: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class Step:
    """The result of one step from given parameters: {"loss": ...}, the gradients, the parameters after it."""

    loss: Arrays
    gradient: Arrays
    update: Arrays


@dataclass(frozen=True)
class Off:
    """The first kind of value in which contenders differ from one, the array where they do most, and their names."""

    kind: str
    array: str
    names: tuple[str, ...]


def resynchronised(
    contenders: Sequence[Contender],
    shadows: Sequence[Shadow],
    suspects: Mapping[str, Any],
    steps: int,
    factor: float = FACTOR,
) -> Finding | None:
    """Return the first Finding of fresh contenders, the hand-written one first, or None.

    suspects: {id: a wrong optimiser of manual}, for naming an update.
    """
    hand = contenders[0]
    names = [c.who for c in contenders]
    first = names[0]
    states = {name: rule.init(hand.params) for name, rule in suspects.items()}
    moves: dict[str, list[Moved]] = {name: [] for name in names} if _own_rules(hand) else {}
    for step in range(steps):
        start, batch = hand.params, hand.problem.batch(step)
        seen = {c.who: _stepped(c, start, step) for c in contenders}
        for name, steps_of in moves.items():
            steps_of.append(_move(start, seen[name], hand.problem.net))
        before = [shadow.state for shadow in shadows]
        noise = [_shadowed(shadow, shadow.state, start, batch) for shadow in shadows]
        updates = {}
        for name, rule in suspects.items():
            updates[name], states[name] = rule.update(start, seen[first].gradient, states[name])
        bounds = _bounds(seen[first], noise, hand.problem, factor)
        off = _off(seen, first, names[1:], bounds)
        if off:
            # A sample on a kink, a sum that cancels, or any other place where rounding decides: more noise shows it.
            again = list(zip(shadows, before, strict=True)) * MORE
            noise += [_shadowed(shadow, state, start, batch) for shadow, state in again]
            bounds = _bounds(seen[first], noise, hand.problem, factor)
            off = _off(seen, first, names[1:], bounds)
        if off:
            found = _finding(step, off, seen, bounds, contenders, start, updates)
            if not moves or found.kind != "update":
                return found
            # One step of momentum is one of plain descent at another rate: a few more tell rules apart.
            for later in range(step + 1, min(step + 1 + RULE_STEPS, steps)):
                start = hand.params
                for c in contenders:
                    moves[c.who].append(_move(start, _stepped(c, start, later), hand.problem.net))
            return _with_rules(found, off, names, moves)
        if not all(np.isfinite(p).all() for p in hand.params.values()):
            return None
    return None


def _own_rules(contender: Contender) -> bool:
    """Return whether a version of a user's network has an update of its own: then the rule is unknown."""
    return isinstance(contender.problem.net, Trio) and bool(contender.problem.net.updates)


def _move(start: Arrays, seen: Step, net: Any) -> Moved:
    return Moved(start, {n: g for n, g in seen.gradient.items() if n not in net.carried}, seen.update)


def _with_rules(found: Finding, off: Off, names: Sequence[str], moves: Mapping[str, list[Moved]]) -> Finding:
    """Say by which rules the two versions move, where both are recognised."""
    suspect = found.contender or off.names[0]
    other = next(name for name in names if name != suspect and (found.contender or name == names[0]))
    said = rules_apart(moves[suspect], moves[other], suspect, other)
    return replace(found, sentence=f"{found.sentence} {said}.", one_of=("update-rule",)) if said else found


def _stepped(contender: Contender, start: Arrays, step: int) -> Step:
    contender.put(start)
    loss, grads = contender.gradients(step)
    contender.step(step)
    return Step({"loss": np.array(loss)}, grads, contender.params)


def _shadowed(shadow: Shadow, state: Any, start: Arrays, batch: tuple[np.ndarray, np.ndarray]) -> Step:
    """Take one noisy step from these parameters and this state of the optimiser."""
    shadow.params, shadow.state = start, state
    loss, grads = shadow.step(*batch)
    return Step({"loss": np.array(loss)}, grads, shadow.params)


def _bounds(right: Step, noise: Sequence[Step], problem: Problem, factor: float) -> Step:
    """Return how far a correct contender may be: `factor` times the shadows, at least roundings of its own."""
    eps = float(np.finfo(problem.dtype).eps)

    def bound(kind: str) -> Arrays:
        return {
            name: np.array(
                factor * max(eps * _norm(array), *(_norm(getattr(n, kind)[name] - array) for n in noise))
            )
            for name, array in getattr(right, kind).items()
        }

    return Step(*map(bound, KINDS))


def _off(seen: Mapping[str, Step], who: str, others: Sequence[str], bounds: Step) -> Off | None:
    """Return the first kind in which any of `others` differs from `who`, or None."""
    for kind in KINDS:
        worst: dict[str, float] = {}  # by array: the largest gap in units of its bound
        names = []
        for other in others:
            gaps = _gaps(getattr(seen[other], kind), getattr(seen[who], kind), getattr(bounds, kind))
            if gaps:
                names.append(other)
            for array, gap in gaps.items():
                worst[array] = max(worst.get(array, 0.0), gap)
        if names:
            return Off(kind, max(worst, key=lambda array: worst[array]), tuple(names))
    return None


def _gaps(there: Arrays, here: Arrays, bounds: Arrays) -> dict[str, float]:
    """Return by array the distances beyond the bounds, in units of them; inf for nan."""
    found = {}
    for name, bound in bounds.items():
        gap = _norm(there[name] - here[name])
        if not gap <= bound:
            found[name] = gap / float(bound) if bound and not np.isnan(gap) else np.inf
    return found


def _finding(
    step: int,
    off: Off,
    seen: Mapping[str, Step],
    bounds: Step,
    contenders: Sequence[Contender],
    start: Arrays,
    updates: Mapping[str, Arrays],
) -> Finding:
    who = _odd(seen, off, bounds, [c.who for c in contenders])
    first = contenders[0].who
    right = first if who != first else contenders[1].who
    suspect = who or off.names[0]
    there, here = (getattr(seen[name], off.kind)[off.array] for name in (suspect, right))
    sound = next(c for c in contenders if c.who == right)
    difference = float(_norm(there - here) / (_norm(here) or 1.0))
    kind, taken = off.kind, None
    one_of: tuple[str, ...] = ()
    if kind == "loss":
        taken = _batch_taken(sound, seen[suspect], start, bounds)
        kind = "loss" if taken is None else "batch"
    elif kind == "update":
        moved = seen[suspect].update
        one_of = tuple(name for name, wrong in updates.items() if not _gaps(wrong, moved, bounds.update))
    array = None if kind in ("loss", "batch") else off.array
    blamed = who or f"one of {first} and {off.names[0]}"
    sentence = _sentence(blamed, step, kind, array, taken, one_of)
    said = None
    net = sound.problem.net
    suspected = next(c for c in contenders if c.who == suspect)
    if kind in ("loss", "gradient") and hasattr(suspected, "workers"):
        judge = next(c for c in contenders if not hasattr(c, "workers"))
        batch = judge.problem.batch(step)
        shared = shared_wrongly(
            judge, suspected, start, *batch, lambda g: not _gaps(g, seen[suspect].gradient, bounds.gradient)
        )
        if shared is not None:
            one_of, sentence = shared[0], f"{sentence} It is as if {shared[1]}."
    elif isinstance(net, Trio):
        if kind == "gradient" and array in net.carried:
            kind = "statistics"
            sentence = f"Wrong statistics: at step {step} {blamed} carries {array} on as another array."
        if kind in ("loss", "gradient", "statistics"):
            others = [c.who for c in contenders if c.who != suspect and (who or c.who == right)]
            said = explained(net, start, *sound.problem.batch(step), suspect, others, kind == "statistics")
        if said is not None:
            one_of, sentence = said.ids, f"{sentence} {said.sentence}."
    return Finding(step, kind, who, array, difference, one_of, sentence)


def _odd(seen: Mapping[str, Step], off: Off, bounds: Step, names: Sequence[str]) -> str | None:
    """Return the wrong contender: the one that differs from the hand-written run, or that where all differ alike."""
    others = names[1:]
    if len(others) < 2:
        return None
    broken = [who for who in names if not np.isfinite(_norm(getattr(seen[who], off.kind)[off.array]))]
    if len(broken) == 1:
        return broken[0]
    if len(off.names) == 1:
        return off.names[0]
    alike = _off(seen, others[0], others[1:], bounds)
    return names[0] if alike is None or KINDS.index(alike.kind) > KINDS.index(off.kind) else None


def _batch_taken(judge: Contender, suspect: Step, start: Arrays, bounds: Step) -> int | None:
    """Return the step on whose batch a right contender gets the suspect's loss and gradients; or None."""
    judge.put(start)
    for step in range(judge.problem.steps):
        loss, grads = judge.gradients_on(*judge.problem.batch(step))
        if abs(loss - suspect.loss["loss"]) <= bounds.loss["loss"] and not _gaps(
            grads, suspect.gradient, bounds.gradient
        ):
            return step
    return None


def _sentence(
    who: str, step: int, kind: str, array: str | None, taken: int | None, one_of: Sequence[str]
) -> str:
    if kind == "batch":
        return f"Wrong batch order: at step {step} {who} trains on the batch of step {taken}."
    if kind == "loss":
        return (
            f"At step {step} {who} has another loss at the same parameters: another batch or another formula."
        )
    if kind == "gradient":
        return f"Wrong gradient: at step {step} {who}'s gradient of {array} differs, though the losses are equal."
    said = f"Wrong update: at step {step} {who} moves {array} elsewhere, though the gradients are equal."
    named = "; or: ".join(OPTIMIZER_MISTAKES[name].sentence for name in one_of)
    return f"{said} It is as if {named}." if named else said


def _norm(array: Any) -> float:
    return float(np.linalg.norm(np.asarray(array, dtype=np.float64)))
