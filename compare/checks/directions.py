"""What random directions say of a gradient: they look at every entry at once, at the cost of a few losses.

As a judge, array by array, where no exact witness is there and the problem is too large to be differenced entry by
entry: along u of random signs a wrong entry counts in full, wherever it is. As evidence beside the witnesses: the
Taylor rate, and the dot-product test <J u, 1> = <u, J^T 1> by a framework's forward mode.
"""

from dataclasses import replace

import numpy as np

from ..witnesses import complex_step, numerical
from ..witnesses.directional import direction, inner, taylor_rate
from ..witnesses.rounding.units import THRESHOLD

TRIED = 3
CHEAP = 200_000  # entries; beyond it these cost more than they say


def evidence(subject, answer, witnesses, seed=0, forward=True):
    """{"taylor_rate": 2 right, 1 wrong, None: not to be seen, "dot_product": {witness: {"Ju", "uJT", "relative"}}}

    forward: whether the frameworks' forward modes are asked.
    """
    found = {}
    if sum(a.size for a in subject.flat.values()) > CHEAP or not _whole(subject, answer):
        return found
    u = direction(subject.flat, seed)
    if subject.function and subject.has_loss and subject.dtype == np.float64:
        with np.errstate(all="ignore"):
            found["taylor_rate"] = taylor_rate(subject.loss, subject.flat, answer.arrays, seed)
    along = inner(answer.arrays, u)
    size = sum(np.abs(np.asarray(answer.arrays[n], np.float64) * u[n]).sum() for n in u)
    for w in witnesses:
        if not forward or w.forward is None:
            continue
        try:
            pushed = float(w.forward(u))
        except Exception:  # forward mode is not there for every operation
            continue
        said = {"Ju": pushed, "uJT": along, "relative": abs(pushed - along) / max(size, 1e-300)}
        found.setdefault("dot_product", {})[w.name] = said
    return found


def judged(verdicts, subject, answer, witnesses, units, seed=0):
    """The verdicts where differences of a sample are all there is: entries between them are judged by directions.

    An array that passed its sample is `wrong` where a direction says otherwise, and the entry is looked for by
    halves. Its sensitivity becomes the direction's: any single entry off by more would have been seen.
    """
    sampled = next((w for w in witnesses if w.error is not None and w.name == "numerical"), None)
    if sampled is None or any(w.error is None for w in witnesses):
        return verdicts
    return [
        _judged(v, subject, answer, sampled, units, seed)
        if v.name in subject.flat  # a delta is no parameter to move
        and v.status in ("agree", "inconclusive")
        and not np.isfinite(sampled.error[v.name]).all()
        and np.isfinite(sampled.error[v.name]).any()
        else v
        for v in verdicts
    ]


def _judged(verdict, subject, answer, sampled, units, seed):
    name, rng = verdict.name, np.random.default_rng([seed, 4])
    check = _Along(name, subject, answer, sampled, units, seed)
    shape, rooms = subject.flat[name].shape, []
    for _ in range(TRIED):
        u = rng.choice([-1.0, 1.0], shape)
        mine, theirs, room = check(u)
        rooms.append(room)
        if not np.isfinite(room):
            return replace(
                verdict, status="inconclusive", reason=_unseen(verdict.name, sampled), sensitivity=None
            )
        if not abs(mine - theirs) <= room:
            return _wrong(verdict, check, u, mine, theirs)
    known = sampled.arrays[name][np.isfinite(sampled.error[name])]
    typical = float(np.sqrt(np.mean(known**2)))
    return replace(verdict, sensitivity=max(rooms) / typical if typical > 0 else None)


def _unseen(name, sampled):
    index = [int(i) for i in np.argwhere(~np.isfinite(sampled.error[name]))[0]]
    return f"entry {index} could not be differenced: the loss is not finite, or too rough, beside it"


def _wrong(verdict, check, u, mine, theirs):
    """Where: the half of the entries whose direction is off, halved again."""
    entries = np.arange(u.size)
    while len(entries) > 1:
        half = entries[: len(entries) // 2]
        part = np.zeros(u.size)
        part[half] = u.ravel()[half]
        a, b, room = check(part.reshape(u.shape))
        entries = half if not abs(a - b) <= room else entries[len(half) :]
    index = tuple(int(i) for i in np.unravel_index(entries[0], u.shape))
    one = np.zeros(u.shape)
    one[index] = 1
    hand, right, _ = check(one)
    return replace(
        verdict,
        status="wrong",
        reason=f"along a random direction it gives {mine:.10g}, the loss {theirs:.10g}; "
        f"{verdict.name}{list(index)} is off, an entry found by halves",
        worst_index=index,
        values=verdict.values | {"hand": hand, "numerical": right},
    )


class _Along:
    """(the hand's derivative along u, the loss's, what rounding may make of the difference)"""

    def __init__(self, name, subject, answer, sampled, units, seed):
        self.name, self.subject, self.seed = name, subject, seed
        self.mine, self.unit = np.asarray(answer.arrays[name], np.float64), units[name]
        self.flat = {n: a.astype(np.float64) for n, a in subject.flat.items()}
        self.analytic = sampled.how == "complex step"
        self.jitter = (
            0.0 if self.analytic else numerical.loss_jitter(subject.loss, self.flat, sampled.loss, seed)
        )

    def __call__(self, u):
        found = None
        if self.analytic:
            found = complex_step.along(self.subject.complex_loss, self.flat, self.name, u, self.seed)
        if found is None:
            found = numerical.derivative_along(self.subject.loss, self.flat, self.name, u, self.jitter)
        value, error = found
        # The signs of u are random, whatever the roundings have in common.
        own = float(np.linalg.norm(self.unit * u))
        return float((self.mine * u).sum()), value, THRESHOLD * float(np.hypot(error, own))


def _whole(subject, answer):
    return all(
        n in answer.arrays and np.shape(answer.arrays[n]) == a.shape and np.isfinite(answer.arrays[n]).all()
        for n, a in subject.flat.items()
    )
