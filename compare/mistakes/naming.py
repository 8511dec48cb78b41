"""Name the mistakes that, planted in the hand-written network, give exactly the wrong numbers of a user.

The gradient is explained from the loss downwards. At the first layer that is off, each mistake that can sit there is
planted on the user's parameters and batch. The one that explains most is kept, and the search goes on below it, so
that two mistakes in different layers are both named.
"""

from collections.abc import Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..judge.factors import ALIKE
from ..judge.report import Finding
from ..user.subject import Subject
from ..witnesses.reference import Reference
from ..witnesses.rounding.noisy import Rounding, noisy
from ..witnesses.rounding.units import THRESHOLD, unit
from .catalogue import catalogue
from .mistake import Layers, Mistake

Arrays = dict[str, np.ndarray]
Names = Set[str]
AT_MOST = 4  # mistakes in one derivation; more names help no user
DRAWS = 4


@dataclass(frozen=True)
class Case:
    """A wrong gradient on its own parameters and batch, in the layout of `manual`.

    hand: the user's gradient, {"W1": ..., "b1": ...}, without the biases that the user's network lacks.
    place: {array name: how near to the loss}; in an MLP the layer.
    residual: the relative difference of the user's loss from that of a recognised network.
    """

    net: Any
    params: Arrays
    x: np.ndarray
    y: np.ndarray
    hand: Arrays
    dtype: np.dtype
    place: dict[str, int]
    residual: float = 0.0

    def grads(self, net: Any) -> Arrays:
        """Return the gradient of a planted network, in float64."""
        with np.errstate(all="ignore"):
            return net.loss_and_grads(_doubles(self.params), _doubles(self.x), _doubles(self.y))[1]

    def near(self, grads: Arrays) -> set[str]:
        """Return the names of the arrays that are near enough for a closer look."""
        loose = 1e-7 if self.dtype == np.float64 else 3e-3
        sizes = {n: np.abs(g).max(initial=0) for n, g in self.right.items()}
        # A structural zero is near another one, whatever rounding has left of either.
        zero = 1e3 * np.finfo(self.dtype).eps * max(sizes.values()) / loose
        return {n for n, mine in self.hand.items() if _close(mine, grads[n], loose, max(sizes[n], zero))}

    @cached_property
    def right(self) -> Arrays:
        return self.grads(self.net)

    def explained(self, net: Any, grads: Arrays | None = None) -> set[str]:
        """Return the names of the arrays that `net` reproduces to rounding."""
        grads = self.grads(net) if grads is None else grads
        close = self.near(grads)
        if not close:
            return close
        units = self.units(net, grads)
        return {n for n in close if (np.abs(self.hand[n] - grads[n]) <= THRESHOLD * units[n]).all()}

    def units(self, net: Any, grads: Arrays) -> Arrays:
        """Return the rounding units of a planted network's arrays in the user's floating type."""
        rounding = Rounding(0)
        cast = [_cast(a, self.dtype) for a in (self.params, self.x, self.y)]
        with np.errstate(all="ignore"):
            draws = [net.loss_and_grads(*noisy(cast, rounding))[1] for _ in range(DRAWS)]
        # Twice: the user's operations round as much, in other places.
        return {
            name: 2 * unit([d[name] for d in draws], g, self.dtype)
            + 10 * self.residual * np.abs(g).max(initial=0)
            for name, g in grads.items()
        }


@dataclass(frozen=True)
class Candidate:
    """One way to plant one mistake, and what it explains."""

    mistake: Mistake
    layers: Layers
    constant: float | None
    net: Any
    grads: Arrays
    explained: frozenset[str]


def name_mistakes(case: Case) -> tuple[list[Finding], list[tuple[str, Layers]], bool]:
    """Return the findings that explain the case, (rule, layers) of each, and whether they explain all of it."""
    net, whole = case.net, True
    findings: list[Finding] = []
    roots: list[tuple[str, Layers]] = []
    explained: Names = case.explained(net)
    for _ in range(len(set(case.place.values())) + AT_MOST):
        if explained >= case.hand.keys() or len(findings) == AT_MOST:
            break
        candidates = _best(case, net, explained)
        if not candidates:
            # No mistake of the catalogue explains this layer; those below may have names.
            case, whole = _without_first_off(case, explained), False
            continue
        findings.append(_finding(case, candidates, explained))
        roots.append((candidates[0].mistake.rule, candidates[0].layers))
        net, explained = candidates[0].net, candidates[0].explained
    return findings, roots, whole and explained >= case.hand.keys()


def _without_first_off(case: Case, explained: Names) -> Case:
    """Return the case without the arrays that are off in the layer nearest to the loss."""
    top = max(case.place[n] for n in case.hand.keys() - explained)
    kept = {n: a for n, a in case.hand.items() if n in explained or case.place[n] != top}
    return replace(case, hand=kept)


def name_loss(reference: Reference, subject: Subject) -> list[Finding]:
    """Return the Finding of a mistake that changes the loss, where a planted one gives the user's loss; else []."""
    params, net = reference.params(subject.flat), reference.net
    # At two points: at one a small epsilon may leave the loss as it is.
    points = [subject.flat, {n: (1.25 * a).astype(a.dtype) for n, a in subject.flat.items()}]
    losses, found = [float(subject.loss(p)) for p in points], []
    layers = frozenset([net.depth])
    for m in catalogue().values():
        if not m.loss or not m.concerns(net) or m.needs(net, params, reference.x, reference.y, layers):
            continue
        for constant in m.constant or (None,):
            planted = m.planted(net, layers, constant)
            if all(
                _gives_loss(planted, reference, subject, p, loss)
                for p, loss in zip(points, losses, strict=True)
            ):
                found.append((m, constant))
                break
    if not found:
        return []
    m, constant = found[0]
    wrong, right, why = m.lines(net.depth)
    ids = tuple(o.id for o, _ in found)
    sentence = f"Likely line: {wrong}. Make it: {right}. Why: {why}" + (
        f" (eps = {constant:g})." if constant else "."
    )
    return [Finding("loss", m.rule, ids, True, sentence, "other parameters" if len(ids) > 1 else None)]


def _gives_loss(planted: Any, reference: Reference, subject: Subject, flat: Arrays, loss: float) -> bool:
    """Say whether the planted network's loss at `flat` equals the user's loss within rounding.

    A match in float64 or in the user's type is enough: in float32, log(1 - a) can be log(0) though it is finite in
    float64.
    """
    case = (reference.params(flat), reference.x, reference.y)
    with np.errstate(all="ignore"):
        values = [float(planted.loss(*(_cast(c, d) for c in case))) for d in (np.float64, subject.dtype)]
    near = max(1e-9 * abs(loss), 2 * np.finfo(subject.dtype).eps * abs(loss))
    if any(abs(value - loss) <= near for value in values):
        return True
    return abs(values[0] - loss) <= THRESHOLD * _loss_unit(planted, case, subject.dtype)


def _loss_unit(net: Any, case: tuple, dtype: np.dtype) -> float:
    """Return the rounding unit of a network's loss in the user's floating type."""
    rounding = Rounding(0)
    cast = [_cast(a, dtype) for a in case]
    with np.errstate(all="ignore"):
        draws = [np.asarray(net.loss(*noisy(cast, rounding))) for _ in range(2 * DRAWS)]
        return float(unit(draws, net.loss(*(_doubles(c) for c in case)), dtype))


def progress(case: Case, explained: Names) -> int:
    """Count the arrays explained down to and in the first layer (or place) that is not wholly explained."""
    count = 0
    for place in sorted(set(case.place.values()), reverse=True):
        here = {n for n in case.hand if case.place[n] == place}
        count += len(here & explained)
        if not here <= explained:
            break
    return count


def _best(case: Case, net: Any, explained: Names) -> list[Candidate]:
    """Return the candidates that explain most, all with the same numbers; [] where none explains more than before."""
    reached = progress(case, explained)
    found = []
    for mistake in catalogue().values():
        if mistake.loss or mistake.local or not mistake.concerns(net):
            continue
        for layers in mistake.layers(net.depth):
            candidate = _try(case, net, mistake, layers, reached)
            if candidate is not None:
                found.append(candidate)
    if not found:
        return []
    # A mistake with a free constant fits more: it counts only where none without one does. Where it shows nothing in
    # its uppermost layer (a relu's mask laid on twice), it does not sit there.
    best = max(
        found,
        key=lambda c: (
            _rank(case, c),
            c.constant is None,
            c.mistake.array(c.layers) not in explained,
            len(c.layers),
        ),
    )
    same = [
        c
        for c in found
        if _rank(case, c) == _rank(case, best) and (c.constant is None) == (best.constant is None)
    ]
    # A fitted constant has only the digits of the user's type.
    alike = max(1e-9, 100 * np.finfo(case.dtype).eps)
    same = [c for c in same if all(_close(c.grads[n], best.grads[n], alike) for n in best.grads)]
    return [best, *(c for c in same if c is not best)]


def _rank(case: Case, candidate: Candidate) -> tuple[int, int]:
    return progress(case, candidate.explained), len(candidate.explained)


def _try(case: Case, net: Any, mistake: Mistake, layers: Layers, reached: int) -> Candidate | None:
    """Return the Candidate, or None where it cannot be planted or explains no more than `reached`."""
    if mistake.needs(net, case.params, case.x, case.y, layers):
        return None
    constant = None
    if mistake.constant is not None:
        constant = _plausible(mistake, _fitted(case, net, mistake, layers), len(case.x))
        if constant is None:
            return None
    planted = mistake.planted(net, layers, constant)
    grads = case.grads(planted)
    if progress(case, case.near(grads)) <= reached:
        return None
    explained = frozenset(case.explained(planted, grads))
    if progress(case, explained) <= reached:
        return None
    return Candidate(mistake, layers, constant, planted, grads, explained)


def _fitted(case: Case, net: Any, mistake: Mistake, layers: Layers) -> float | None:
    """Return the constant that brings the planted gradient nearest to the user's, by secant steps from 0."""
    assert mistake.constant is not None
    names = [n for n in case.hand if mistake.where == "whole" or case.place[n] <= max(layers)]
    if mistake.where == "hidden":  # below its layer the dependence on the constant is not linear
        names = [n for n in names if case.place[n] == max(layers)]
    if not names:
        return None

    def stacked(grads: Arrays) -> np.ndarray:
        return np.concatenate([np.ravel(grads[n]).astype(np.float64) for n in names])

    mine, low, high = stacked(case.hand), 0.0, mistake.constant[0]
    at_low = stacked(case.grads(mistake.planted(net, layers, low)))
    for _ in range(4):
        slope = (stacked(case.grads(mistake.planted(net, layers, high))) - at_low) / (high - low)
        if not np.isfinite(slope).all() or not slope @ slope > 0:
            return None
        new = low + float((mine - at_low) @ slope / (slope @ slope))
        if not np.isfinite(new) or new == low:
            return None
        if abs(new - high) <= 1e-14 * abs(high):
            break
        high = new
    return high


def _plausible(mistake: Mistake, c: float | None, batch: int) -> float | None:
    """Return the fitted constant as a user would write it, or None where the mistake cannot have it.

    A data set has a whole number of samples: the nearest, whatever digits rounding left of the fit.
    """
    if c is None:
        return None
    if mistake.id == "rate-in-gradient":
        return c if 0 < c < 1 - ALIKE else None
    if mistake.id == "divided-by-dataset":
        size = round(batch / c) if 1e-12 < c < 1 else 0
        return batch / size if size > batch else None
    return c if 1e-12 < abs(c) < 1e6 else None


def _finding(case: Case, candidates: list[Candidate], before: Names) -> Finding:
    first = candidates[0]
    m, l = first.mistake, max(first.layers)
    wrong, right, why = m.lines(l)
    more = (
        f" (the same in layers {', '.join(map(str, sorted(first.layers)))})" if len(first.layers) > 1 else ""
    )
    constant = _constant_words(m.id, first.constant, len(case.x))
    others = [c.mistake for c in candidates[1:] if c.mistake.id != m.id]
    ids = tuple(dict.fromkeys(c.mistake.name for c in candidates))
    separating = next((o.separate for o in [m, *others] if o.separate), None)
    if len(ids) > 1 and separating is None:
        separating = "another batch size, layers of different widths, and parameters that are not all alike"
    return Finding(
        array=m.array(first.layers) or max(first.explained - before, key=lambda name: case.place[name]),
        rule=m.rule,
        one_of=ids,
        exact=True,
        sentence=f"Likely line: {wrong}. Make it: {right}{more}. Why: {why}{constant}.",
        separating_input=separating if len(ids) > 1 else None,
    )


def _constant_words(id: str, c: float | None, batch: int) -> str:
    if c is None:
        return ""
    if id == "divided-by-dataset":
        return f" (here the gradient is divided by {round(batch / c)}, the batch has {batch})"
    return f" (with the constant {c:.6g})"


def _close(a: np.ndarray, b: np.ndarray, relative: float, scale: float = 0.0) -> bool:
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape:
        return False
    scale = max(scale, np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return bool(np.abs(a - b).max(initial=0) <= relative * scale)


def _doubles(tree: Any) -> Any:
    return _cast(tree, np.float64)


def _cast(tree: Any, dtype: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _cast(value, dtype) for key, value in tree.items()}
    array = np.asarray(tree)
    return array.astype(dtype) if array.dtype.kind == "f" else array
