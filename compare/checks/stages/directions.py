"""Random directions: they look at every entry at once, at the cost of a few losses.

They judge, array by array, where no exact witness is there and the problem is too large to be differenced entry by
entry: along u of random signs a wrong entry counts in full, wherever it is. They are also evidence next to the
witnesses: the Taylor rate, and the dot-product test <J u, 1> = <u, J^T 1> by a framework's forward mode.
"""

from dataclasses import dataclass, replace

import numpy as np

from ...judge.verdicts import Verdict
from ...witnesses import Witness, complex_step, numerical
from ...witnesses.directional import direction, inner, taylor_rate
from ...witnesses.rounding.units import THRESHOLD
from ..check import GradientCheck

TRIED = 3
CHEAP = 200_000  # entries; beyond it these cost more than they say


def along(check: GradientCheck) -> GradientCheck:
    """Add to `about`: how much was differenced, and what a random direction shows.

    directions: {"taylor_rate": 2 right, 1 wrong, None: hidden by rounding, "dot_product": {witness: ...}}
    """
    differenced = next((w for w in check.witnesses if w.error is not None), None)
    check = check.telling(numerical=differenced and _how(differenced), directions={})
    return check.telling(directions=_evidence(check)) if "numerical" in check.wanted else check


def _how(witness: Witness) -> dict:
    """Return {"how": "complex step", "entries": 120, "of": 23860}."""
    errors = (witness.error or {}).values()
    entries = sum(int(np.isfinite(e).sum()) for e in errors)
    return {"how": witness.how, "entries": entries, "of": sum(e.size for e in errors)}


def _evidence(check: GradientCheck) -> dict:
    subject, arrays, seed = check.subject, check.answer.arrays, check.seed
    whole = all(
        n in arrays and np.shape(arrays[n]) == a.shape and np.isfinite(arrays[n]).all()
        for n, a in subject.flat.items()
    )
    found: dict = {}
    if sum(a.size for a in subject.flat.values()) > CHEAP or not whole:
        return found
    u = direction(subject.flat, seed)
    if subject.function and subject.has_loss and subject.dtype == np.float64:
        with np.errstate(all="ignore"):
            found["taylor_rate"] = taylor_rate(subject.loss, subject.flat, arrays, seed)
    mine = inner(arrays, u)
    size = sum(np.abs(np.asarray(arrays[n], np.float64) * u[n]).sum() for n in u)
    for w in check.witnesses:
        if not check.forward or w.forward is None:
            continue
        try:
            pushed = float(w.forward(u))
        except Exception:  # not every operation has a forward mode
            continue
        said = {"Ju": pushed, "uJT": mine, "relative": abs(pushed - mine) / max(size, 1e-300)}
        found.setdefault("dot_product", {})[w.name] = said
    return found


def unsampled(check: GradientCheck) -> GradientCheck:
    """Judge by directions the entries between those of a sample, where differences of it are all there is.

    An array that passed its sample is `wrong` where a direction says otherwise, and the entry is looked for by
    halves. Its sensitivity becomes the direction's: any single entry off by more would have been seen.
    """
    sampled = next((w for w in check.witnesses if w.name == "numerical"), None)
    if sampled is None or sampled.error is None or check.exact:
        return check
    parts = {n for n, e in sampled.error.items() if 0 < np.isfinite(e).sum() < e.size}
    parts &= check.subject.flat.keys()  # a delta is no parameter to move
    return check.but(
        verdicts=[
            _by_directions(v, check, sampled)
            if v.name in parts and v.status in ("agree", "inconclusive")
            else v
            for v in check.verdicts
        ]
    )


def _by_directions(verdict: Verdict, check: GradientCheck, sampled: Witness) -> Verdict:
    name, rng = verdict.name, np.random.default_rng([check.seed, 4])
    derivatives, error = _Derivatives(name, check, sampled), (sampled.error or {})[name]
    rooms = []
    for _ in range(TRIED):
        u = rng.choice([-1.0, 1.0], error.shape)
        seen = derivatives(u)
        rooms.append(seen.room)
        if not np.isfinite(seen.room):
            index = [int(i) for i in np.argwhere(~np.isfinite(error))[0]]
            reason = f"entry {index} could not be differenced: the loss is not finite, or too rough, near it"
            return replace(verdict, status="inconclusive", reason=reason, sensitivity=None)
        if not seen.agree:
            return _wrong(verdict, derivatives, u, seen)
    known = sampled.arrays[name][np.isfinite(error)]
    typical = float(np.sqrt(np.mean(known**2)))
    return replace(verdict, sensitivity=max(rooms) / typical if typical > 0 else None)


@dataclass(frozen=True)
class _Seen:
    """The derivative along a direction: the candidate's, the loss's, and the rounding their difference may have."""

    mine: float
    right: float
    room: float

    @property
    def agree(self) -> bool:
        return abs(self.mine - self.right) <= self.room


class _Derivatives:
    """The derivatives along directions of one array."""

    def __init__(self, name: str, check: GradientCheck, sampled: Witness) -> None:
        self.name, self.subject, self.seed = name, check.subject, check.seed
        self.mine, self.unit = np.asarray(check.answer.arrays[name], np.float64), sampled.unit(name)
        self.flat = {n: a.astype(np.float64) for n, a in self.subject.flat.items()}
        self.analytic = sampled.how == "complex step"
        self.jitter = 0.0
        if not self.analytic:
            self.jitter = numerical.loss_jitter(self.subject.loss, self.flat, sampled.loss, self.seed)

    def __call__(self, u: np.ndarray) -> _Seen:
        found = None
        if self.analytic:
            found = complex_step.along(self.subject.complex_loss, self.flat, self.name, u, self.seed)
        if found is None:
            found = numerical.derivative_along(self.subject.loss, self.flat, self.name, u, self.jitter)
        value, error = found
        # The signs of u are random, whatever the roundings have in common.
        own = float(np.linalg.norm(self.unit * u))
        return _Seen(float((self.mine * u).sum()), value, THRESHOLD * float(np.hypot(error, own)))


def _wrong(verdict: Verdict, derivatives: _Derivatives, u: np.ndarray, seen: _Seen) -> Verdict:
    """Look for the wrong entry: take the half of the entries whose direction is off, and halve it again."""
    entries = np.arange(u.size)
    while len(entries) > 1:
        half = entries[: len(entries) // 2]
        part = np.zeros(u.size)
        part[half] = u.ravel()[half]
        entries = entries[len(half) :] if derivatives(part.reshape(u.shape)).agree else half
    index = tuple(int(i) for i in np.unravel_index(entries[0], u.shape))
    one = np.zeros(u.shape)
    one[index] = 1
    entry = derivatives(one)
    return replace(
        verdict,
        status="wrong",
        reason=f"along a random direction it gives {seen.mine:.10g}, the loss {seen.right:.10g}; "
        f"{verdict.name}{list(index)} is off, an entry found by halves",
        worst_index=index,
        values=verdict.values | {"hand": entry.mine, "numerical": entry.right},
    )
