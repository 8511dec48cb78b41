"""Recognise a large network by a few samples of its batch: its losses there cost a fraction, and tell as much."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from .candidates import heads
from .fit import FITS
from .layouts import Arrays
from .recognise import Recognised, recognise

FEWEST = 16  # samples
LARGE = 1 << 24  # parameters times samples, from which on it saves more than it takes


def recognise_by_few(
    loss_on: Callable[[Any, Any], Callable[[Arrays], float]],
    flat: Arrays,
    x: np.ndarray,
    y: np.ndarray,
    seed: int = 0,
    here: float | None = None,
) -> Recognised | None:
    """Return the network of a loss; None where the batch is small, or where all of it is needed to tell.

    loss_on: x, y -> the loss as a function of the parameters on that batch.  The others as of `recognise`.  The loss of
    the whole batch decides: it must be that of the network found, with a sum for a mean where the few tell of neither.
    """
    keep = _spread(flat, x, y)
    if keep is None:
        return None
    wide = {name: np.asarray(a, np.float64) for name, a in flat.items()}
    try:
        found = recognise(loss_on(x[keep], y[keep]), flat, x[keep], y[keep], seed)
    except Exception:  # code may be written for so many samples
        return None
    if found is None:
        return None
    rows, first = found.layout.x(x).astype(np.float64), loss_on(x, y)(wide) if here is None else here
    params, batch = found.layout.params(wide), len(x)
    times = (1.0, batch / len(keep))
    asked = [
        head
        for head in heads(y, batch, found.net.sizes[-1])
        if (head.criterion, head.last) == (found.net.criterion, found.net.activations[-1])
    ]
    for head in asked:
        for scaled, penalized in product(times, (1.0, 1 / times[1], times[1])):
            scale = found.scale * scaled
            net = replace(found.net, l2=found.net.l2 * found.scale * penalized / scale)
            with np.errstate(all="ignore"):
                off = abs(scale * float(net.loss(params, rows, head.y)) - first)
            if off <= FITS * abs(first):
                residual = max(found.residual, off / max(abs(first), 1e-300))
                return Recognised(net, found.layout, scale, batch, head.y, rows, residual)
    return None


def _spread(flat: Arrays, x: np.ndarray, y: Any) -> np.ndarray | None:
    """Return a few samples all over the batch; as many as nothing else has a length of."""
    if not isinstance(y, np.ndarray) or not y.ndim or x.ndim != 2 or len(x) != len(y):
        return None
    if len(x) * sum(a.size for a in flat.values()) < LARGE or len(x) < 4 * FEWEST:
        return None
    lengths = {*x.shape, *y.shape, *(length for a in flat.values() for length in a.shape)}
    many = next(n for n in range(FEWEST, FEWEST + len(lengths) + 1) if n not in lengths)
    return np.linspace(0, len(x) - 1, many).astype(int)
