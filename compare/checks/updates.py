"""What an update function gives: the steps it makes from one place, and how well a gradient is read from them."""

from dataclasses import dataclass

import numpy as np

from ..common.errors import UserError
from ..mistakes.naming import Case
from ..user.matching import match
from ..user.returned import is_number
from ..witnesses.rounding.units import THRESHOLD


def returning(update):
    """`update`, for which None means the parameters it was given."""
    if not callable(update):
        raise UserError(f"update is {type(update).__name__}: a function (params, x, y) is needed")

    def run(params, *batch):
        result = update(params, *batch)
        if result is None:
            return params
        return (result, params) if is_number(result) else result

    run.__name__ = getattr(update, "__name__", "update")
    return run


def first_steps(subject):
    """([params - new of three calls from the same parameters], loss)"""
    first = subject.answer()
    news = [first.arrays]
    for _ in range(2):
        news.append(match(subject.call().grads, subject.flat)[0])
    whole_steps(subject, news[0])
    wide = [{n: np.asarray(a, np.float64) - new[n] for n, a in subject.flat.items()} for new in news]
    return wide, first.loss


def accumulates(calls, flat, dtype):
    """Whether the second of three calls gave twice what the first gave, the third three times: sums never zeroed.

    calls: [{name: array}, ...] of steps, or of gradients.  flat: the parameters a step was subtracted from.
    """
    eps = np.finfo(dtype).eps
    return all(
        (np.abs(call[n] - k * first) <= 20 * k * eps * (np.abs(flat[n]) + np.abs(first))).all()
        for k, call in enumerate(calls[1:3], start=2)
        for n, first in calls[0].items()
        if n in call
    ) and any(np.any(a) for a in calls[0].values())


def whole_steps(subject, new):
    """Raise UserError where the new parameters are not those that went in."""
    for name, a in subject.flat.items():
        if name not in new:
            raise UserError(f"update returns no {name}; it returns {', '.join(new)}")
        if new[name].shape != a.shape:
            raise UserError(f"the new {name} has shape {new[name].shape}; {name} is {a.shape}")
        if not np.isfinite(new[name]).all():
            raise UserError(f"the new {name} holds nan or inf")


@dataclass(frozen=True)
class StepCase(Case):
    """A Case whose gradient was recovered from a step: what the subtraction lost is rounding too."""

    lost: dict | None = None

    def near(self, grads):
        loose = 1e-7 if self.dtype == np.float64 else 3e-3
        right = self.right
        return {
            n
            for n, mine in self.hand.items()
            if (
                np.abs(mine - grads[n])
                <= loose * np.abs([right[n], grads[n]]).max(initial=0) + THRESHOLD * self.lost[n]
            ).all()
        }

    def units(self, net, grads):
        return {n: u + self.lost.get(n, 0) for n, u in super().units(net, grads).items()}
