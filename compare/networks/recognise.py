"""Recognise a network from the shapes of the parameters and the values of the user's loss.

`manual` computes the loss of each candidate that fits the shapes at a few parameter points. The network is the
candidate for which the user's loss is scale x the criterion + lambda x 1/2 ||W||^2 at all of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import isfinite

import numpy as np

from manual import MLP
from manual.criteria import CRITERIA

from ..common.words import factor
from .candidates import Head, heads, hidden, targets
from .fit import ENOUGH, Plane, fit
from .layouts import Arrays, Layout, layouts

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
    loss: Callable[[Arrays], float], flat: Arrays, x: np.ndarray, y: np.ndarray, seed: int = 0
) -> Recognised | None:
    """Return the network of `loss(flat)`, or None where no candidate has this loss.

    flat: the user's arrays, in the user's shapes; x and y as the user's function takes them.
    """
    flat = {name: np.asarray(a, np.float64) for name, a in flat.items()}
    possible = list(layouts(flat, x))
    if not possible:
        return None
    rng = np.random.default_rng(seed)
    points = [flat, *(_moved(flat, rng) for _ in range(POINTS - 1))]
    losses = np.array([float(loss(point)) for point in points])
    if not np.isfinite(losses).all():
        return None
    found = []
    for each in (r for layout in possible for r in _fitting(layout, points, losses, x, y)):
        if _simplicity(each) == SIMPLEST:
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


def _fitting(
    layout: Layout, points: list[Arrays], losses: np.ndarray, x: np.ndarray, y: np.ndarray
) -> Iterator[Recognised]:
    rows = layout.x(x).astype(np.float64)
    params = [layout.params(point) for point in points]
    depth = len(layout.weights)
    sizes = (rows.shape[1], *(params[0][f"W{l}"].shape[0] for l in range(1, depth + 1)))
    penalties = np.array([_penalties(p) for p in params])
    plane = Plane(losses, penalties)
    possible = heads(y, len(rows), sizes[-1])
    z_of: dict[tuple[str, ...], Callable[[int], np.ndarray]] = {}
    # The import of what gelu takes is longer than all the rest.
    candidates = sorted(product(hidden(depth), possible), key=lambda c: "gelu" in (*c[0], c[1].last))
    for below, head in candidates:
        if below not in z_of:
            z_of[below] = _net_inputs(MLP(sizes, (*below, "identity"), "quadratic"), params, rows)
        values = _losses(head, z_of[below], plane)
        found = None if values is None else fit(losses, values, penalties)
        if found is not None:
            activations = (*below, head.last)
            net = MLP(sizes, activations, head.criterion, found.l2 / found.scale, found.l2_biases)
            yield Recognised(net, layout, found.scale, len(rows), head.y, rows, found.residual)


def _net_inputs(net: MLP, params: list[Arrays], x: np.ndarray) -> Callable[[int], np.ndarray]:
    """Return point -> z^L there, computed once for all heads."""

    @cache
    def z(point: int) -> np.ndarray:
        with np.errstate(all="ignore"):
            return net.forward_pass(params[point], x).z[net.depth]

    return z


def _losses(head: Head, z: Callable[[int], np.ndarray], plane: Plane) -> np.ndarray | None:
    """Return the loss at every point, or None as soon as it is not finite or cannot be the user's."""
    values: list[float] = []
    with np.errstate(all="ignore"):
        for point in range(POINTS):
            values.append(head.loss(z(point)))
            if not isfinite(values[-1]) or (len(values) == ENOUGH and not plane.holds(values)):
                return None
    return np.array(values)


def _penalties(params: Arrays) -> tuple[float, float]:
    """Return 1/2 the sum of squares of the weights, and of weights and biases."""
    weights = 0.5 * sum((a**2).sum() for name, a in params.items() if name[0] == "W")
    return weights, weights + 0.5 * sum((a**2).sum() for name, a in params.items() if name[0] == "b")
