"""Recognise a network from the shapes of the parameters and the values of the user's loss.

`manual` computes the loss of each candidate that fits the shapes at a few parameter points. The network is the
candidate for which the user's loss is scale x the criterion + lambda x 1/2 ||W||^2 at all of them. Where W^L is 0 no
hidden layer matters: a few such points say first which criteria are left.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, product
from math import isfinite
from typing import NamedTuple

import numpy as np

from manual import MLP
from manual.criteria import CRITERIA

from ..common.words import factor
from .candidates import Head, heads, hidden, targets
from .fit import ENOUGH, Fit, Plane, fit
from .layouts import Arrays, Layout, layouts
from .passes import NetInputs

__all__ = ["Layout", "Recognised", "layouts", "recognise", "targets"]

POINTS = 6


@dataclass(frozen=True)
class Recognised:
    """The network of a user's loss: user's loss = scale * network's loss, within rounding.

    residual: the largest difference of the two at the points tried, relative to the largest loss. It exceeds rounding
    where the user's loss has, say, log(p + 1e-12).
    """

    net: MLP
    layout: Layout
    scale: float
    batch: int
    y: np.ndarray
    x: np.ndarray
    residual: float = 0.0

    def describe(self) -> str:
        """Return '2-4-1, tanh, sigmoid, binary cross-entropy, mean of N=8, W is [in, out]'."""
        net = self.net
        parts = ["-".join(map(str, net.sizes)), *net.activations, CRITERIA[net.criterion].title]
        parts.append(self.convention() or f"mean of N={self.batch}")
        if net.l2:
            parts.append(f"l2={net.l2 * self.scale:.6g}" + (" (biases too)" if net.l2_biases else ""))
        parts.append("W is [in, out]" if self.layout.transposed else "W is [out, in]")
        if self.layout.columns:
            parts.append("samples are columns")
        return ", ".join(parts)

    def oddness(self) -> int:
        """Return 0 where the loss has the scale of `manual`, 1 where a familiar one, else 2."""
        words = self.convention()
        return 0 if words is None else 2 if words.startswith("scaled") else 1

    def convention(self) -> str | None:
        """Return how the loss is scaled relative to `manual`, in words, or None where it is the same."""
        outputs = self.net.sizes[-1]
        known = {
            float(self.batch): f"summed over N={self.batch}",
            float(outputs): "summed over the outputs",
            float(self.batch * outputs): "summed over batch and outputs",
            1 / outputs: "averaged over the outputs too",
            2.0: "without the 1/2",
            0.5: "with a 1/2",
            0.5 * outputs: "with a 1/2, summed over the outputs",
            0.5 * self.batch: "with a 1/2, summed",
            0.5 * self.batch * outputs: "with a 1/2, summed over batch and outputs",
        }
        if np.isclose(self.scale, 1, rtol=1e-6):
            return None
        return next(
            (w for s, w in known.items() if np.isclose(self.scale, s, rtol=1e-6)),
            f"scaled by {factor(self.scale)}",
        )


MOST_DRAWN = 9_973  # random numbers for one array: a prime, so that no two rows share theirs


def recognise(
    loss: Callable[[Arrays], float],
    flat: Arrays,
    x: np.ndarray,
    y: np.ndarray,
    seed: int = 0,
    here: float | None = None,
) -> Recognised | None:
    """Return the network of `loss(flat)`, or None where no candidate has this loss.

    flat: the user's arrays, in the user's shapes; x and y as the user's function takes them.  here: loss(flat), where
    it is known in float64.
    """
    flat = {name: np.asarray(a, np.float64) for name, a in flat.items()}
    possible = list(layouts(flat, x))
    if not possible:
        return None
    alone = _alone(loss, flat, possible, seed)
    searches = [s for layout in possible if (s := _Search(layout, flat, alone, x, y)).heads]
    if not searches:
        return None
    rng = np.random.default_rng(seed)
    points = [flat, *(_moved(flat, rng) for _ in range(POINTS - len(alone.points) - 1))]
    first = loss(flat) if here is None else here
    losses = np.array([float(first), *(float(loss(point)) for point in points[1:])])
    if not np.isfinite(losses).all():
        return None
    simplest, found = min(s.simplest for s in searches), []
    for each in (r for search in searches for r in search.fitting(points, losses)):
        if _simplicity(each) <= simplest:
            return each
        found.append(each)
    return min(found, key=_simplicity, default=None)


SIMPLEST = (False, False, 0)


def _simplicity(fit: Recognised) -> tuple[bool, bool, int]:
    """Order fits: no penalty before one, then a familiar scale; of equal ones the first candidate is taken."""
    return bool(fit.net.l2), fit.net.l2_biases, fit.oddness()


def _moved(flat: Arrays, rng: np.random.Generator) -> Arrays:
    """Return other parameters nearby; of arrays with many entries several share their random numbers."""

    def drawn(shape: tuple[int, ...]) -> np.ndarray:
        size = int(np.prod(shape))
        return np.resize(rng.standard_normal(min(size, MOST_DRAWN)), shape)

    return {name: a * (1 + 0.2 * drawn(a.shape)) + 0.02 * drawn(a.shape) for name, a in flat.items()}


class _Alone(NamedTuple):
    """Points at which W^L is 0, so that b^L alone is the prediction's net input, and the user's losses there."""

    points: list[Arrays]
    losses: np.ndarray


def _alone(loss: Callable[[Arrays], float], flat: Arrays, possible: list[Layout], seed: int) -> _Alone:
    """Return such points: none without a hidden layer or a last bias, or where the user's code takes no W^L = 0."""
    none = _Alone([], np.zeros(0))
    ends = {(layout.weights[-1], layout.biases[-1]) for layout in possible}
    W, b = ends.pop()
    if ends or b is None or len(possible[0].weights) == 1:
        return none
    rng, at = np.random.default_rng([seed, 1]), flat | {W: np.zeros_like(flat[W])}
    points = [at | {b: flat[b] + 0.5 * rng.standard_normal(flat[b].shape)} for _ in range(ENOUGH)]
    try:
        with np.errstate(all="ignore"):
            losses = np.array([float(loss(point)) for point in points])
    except Exception:
        return none
    return _Alone(points, losses) if np.isfinite(losses).all() else none


class _Search:
    """The networks of one layout.

    heads: those that the losses at the points `alone` leave, with their own losses there.  late: returns those that
    are tried last.
    simplest: the simplest fit that these leave.
    """

    def __init__(self, layout: Layout, flat: Arrays, alone: _Alone, x: np.ndarray, y: np.ndarray):
        self.layout, self.alone = layout, alone
        self.x = layout.x(x).astype(np.float64)
        self.late: Callable[[], list[tuple[Head, np.ndarray]]] = list
        weights = [layout.params(flat)[f"W{l}"] for l in range(1, len(layout.weights) + 1)]
        self.sizes = (self.x.shape[1], *(len(W) for W in weights))
        params = [layout.params(point) for point in alone.points]
        self.penalties = np.array([_penalties(p) for p in params]).reshape(-1, 2)
        outputs = [np.tile(p[f"b{len(weights)}"], (len(self.x), 1)) for p in params]
        possible = heads(y, len(self.x), self.sizes[-1])
        if not outputs:
            self.heads, self.simplest = [(head, np.zeros(0)) for head in possible], SIMPLEST
            return
        plane = Plane(alone.losses, self.penalties)

        def left(asked: list[Head]) -> list[tuple[Head, np.ndarray]]:
            tried = ((head, _losses(head, outputs.__getitem__, len(outputs), plane)) for head in asked)
            return [(head, values) for head, values in tried if values is not None]

        # The import of what gelu takes is longer than all the rest.
        late = [head for head in possible if head.last == "gelu"]
        self.heads = left([head for head in possible if head.last != "gelu"])
        if self.heads:
            self.late = partial(left, late)
        else:
            self.heads = left(late)
        self.simplest = min((self._simplest(*each) for each in self.heads), default=SIMPLEST)

    def _simplest(self, head: Head, values: np.ndarray) -> tuple[bool, bool, int]:
        found = fit(self.alone.losses, values, self.penalties)
        below = ("identity",) * (len(self.sizes) - 2)
        return SIMPLEST if found is None else _simplicity(self._recognised(below, head, found))

    def _recognised(self, below: tuple[str, ...], head: Head, found: Fit) -> Recognised:
        net = MLP(self.sizes, (*below, head.last), head.criterion, found.l2 / found.scale, found.l2_biases)
        return Recognised(net, self.layout, found.scale, len(self.x), head.y, self.x, found.residual)

    def fitting(self, points: list[Arrays], losses: np.ndarray) -> Iterator[Recognised]:
        """Yield the networks that have these losses at these points, and those of `alone` there."""
        params = [self.layout.params(point) for point in points]
        penalties = np.array([_penalties(p) for p in params])
        plane, z = Plane(losses, penalties), NetInputs(params, self.x)
        everywhere = np.append(losses, self.alone.losses), np.append(penalties, self.penalties, axis=0)
        candidates = sorted(
            product(hidden(len(self.sizes) - 1), self.heads), key=lambda c: "gelu" in (*c[0], c[1][0].last)
        )
        later = (c for heads in [self.late] for c in product(hidden(len(self.sizes) - 1), heads()))
        for below, (head, there) in chain(candidates, later):
            values = _losses(head, partial(z, below), len(points), plane)
            found = None if values is None else fit(everywhere[0], np.append(values, there), everywhere[1])
            if found is not None:
                yield self._recognised(below, head, found)


def _losses(head: Head, z: Callable[[int], np.ndarray], points: int, plane: Plane) -> np.ndarray | None:
    """Return the loss at every point, or None as soon as it is not finite or cannot be the user's.

    z: point -> z^L there.
    """
    values: list[float] = []
    with np.errstate(all="ignore"):
        for point in range(points):
            values.append(head.loss(z(point)))
            if not isfinite(values[-1]) or (len(values) == ENOUGH and not plane.holds(values)):
                return None
    return np.array(values)


def _penalties(params: Arrays) -> tuple[float, float]:
    """Return 1/2 the sum of squares of the weights, and of weights and biases."""
    squares = {name: float(np.dot(a.ravel("K"), a.ravel("K"))) for name, a in params.items()}
    weights = 0.5 * sum(s for name, s in squares.items() if name[0] == "W")
    return weights, weights + 0.5 * sum(s for name, s in squares.items() if name[0] == "b")
