"""Cheaper passes through the networks of `manual`: gradients and deltas together, the loss after one entry changed, and
one network with many activations."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

import manual
from manual.activations import ACTIVATIONS

Arrays = dict[str, np.ndarray]


def in_one_pass(net: Any, params: Arrays, x: np.ndarray, y: np.ndarray) -> tuple[Any, Arrays]:
    """Return the loss, and gradients and deltas together: for an MLP of one forward and one backward pass."""
    if not isinstance(net, manual.MLP) or type(net).loss_and_grads is not manual.MLP.loss_and_grads:
        loss, grads = net.loss_and_grads(params, x, y)
        return loss, grads | net.deltas(params, x, y)
    p = net.backward_pass(net.forward_pass(params, x), y)
    layers = range(1, net.depth + 1)
    arrays = {f"{kind}{l}": found[l] for l in layers for kind, found in (("W", p.dW), ("b", p.db))}
    deltas = {f"delta{l}": p.delta[l] for l in layers}
    return net.data_loss(p.z[net.depth], p.a[net.depth], y) + net.penalty(params), arrays | deltas


KEPT = 1 << 24  # entries of net inputs together


class NetInputs:
    """z^L of MLPs that differ in their activations alone, at several points: layers that they share are made once."""

    def __init__(self, points: list[Arrays], x: np.ndarray):
        self.points, self.x = points, x
        widest = max(a.shape[0] for a in points[0].values())
        self._z = lru_cache(max(2 * len(points), KEPT // max(len(x) * widest, 1)))(self._computed)

    def __call__(self, activations: tuple[str, ...], point: int) -> np.ndarray:
        """Return z^L at a point. activations: f_1, ..., f_(L-1)."""
        return self._z(activations, point)

    def _computed(self, below: tuple[str, ...], point: int) -> np.ndarray:
        a = ACTIVATIONS[below[-1]](self._z(below[:-1], point)) if below else self.x
        l = len(below) + 1
        return a @ self.points[point][f"W{l}"].T + self.points[point][f"b{l}"]


class LossOfMLP:
    """The loss of `net`, a manual.MLP, on the batch (x, y), as a function of its arrays.

    arrays: the parameters and "delta1", ..., "deltaL", which are added to z^l, (N, M_l).
    """

    def __init__(self, net: manual.MLP, x: np.ndarray, y: np.ndarray):
        self.net, self.x, self.y = net, x, y

    def __call__(self, arrays: Arrays) -> Any:
        return self.net.loss(arrays, self.x, self.y, lambda name, z: z + arrays[name])

    def near(self, arrays: Arrays) -> Callable[[str, tuple[int, ...]], Callable[[], Any]]:
        """Return (name, index) -> () -> the loss of `arrays`, of which that entry alone may have changed since.

        An entry of W^l, b^l or delta^l moves one column of z^l and the layers above: only these are computed again.
        """
        p = self.net.forward_pass(arrays, self.x, lambda name, z: z + arrays[name])

        def of_entry(name: str, index: tuple[int, ...]) -> Callable[[], Any]:
            kind, l = re.findall(r"\d+|\D+", name)
            return lambda: self._from(int(l), index[kind == "delta"], arrays, p)

        return of_entry

    def _from(self, l: int, i: int, arrays: Arrays, p: Any) -> Any:
        """Return the loss with column i of z^l computed again; p: the Trace with the entry as it was."""
        net, z = self.net, p.z[l].copy()
        z[:, i] = p.a[l - 1] @ arrays[f"W{l}"][i] + arrays[f"b{l}"][i] + arrays[f"delta{l}"][:, i]
        for k in range(l, net.depth):
            z = ACTIVATIONS[net.activations[k - 1]](z) @ arrays[f"W{k + 1}"].T
            z += arrays[f"b{k + 1}"] + arrays[f"delta{k + 1}"]
        return net.data_loss(z, ACTIVATIONS[net.activations[-1]](z), self.y) + net.penalty(arrays)
