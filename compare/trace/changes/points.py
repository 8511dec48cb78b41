"""Points at which a change is tried: parameters and a batch, and the right derivatives of the user's loss there."""

import contextlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...common.arrays import Arrays
from ...user.matching import match
from ..derivatives.run import CLOSE, Recordable, record
from .limit import LIMIT, OverTimeError

FEWEST = 2  # samples: of so few none is left out
NEARER = (1.0, 0.1, 0.01)  # of how far another point is
ZERO = 1e-3  # of what is near, in units of the whole gradient: an array below it is a zero but for rounding


@dataclass
class Point:
    """Parameters and a batch, and the loss and its right derivatives there.

    close: how near to its derivative an array is right, relative in norm.
    """

    subject: Recordable
    flat: Arrays
    right: Arrays
    loss: float
    close: float = CLOSE
    unedited: frozenset[str] | None = None

    def without(self) -> frozenset[str]:
        """Return the arrays that the user's code gets right here without an edit; no edit is in place."""
        if self.unedited is None:
            self.unedited = self.right_arrays()
        return self.unedited

    def gradients(self) -> Arrays | None:
        """Return what the user's code, as it is now, gives here; None where it raises or gives another loss."""
        try:
            with LIMIT.call():
                outcome = self.subject.call(self.flat)
            arrays = match(outcome.grads, self.subject.flat)[0]
        except (Exception, OverTimeError):  # the edit made nonsense
            return None
        return arrays if _is(outcome.loss, np.asarray(self.loss), self.close) else None

    def right_of(self, arrays: Arrays | None) -> frozenset[str]:
        """Return which of these arrays are right."""
        if arrays is None:
            return frozenset()  # another loss has another gradient
        floor = _floor(self.right, self.close)
        return frozenset(n for n, right in self.right.items() if _is(arrays.get(n), right, self.close, floor))

    def right_arrays(self) -> frozenset[str]:
        """Return the arrays that the user's code, as it is now, gets right here; empty where it raises."""
        return self.right_of(self.gradients())


def wrong_arrays(subject: Recordable, truth: Arrays, close: float = CLOSE) -> frozenset[str]:
    """Return the arrays that the user's code, as it is now, gets wrong."""
    outcome = subject.call(subject.flat)
    arrays = match(outcome.grads, subject.flat)[0]
    floor = _floor(truth, close)
    return frozenset(n for n, right in truth.items() if not _is(arrays.get(n), right, close, floor))


def _floor(right: Arrays, close: float) -> float:
    return ZERO * close * float(np.sqrt(sum(float((a * a).sum()) for a in right.values())))


def _is(mine: Any, right: np.ndarray, close: float, floor: float = 1e-300) -> bool:
    if mine is None or np.shape(mine) != right.shape:
        return False
    mine = np.asarray(mine, np.float64)
    norm = float(np.linalg.norm(right))
    return bool(np.linalg.norm(mine - right) <= close * norm + floor)


def another(subject: Recordable, rng: np.random.Generator, fewer: bool = False) -> Point | None:
    """Return a point near the subject's own, or None where its code raises or gives no finite derivatives.

    Where it does so far away only, which a logarithm or a root may, the point is nearer.  fewer: without the last
    sample, so that a number that happens to be the batch size is not taken for it.
    """
    for near in NEARER:
        flat = {
            n: np.asarray(
                a * (1 + 0.3 * near * rng.standard_normal(a.shape))
                + 0.05 * near * rng.standard_normal(a.shape)
            )
            for n, a in subject.flat.items()
        }
        x, y = _shaken(subject.x, rng, near), subject.y
        for given in _with_fewer(x, y) if fewer else [(x, y)]:
            point = _point(subject.on_batch(*given), flat)
            if point is not None:
                return point
    return None


def _point(subject: Recordable, flat: Arrays) -> Point | None:
    try:
        run = record(subject, flat)
        right = run.derivatives()
    except Exception:
        return None
    finite = all(np.isfinite(a).all() for a in right.values())
    return Point(subject, flat, right, run.outcome.loss or 0.0, run.close) if finite else None


def _with_fewer(x: Any, y: Any) -> Iterator[tuple[Any, Any]]:
    """Yield inputs and targets without their last sample, along each axis that may be theirs.

    There may be several of either, also as an array of two, (2, N, D), and no targets; samples may be columns.
    """
    several = [given if isinstance(given, tuple) else (given,) for given in (x, y)]
    listed = [each for given in several for each in given if each is not None]
    if not listed or not all(isinstance(e, list) or (isinstance(e, np.ndarray) and e.ndim) for e in listed):
        return
    if len({len(each) for each in listed}) == 1 and len(listed[0]) > FEWEST:
        yield _without_last(x), _without_last(y)
    if not isinstance(x, np.ndarray) or not (y is None or isinstance(y, np.ndarray)):
        return
    if y is None:
        if x.ndim > 1 and len(x) <= FEWEST < x.shape[1]:
            yield x[:, :-1], None
        return
    if len(y) > FEWEST and len(y) in x.shape[1:]:
        yield np.delete(x, -1, axis=x.shape.index(len(y), 1)), y[:-1]
    if min(x.ndim, y.ndim) > 1 and x.shape[-1] == y.shape[-1] > FEWEST:
        yield x[..., :-1], y[..., :-1]


def _without_last(given: Any) -> Any:
    if isinstance(given, tuple):
        return tuple(_without_last(each) for each in given)
    return None if given is None else given[:-1]


def _shaken(x: Any, rng: np.random.Generator, near: float) -> Any:
    if isinstance(x, tuple):
        return tuple(_shaken(each, rng, near) for each in x)
    floats = isinstance(x, np.ndarray) and x.dtype.kind == "f"
    return np.asarray(x * (1 + 0.1 * near * rng.standard_normal(x.shape))) if floats else x


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what the user's code prints, and NumPy's warnings, away from the terminal."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
