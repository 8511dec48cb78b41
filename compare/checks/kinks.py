"""Samples on a kink, where each framework takes some subgradient: find them, and the derivative the user took."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from manual.activations import ACTIVATIONS, LEAKY_SLOPE
from manual.criteria import CRITERIA

from ..judge.verdicts import Verdict
from ..user.subject import Subject
from ..witnesses import Arrays, Witness, numerical
from ..witnesses.reference import Reference
from ..witnesses.rounding.units import THRESHOLD

KINKED = tuple(name for name, f in ACTIVATIONS.items() if f.kinks)
# What torch and jax take at the kink; tests/compare/checks/test_conventions.py measures it.
FRAMEWORKS = {
    name: (r.kinks[0].torch, r.kinks[0].jax) for name, r in (ACTIVATIONS | CRITERIA).items() if r.kinks
}
ULPS = 4  # z summed in another order is this far from 0 where it is 0 on paper
LOOKED_AT = 50  # entries; each costs three values of the loss


def kinks(net: Any, x: np.ndarray, y: np.ndarray, params: Arrays, dtype: Any = np.float64) -> np.ndarray:
    """Return a mask (N,) of the samples on a kink, to the rounding of `dtype`: z = 0 at a relu, a hinge margin of 1.

    net, params: in the layout of `manual`. In networks other than the MLP no kinks are looked for.
    """
    x = np.asarray(x, np.float64)
    mask = np.zeros(len(x), bool)
    if not {net.criterion, *getattr(net, "activations", ())} & FRAMEWORKS.keys():
        return mask
    with np.errstate(all="ignore"):
        p = net.forward_pass(params, x)
        for l in range(1, net.depth + 1):
            if net.activations[l - 1] in KINKED:
                mask |= _at_zero(p, l, dtype).any(axis=1)
        if net.criterion == "hinge":
            mask |= _at_one(p.a[net.depth] * y, dtype).any(axis=1)
    return mask


def kinked(reference: Reference, flat: Arrays, dtype: Any = np.float64) -> np.ndarray:
    """Return the mask of the samples of a reference that sit on a kink at the user's parameters."""
    if not reference.layered:
        return np.zeros(len(reference.x), bool)
    return kinks(reference.net, reference.x, reference.y, reference.params(flat), dtype)


def _at_zero(p: Any, l: int, dtype: Any) -> np.ndarray:
    size, eps = np.abs(p.z[l]), ULPS * np.finfo(dtype).eps
    # By Cauchy and Schwarz |a| . |w| is at most the product of the norms: mostly enough, and no second matrix product.
    most = np.outer(*(np.sqrt(np.einsum("ij,ij->i", m, m)) for m in (p.a[l - 1], p.W[l]))) + np.abs(p.b[l])
    near = size <= 2 * eps * most
    if not near.any():
        return near
    return size <= eps * (np.abs(p.a[l - 1]) @ np.abs(p.W[l]).T + np.abs(p.b[l]))


def _at_one(margin: np.ndarray, dtype: Any) -> np.ndarray:
    return np.abs(margin - 1) <= ULPS * np.finfo(dtype).eps


def stand_ins(mask: np.ndarray) -> np.ndarray:
    """Return for each of the N places the sample taken: those off the kinks, repeated, so that N stays.

    With fewer samples a mistake with N in it could hide.
    """
    return np.resize(np.flatnonzero(~mask), len(mask))


def without(subject: Subject, reference: Reference, mask: np.ndarray) -> Subject:
    """Return the subject on its batch with stand-ins for the samples in `mask`."""
    keep, (of_x, of_y) = stand_ins(mask), sample_axes(subject, reference, mask)
    return subject.on_batch(np.take(subject.x, keep, of_x), np.take(subject.y, keep, of_y))


def sample_axes(subject: Subject, reference: Reference, mask: np.ndarray) -> tuple[int, int]:
    """Return the axes of the samples in x and in y."""
    y_axis = 1 if np.ndim(subject.y) == 2 and np.shape(subject.y)[0] != len(mask) else 0
    return 1 if reference.layout.columns else 0, y_axis


def off_kinks(reference: Reference, flat: Arrays, dtype: Any) -> Reference:
    """Return the reference without its samples on a kink, where rounding would jump; itself where none or all are."""
    mask = kinked(reference, flat, dtype)
    return reference.samples(stand_ins(mask)) if mask.any() and not mask.all() else reference


@dataclass(frozen=True)
class Choice:
    """The derivative that the candidate has at every kink.

    kind: the function that has the kink, if only one does.  names: the arrays that are right with this slope.
    """

    kind: str | None
    slope: float
    names: frozenset[str]

    @property
    def allowed(self) -> bool:
        """Return whether some subgradient is this slope: relu's and hinge's are from 0 to 1, a leaky relu's within."""
        return 0 <= self.slope <= 1


def choice(reference: Reference, flat: Arrays, dtype: np.dtype, arrays: Arrays) -> Choice | None:
    """Return the derivative at every kink with which most arrays are right, or None where no array is.

    Usual choices are tried first; where they do not explain all arrays, the slope that fits best, whatever it is.
    """
    net, best = reference.net, None
    kinds = {f for f in net.activations if f in KINKED} | {net.criterion} & {"hinge"}
    kind = kinds.pop() if len(kinds) == 1 else None

    def with_slope(slope: float) -> Arrays:
        return reference.gradients(flat, choosing(net, slope, dtype))

    def right(found: Arrays) -> frozenset[str]:
        return frozenset(n for n, a in found.items() if nearly(arrays.get(n), a, dtype))

    tried = {slope: with_slope(slope) for slope in (0.0, LEAKY_SLOPE, 0.5, (1 + LEAKY_SLOPE) / 2, 1.0)}
    for slope, found in tried.items():
        names = right(found)
        if names and (best is None or len(names) > len(best.names)):
            best = Choice(kind, slope, names)
    fitting = fitted(arrays, tried[0.0], tried[1.0])
    if fitting is None or (best is not None and len(best.names) == len(tried[0.0])):
        return best
    found = with_slope(fitting)
    names = right(found)
    return Choice(kind, fitting, names) if names == found.keys() else best


def fitted(arrays: Arrays, at_zero: Arrays, at_one: Arrays) -> float | None:
    """Return the slope s for which `arrays` come nearest to at_zero + s (at_one - at_zero), or None."""
    if any(n not in arrays or np.shape(arrays[n]) != np.shape(a) for n, a in at_zero.items()):
        return None
    along, off = (
        np.concatenate([np.ravel(a[n] - at_zero[n]) for n in at_zero]).astype(np.float64)
        for a in (at_one, arrays)
    )
    if not np.isfinite([along, off]).all() or not along.any():
        return None
    largest = np.abs(along).max()  # the squares of deltas behind saturated units underflow
    with np.errstate(over="ignore", invalid="ignore"):
        along, off = along / largest, off / largest
        slope = float(along @ off) / float(along @ along)
    return slope if np.isfinite(slope) else None


def choosing(net: Any, slope: float, dtype: Any = np.float64) -> Any:
    """Return `net` with the derivative `slope` at the kink of each relu, leaky relu and hinge."""

    class Chosen(type(net)):  # type: ignore[misc]
        def through_activation(self, l: int, da: np.ndarray, p: Any) -> np.ndarray:
            right = super().through_activation(l, da, p)
            if self.activations[l - 1] not in KINKED:
                return right
            return np.where(_at_zero(p, l, dtype), slope * da, right)

        def criterion_gradient(self, a: np.ndarray, y: np.ndarray) -> np.ndarray:
            right = super().criterion_gradient(a, y)
            if self.criterion != "hinge":
                return right
            return np.where(_at_one(y * a, dtype), -slope * y / a.size, right)

    return Chosen(**{name: getattr(net, name) for name in net.__dataclass_fields__})


def nearly(mine: np.ndarray | None, right: np.ndarray | None, dtype: Any) -> bool:
    """Return whether two arrays are equal to half their digits: a choice at a kink moves an array by far more."""
    if mine is None or right is None or np.shape(mine) != np.shape(right):
        return False
    largest = np.abs(right).max(initial=0)
    return bool((np.abs(mine - right) <= np.sqrt(np.finfo(dtype).eps) * largest).all())


@dataclass(frozen=True)
class Sides:
    """Derivatives of the loss from the left and the right by an entry on a kink; entries: how many are on one."""

    left: float
    right: float
    entries: int


def sides(
    loss: Callable[[Arrays], float],
    arrays: Arrays,
    mine: np.ndarray,
    verdict: Verdict,
    witnesses: list[Witness],
    jitter: Callable[[], float],
) -> Sides | None:
    """Return the sides at the worst entry where every entry that is off is a kink and `mine` lies between its sides.

    More than LOOKED_AT entries are no kink's work: return None.  arrays: the parameters in float64.  jitter: gives the
    noise of the loss at them, which costs dozens of values of it.
    """
    name = verdict.name
    mine, off = np.asarray(mine, np.float64), np.zeros(np.shape(mine), bool)
    for w in witnesses:
        off |= ~(np.abs(mine - w.arrays[name]) <= THRESHOLD * w.room(name))
    entries = [tuple(int(j) for j in i) for i in np.argwhere(off)]
    if not entries or len(entries) > LOOKED_AT:
        return None
    worst = None
    for index in entries:
        seen = numerical.sides(loss, arrays, name, index, jitter())
        if seen is None:
            return None
        low, high = sorted(seen)
        room = 0.01 * (high - low)
        if not low - room <= mine[index] <= high + room:
            return None
        if worst is None or index == verdict.worst_index:
            worst = Sides(*seen, len(entries))
    return worst
