"""The user's function recorded, and the derivative of its own loss by the record: a witness on NumPy alone."""

from dataclasses import replace

import numpy as np

from ...common.arrays import Arrays
from ...trace.derivatives.kinks import kinks
from ...trace.derivatives.replay import noisy_derivatives
from ...trace.derivatives.run import NotFollowedError, Recordable, leaks, record
from ...trace.derivatives.slices import Origins
from ...trace.rules import NoRuleError
from ...trace.rules.differenced import ERROR
from ...witnesses import Witness, numerical
from ...witnesses.directional import inner
from ...witnesses.numerical import MOVED
from ...witnesses.reference import draws_for
from ...witnesses.rounding.units import THRESHOLD, combined, units
from ..check import C, Check, GradientCheck, Traced
from .network import is_manual

DIRECTIONS = 2  # tried, where the first cannot tell
TELLING = 1e-6  # of a derivative: differences with a smaller error tell whether the record is right
SETTLED = 0.1  # of a derivative: differences with a larger error say nothing of it
MANY_OPERATIONS = 3_000  # more of them are replayed less often
FEW = 3


def recorded(check: GradientCheck) -> GradientCheck:
    """Record a run of the user's function, where it returns its loss; the reason stays in `about` where it cannot."""
    subject = check.subject
    if not subject.function or not subject.has_loss or is_manual(check) or "numerical" not in check.wanted:
        return check
    flat: Arrays = subject.flat
    if check.coarsest != np.float64 and numerical.keeps_digits(subject.loss, flat, check.seed):
        flat = {n: a.astype(np.float64) for n, a in flat.items()}
        try:
            return following(check, subject, flat, subject.call(flat).loss)
        except Exception as error:  # a library that does not mix types
            return check.telling(not_followed=f"it raises {type(error).__name__} on parameters in float64")
    return following(check, subject, flat, check.answer.loss)


def following(check: C, subject: Recordable, flat: Arrays, mine: float | None) -> C:
    """Record a run of the subject at `flat`, where its loss is `mine`, and the derivatives of that."""
    try:
        run = record(subject, flat)
        back = run.back(edges=True)
        found = run.derivatives(back)
    except NotFollowedError as error:
        return check.telling(not_followed=str(error))
    except Exception as error:  # the user's code does not run on recorded arrays
        return check.telling(not_followed=f"it raises {type(error).__name__} on recorded arrays")
    if mine is not None and not abs((run.outcome.loss or 0.0) - mine) <= 1e3 * np.finfo(
        check.coarsest
    ).eps * abs(mine):
        return check.telling(not_followed="on recorded arrays it returns another loss")
    if not all(np.isfinite(a).all() for a in found.values()):
        return check.telling(not_followed="its derivative is not finite")
    return check.but(traced=Traced(run, back, Origins(run.tape), flat, subject))


def followed_at(check: C, subject: Recordable, flat: Arrays) -> Witness | None:
    """Return the derivative of the subject's loss at `flat` by a record of its own; None where there is none."""
    wide = {n: a.astype(np.float64) for n, a in flat.items()}
    there, found = adjoint(following(check, subject, wide, subject.call(wide).loss))
    return None if there.about.get("contradicted") else found


def adjoint(check: C) -> tuple[C, Witness | None]:
    """Return the derivative of the loss by its record; None without one, or where differences contradict it."""
    traced = check.traced
    if traced is None:
        return check, None
    run, many = traced.run, check.many
    found = run.derivatives(traced.back)
    draws = draws_for(check.subject.flat)
    if len(run.tape.operations) > MANY_OPERATIONS:
        draws = min(draws, FEW)
    try:
        drawn, losses = noisy_derivatives(run, traced.origins, draws, check.seed, many)
    except NoRuleError as error:  # its rounding is unknown, and so is how far to trust it
        return check.telling(not_followed=f"no rule is known for the derivative of {error}"), None
    assert run.outcome.loss is not None
    jitter = max([abs(value - run.outcome.loss) for value in losses], default=0.0)
    jitter = max(jitter, float(np.finfo(np.float64).eps) * abs(run.outcome.loss))
    own = units(drawn, found, np.float64, many)
    if any(operation.differenced for operation in run.tape.operations):
        own = {n: u + ERROR * np.abs(found[n]).max(initial=0.0) for n, u in own.items()}
    contradiction = _contradicted(check, found, own, jitter)
    if contradiction:
        check, trusted = _explained(check, contradiction)
        if not trusted:
            return check, None
    fitting = {n: u for n, u in check.own.items() if n in own and u.shape == own[n].shape}
    table = own | {n: combined([own[n], u]) for n, u in fitting.items()}
    how = "operation by operation"
    return check, Witness("adjoint", run.outcome.loss, found, how=how, units=table)


def _explained(check: C, contradiction: str) -> tuple[C, bool]:
    """Say why differences contradict the record; return whether it stays a witness beside them.

    On a kink either is right, and where a value left the record differences take over. For no such reason neither is
    trusted: both stay, and an array on which they disagree is inconclusive.
    """
    traced = check.traced
    assert traced is not None
    if kinks(traced.run, traced.back):
        on_it = replace(traced, kinked=True)
        return check.but(traced=on_it).telling(not_followed="the parameters sit on a kink of the loss"), False
    lost = leaks(traced.subject, traced.run) or [what for what, _ in traced.run.tape.lost]
    if lost:
        said = f"Differences are used in place of the record of your function: {lost[0]}"
        return check.but(traced=None).warned([said]).telling(not_followed=lost[0]), False
    return check.warned([contradiction]).telling(contradicted=True), True


def _cast(arrays: Arrays, like: Arrays) -> Arrays:
    return {n: a.astype(like[n].dtype, copy=False) for n, a in arrays.items()}


def _root_mean_square(a: np.ndarray) -> float:
    return float(np.linalg.norm(a)) / max(a.size, 1) ** 0.5


def _contradicted(check: Check, found: Arrays, unit: Arrays, jitter: float) -> str | None:
    """Compare the derivative along random directions with differences of the user's loss.

    Each array has the same share of the derivative along a direction, so that no array hides behind another. One
    direction is enough where it tells: the chance that a wrong derivative agrees along it is about 1e-6.
    """
    traced = check.traced
    assert traced is not None
    flat = {n: a.astype(np.float64, copy=False) for n, a in traced.flat.items()}
    rng = np.random.default_rng([check.seed, 7])
    told = False
    for _ in range(1 if check.many else DIRECTIONS):
        u = {
            n: np.resize(rng.standard_normal(min(a.size, MOVED)), a.shape) * max(_root_mean_square(a), 0.1)
            for n, a in flat.items()
        }
        shares = {n: float((found[n] * u[n]).sum()) for n in u}
        least = min([abs(s) for s in shares.values() if s], default=0.0)
        for name, share in shares.items():
            if share:  # of one sign: a factor that all have in common would cancel
                u[name] *= np.copysign(max(least / abs(share), 1e-3), share)
        mine = inner(found, u)
        room = THRESHOLD * float(np.sqrt(sum(float(((unit[n] * u[n]) ** 2).sum()) for n in u)))

        def at(offset: float, u: Arrays = u) -> tuple[float, float]:
            moved = {}
            for n, v in u.items():
                moved[n] = offset * v
                moved[n] += flat[n]  # in place: of millions of numbers every copy counts
            return float(check.subject.loss(_cast(moved, traced.flat))), offset

        fine = all(a.dtype == np.float64 for a in traced.flat.values())
        size = sum(map(abs, shares.values()))
        assert traced.run.outcome.loss is not None
        # A loss that the record says is steep is left almost as it is by the first step, if rounding allows that.
        change = max(1e-2 * abs(traced.run.outcome.loss), 4e6 * jitter)
        # A loss of exactly 0 (every sample dropped) asks for no step of its own.
        scale = min(1.0, change / (numerical.STEPS[0] * max(abs(mine), 1e-300))) if change > 0 else 1.0
        if fine and jitter > 0 and (enough := (TELLING * size - room) / 10) > 0:
            # Short steps, as far as rounding lets them tell: the shorter, the fewer kinks are within.
            value, error = numerical.halved(
                at, min(numerical.STEPS[0] * scale, 20 * jitter / enough), jitter, enough
            )
            if error <= enough and abs(mine - value) <= room + 10 * error:
                return None
        value, error = numerical.extrapolated(at, scale, jitter, fine, False)
        least_seen = 1e-9 * min(size, abs(mine) + abs(value))
        if not error <= max(SETTLED * abs(value), 1e-3 * size):
            continue  # the loss bends too much within the steps: differences tell nothing
        if np.isfinite(value) and not abs(mine - value) <= room + 10 * error + least_seen:
            return (
                "The record of your function does not give its loss: along a random direction it has the derivative "
                f"{mine:.10g}, differences give {value:.10g}"
            )
        told = told or room + 10 * error <= SETTLED * size
    lost = [] if told else traced.run.tape.lost
    return (
        f"The record of your function is not whole, and differences do not tell: {lost[0][0]}"
        if lost
        else None
    )
