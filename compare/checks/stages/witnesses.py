"""The witnesses: who is asked for the gradient, and how far each can be trusted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import manual

from ... import networks
from ...common.arrays import equal
from ...common.errors import UserError
from ...judge.comparison import worst_index
from ...networks.passes import LossOfMLP
from ...witnesses import Arrays, Witness, numerical
from ...witnesses.reference import Reference, draws_for, present
from ...witnesses.rounding.units import THRESHOLD, combined, units
from ..check import GradientCheck
from ..kinks import off_kinks
from . import traced
from .network import is_manual

# Relative: a loss that is another's to 1e-9 at a few points may have a gradient that is as near as this.
RECOGNISED = 1e-7
OF_THE_LOSS = ("adjoint", "numerical")  # witnesses that are made of the user's own loss
MUCH = 1e-3  # of the largest entry: so much rounding is looked at twice
ROUNDED = 1e-13  # relative: losses that are nearer differ by their rounding
Loss = Callable[[Arrays], float]


def own_rounding(check: GradientCheck) -> GradientCheck:
    """Measure the rounding units of the candidate's own code, as far as it can be perturbed."""
    subject, many = check.subject, check.many
    # Of a large network of `manual` they are those of the reference.
    if not subject.function or (many and is_manual(check) and _usable(check)):
        return check
    draws = subject.noisy_arrays(draws_for(subject.flat), check.seed, many)

    def measured(name: str, array: np.ndarray) -> bool:
        found = [d.get(name) for d in draws]
        return array.dtype.kind == "f" and all(
            f is not None and np.shape(f) == array.shape and np.isfinite(f).all() for f in found
        )

    arrays = check.answer.arrays | check.answer.deltas if draws else {}
    centres = {n: a for n, a in arrays.items() if measured(n, a)}
    own = units(draws, centres, check.coarsest, many)
    if any((u > MUCH * np.abs(centres[n]).max(initial=0.0)).any() for n, u in own.items()):
        still = subject.noisy_arrays(1, check.seed, many, still=True)
        if not still or not all(equal(still[0].get(n), a) for n, a in centres.items()):
            own = {}  # arrays of another class change what the code does: masked ones, say
    unseen = _unseen(check)
    for n, u in unseen.items():
        eps = float(np.finfo(check.coarsest).eps)
        own[n] = np.maximum(own.get(n, eps * np.abs(check.answer.arrays[n]).max(initial=0.0)), u)
    spread = {n: u if n not in own else combined([own[n], u]) for n, u in check.own.items()}  # of two calls
    return check.but(own=own | spread)


def _unseen(check: GradientCheck) -> Arrays:
    """Return how far a call in float64 is, where no record shows how the user's code rounds; none where it cannot.

    What moves array by array is stripped by a first line np.asarray(params), and never seen by a compiled library.
    """
    if check.traced is not None or check.coarsest == np.float64:
        return {}
    try:
        wide = check.subject.wide().arrays()
    except Exception:  # code that takes its own types alone
        return {}
    mine = check.answer.arrays
    alike = {n: a for n, a in wide.items() if n in mine and np.shape(a) == np.shape(mine[n])}
    if any(np.asarray(a).dtype != np.float64 for a in alike.values()):
        return {}
    return {n: np.abs(np.asarray(mine[n], np.float64) - a) for n, a in alike.items()}


def _usable(check: GradientCheck) -> bool:
    """Return whether the reference can be a witness: it has the user's loss, or there is none."""
    return check.reference is not None and (check.reference.loss_agrees or check.answer.loss is None)


def from_network(check: GradientCheck) -> GradientCheck:
    """Ask the reference: torch and jax where the network was named, and the rules of `manual`."""
    if not _usable(check):
        return check
    reference, subject, many = check.reference, check.subject, check.many
    assert reference is not None
    flat, dtype = subject.flat, check.coarsest
    # Where no function can be called without them, samples on a kink are kept out of the noise alone.
    quiet = reference if subject.function else off_kinks(reference, flat, dtype)
    names, absences = present([w for w in ("torch", "jax") if w in check.wanted and reference.given])
    # Measured once where it is the same: on the user's own code, for large arrays.
    answered = check.answer.arrays.keys() | check.answer.deltas.keys()
    known = many and check.own.keys() >= answered
    rules: Witness | None = reference.by_hand(flat, dtype, noise=not known)
    assert rules is not None
    rounding = rules.units if quiet is reference or known else quiet.by_hand(flat, dtype).units
    if known and not names:
        rounding = {n: np.array(check.own[n]) for n in rules.arrays.keys() & check.own.keys()}
    if is_manual(check):
        rules = None  # no witness for itself: freed before the others are asked
    found = [reference.by_framework(who, flat) for who in names]
    others = (reference.other_way(w.name, flat, w.loss) for w in found)
    found = [*found, *(w for w in others if w is not None)]
    if found:
        centre = found[0] if quiet is reference else quiet.by_framework(names[0], flat)
        graph = quiet.framework_units(names[0], flat, centre.arrays, dtype)
        rounding = _both(rounding, graph, many) if rounding else graph
    if rules is not None:
        found.append(rules)
        if reference.residual > ROUNDED:
            near = 10 * reference.residual
            rounding = {n: u + near * np.abs(rules.arrays[n]).max(initial=0) for n, u in rounding.items()}
    own = rounding if many and is_manual(check) else check.own
    rounding = with_own(own, rounding, many)
    judges = [replace(w, units=rounding) for w in found]
    if not many:
        judges = _with_lost_digits(check, quiet, judges, names)
    return check.but(own=own, witnesses=[*check.witnesses, *judges]).warned(absences)


def _with_lost_digits(
    check: GradientCheck, quiet: Reference, judges: list[Witness], names: list[str]
) -> list[Witness]:
    """Measure the units of a second framework too, where it alone differs from the candidate.

    One framework may lose digits that the other keeps: jax's s (1 - s) of a saturated sigmoid.
    """
    mine = check.answer.arrays | check.answer.deltas

    def differs(w: Witness) -> bool:
        alike = {n: a for n, a in w.arrays.items() if n in mine and np.shape(mine[n]) == a.shape}
        return any(not (np.abs(mine[n] - a) <= THRESHOLD * w.unit(n)).all() for n, a in alike.items())

    for who in names[1:]:
        own = {w.name for w in judges if w.name.split()[0] == who and differs(w)}
        if not own or any(differs(w) for w in judges if w.name.split()[0] != who):
            continue
        flat, dtype = check.subject.flat, check.coarsest
        graph = quiet.framework_units(who, flat, quiet.by_framework(who, flat).arrays, dtype)
        judges = [replace(w, units=_both(w.units, graph, False)) if w.name in own else w for w in judges]
    return judges


def _both(mine: Arrays, table: Arrays, many: bool) -> Arrays:
    """Return the units of the difference of two sides that round independently; in `table` itself if `many`."""
    if many:
        for name, size in table.items():
            size += mine[name]  # never below the root of the squares' sum, and ten times as fast
        return table
    return {n: combined([u, table[n]]) for n, u in mine.items()}


def with_own(own: Arrays, table: Arrays, many: bool) -> Arrays:
    """Return the units of `table`, with those of the candidate's own code in them."""
    if many and table is own:
        return own
    fitting = {n: u for n, u in table.items() if n in own and own[n].shape == u.shape}
    return table | _both({n: own[n] for n in fitting}, fitting, many)


def differences(check: GradientCheck) -> GradientCheck:
    """Difference the user's own loss. Raises UserError where there is no witness at all."""
    subject = check.subject
    if subject.function and subject.has_loss and ("numerical" in check.wanted or not check.witnesses):
        found: Witness | None = None
        if check.reference is None or not check.reference.given:
            check, found = traced.adjoint(check)
        asked = [] if found is None else [found]
        if found is None or check.about.get("contradicted"):
            measured = differenced(check, _own_loss(check), is_manual(check), check.progress)
            asked.append(replace(measured, units=check.own))
        check = check.but(witnesses=[*check.witnesses, *asked])
    if check.witnesses:
        return check
    why = "give a function that returns the loss, or network=..."
    if subject.function:
        why = "what the function returned holds no loss, one number before the gradients: return (loss, gradients)"
    raise UserError(f"nothing to compare these gradients with: {why}")


def _own_loss(check: GradientCheck) -> Loss:
    """Return the loss to difference: the user's or, where the candidate is a network of `manual`, that with deltas."""
    if not is_manual(check):
        return check.subject.loss
    assert check.reference is not None
    net, y = check.reference.net, check.reference.y
    x = networks.inputs(check.reference.x, np.float64)
    if type(net) is manual.MLP:
        return LossOfMLP(net, x, y)
    return lambda flat: net.loss(flat, x, y, lambda name, z: z + flat[name])


def differenced(check: GradientCheck, loss: Loss, deltas: bool = False, progress: Any = None) -> Witness:
    """Difference a loss at the parameters; deltas: at the deltas too."""
    subject, answer, seed, many = check.subject, check.answer, check.seed, check.many
    arrays, eps, own = dict(subject.flat), 0.0, loss == subject.loss
    if own and check.coarsest != np.float64:
        if numerical.keeps_digits(loss, arrays, seed):
            arrays = {n: a.astype(np.float64) for n, a in arrays.items()}
        else:
            eps = float(np.finfo(check.coarsest).eps)
    if deltas:
        arrays |= {n: np.zeros(a.shape) for n, a in answer.deltas.items()}
        arrays = {n: np.asarray(a, np.float64) for n, a in arrays.items()}
    must = []
    for w in check.exact[:1] if many else check.exact:
        for name, right in w.arrays.items():
            if many and name not in subject.flat:
                continue  # frameworks vouch for the deltas
            mine = np.asarray((answer.arrays | answer.deltas).get(name, np.nan))
            if name in arrays and mine.shape == right.shape and np.isfinite(mine).all():
                must.append((name, worst_index(mine, right, w.unit(name))))
    found = numerical.evidence(
        loss, arrays, must, seed, progress=progress, many=many, sampled=not (many and must), eps=eps
    )
    # Where no other witness is exact. The candidate's rounding must be known: only that may separate the two then.
    if own and not check.witnesses and check.own.keys() >= arrays.keys():
        return numerical.sharpened(found, subject.complex_loss, arrays, seed)
    return found


def not_recognised(check: GradientCheck) -> GradientCheck:
    """Withdraw a recognised network where differences of the user's own loss side with the candidate against it."""
    if not _contradicted(check):
        return check
    kept = [w for w in check.witnesses if w.name not in ("manual", *OF_THE_LOSS)]
    return differences(check.but(reference=None, description=None, witnesses=kept))


def _contradicted(check: GradientCheck) -> bool:
    """Return whether differences contradict the recognised network.

    Where z is small a tanh and an arctan have one loss to ten digits, and two gradients; and log(p + 1e-12) is no
    log(p), though differences cannot tell: a candidate nearer to the network than RECOGNISED is not judged by it.
    """
    by_name = {w.name: w for w in check.witnesses}
    own = next((w for w in check.witnesses if w.name in OF_THE_LOSS), None)
    if check.reference is None or check.reference.given or own is None or "manual" not in by_name:
        return False
    rules, measured = by_name["manual"], own
    doubtful = []
    for name, array in measured.arrays.items():
        error = None if measured.error is None else measured.error[name]
        mine = check.answer.arrays.get(name)
        if mine is None or np.shape(mine) != array.shape or name not in rules.arrays:
            continue
        right, other, unit = rules.arrays[name], measured.arrays[name], rules.unit(name)
        room = THRESHOLD * (unit if error is None else combined([unit, error]))
        backs_mine = np.abs(mine - other) <= room
        if ((np.abs(right - other) > room) & backs_mine).any():
            return True
        if not (np.abs(mine - right) <= THRESHOLD * unit).all():
            near = np.linalg.norm(mine - right) <= RECOGNISED * np.linalg.norm(right)
            known = ... if error is None else np.isfinite(error)
            doubtful.append(bool(near and backs_mine[known].all()))
    return bool(doubtful) and all(doubtful)
