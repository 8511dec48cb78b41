"""From repeated noisy gradients to one rounding unit for each entry."""

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from ...common.blocks import blocks
from ...common.floats import floating

Arrays = Mapping[str, np.ndarray]

# A difference up to this many units is rounding. Calibrated by `threeways mistakes --bench` on correct
# networks; docs/checking.md has the method.
THRESHOLD = 10.0
# Where the unit exceeds this share of the values, an array is inconclusive.
INCONCLUSIVE = 0.01


def units(draws: Iterable[Arrays], centres: Arrays, dtype: Any, many: bool = False) -> dict[str, np.ndarray]:
    """Return {name: unit} of the arrays `centres`, of which each of `draws` is a noisy version.

    many: too many entries to keep every draw. The largest deviation of an entry then replaces their root mean
    square, which it is never below.
    """
    if not many:
        draws = list(draws)
        return {n: unit([d[n] for d in draws], a, dtype) for n, a in centres.items()}
    largest = {n: np.zeros(a.shape) for n, a in centres.items()}
    for draw in draws:
        for name, deviation in largest.items():
            for where in blocks(deviation):
                place: Any = (*where, ...)  # with an Ellipsis a number gives an array too
                part = deviation[place]
                off = np.asarray(draw[name][where] - centres[name][where])
                np.maximum(part, np.abs(off, out=off), out=part)
        del draw, deviation  # before the next is made
    return {n: _floored(size, centres[n], dtype) for n, size in largest.items()}


def unit(draws: Iterable[np.ndarray], centre: np.ndarray, dtype: Any) -> np.ndarray:
    """Return the rounding unit of each entry of `centre`, from `draws`, noisy versions of it: a root mean square."""
    deviation = np.abs(np.stack([np.asarray(d, np.float64) for d in draws]) - np.asarray(centre, np.float64))
    largest = deviation.max(axis=0)
    # Scaled before it is squared: the squares of small deviations would underflow.
    scaled = deviation / np.where(largest > 0, largest, 1)
    return _floored(np.asarray(largest * np.sqrt(np.mean(scaled**2, axis=0))), centre, dtype)


def _floored(size: np.ndarray, centre: np.ndarray, dtype: Any) -> np.ndarray:
    """Return `size`, raised to what its rows and columns say together and to what the dtype cannot hold.

    A root mean square over a few draws is itself noisy, and by chance too small somewhere among many entries.
    dW = delta^T a makes its size nearly a product of a row's and a column's, so the rank-one fit, row mean x column
    mean / mean, is a floor for each entry; a vector's is its mean.
    """
    if not size.size:
        return size
    info, size = floating(dtype), np.asarray(size, order="C")  # what is raised below is a view of it
    table = size.reshape(len(size), -1) if size.ndim > 1 else size.reshape(1, -1)
    right = np.asarray(centre).reshape(table.shape)
    mean = table.mean()
    down = table.mean(axis=1, keepdims=True)
    across = table.mean(axis=0, keepdims=True) / mean if size.ndim > 1 and mean > 0 else np.ones((1, 1))
    for where in blocks(table):
        part = table[where]
        # Below tiny / eps digits are lost to underflow, however the rest rounds.
        floor = 0.5 * info.eps * np.abs(np.asarray(right[where], np.float64))
        floor += info.lost
        np.maximum(part, floor, out=part)
        np.maximum(part, down[where[0]] * (across[:, where[1]] if across.size > 1 else across), out=part)
    return size


def combined(units: Iterable[np.ndarray]) -> np.ndarray:
    """Return the unit of a difference between two sides that round independently."""
    first, *others = units
    return reduce(
        np.hypot, others, first if others else first.copy()
    )  # squares of tiny units would underflow
