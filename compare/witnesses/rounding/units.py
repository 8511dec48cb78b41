"""From repeated noisy gradients to one rounding unit for each entry."""

import numpy as np

from ...common.blocks import blocks

# A difference up to this many units is rounding. Calibrated by `threeways mistakes --bench` on correct
# networks; docs/checking.md has the method.
THRESHOLD = 10.0
# Where the unit exceeds this share of the values, an array says nothing either way.
INCONCLUSIVE = 0.01


def units(draws, centres, dtype, many=False):
    """{name: unit} of the arrays `centres`; draws: an iterable of {name: noisy array}.

    many: too many entries to keep every draw. Then the largest deviation of an entry stands for their root mean
    square, which it is never below.
    """
    if not many:
        draws = list(draws)
        return {n: unit([d[n] for d in draws], a, dtype) for n, a in centres.items()}
    largest = {n: np.zeros(a.shape) for n, a in centres.items()}
    for draw in draws:
        for name, deviation in largest.items():
            for where in blocks(deviation):
                off = draw[name][where] - centres[name][where]
                np.maximum(deviation[where], np.abs(off, out=off), out=deviation[where])
        del draw, deviation  # before the next is made
    return {n: _floored(size, centres[n], dtype) for n, size in largest.items()}


def _floored(size, centre, dtype):
    """`size` raised, in place, to what rows and columns say together and to what the dtype cannot hold."""
    info = np.finfo(dtype)
    table = size.reshape(len(size), -1) if size.ndim > 1 else size.reshape(1, -1)
    right = centre.reshape(table.shape)
    mean = table.mean()
    down = table.mean(axis=1, keepdims=True)
    across = table.mean(axis=0, keepdims=True) / mean if size.ndim > 1 and mean > 0 else np.ones((1, 1))
    for where in blocks(table):
        part = table[where]
        floor = 0.5 * info.eps * np.abs(right[where])
        floor += info.tiny / info.eps
        np.maximum(part, floor, out=part)
        if table.size > 1:
            np.maximum(part, down[where[0]] * (across[:, where[1]] if across.size > 1 else across), out=part)
    return size


def unit(draws, centre, dtype):
    """The rounding unit of each entry: `draws` are noisy versions of the array `centre`, all of its shape.

    The root mean square over a few draws is itself noisy, and too small by chance somewhere among many
    entries; dW = delta^T a makes its size nearly a product of a row's and a column's, so what rows and
    columns say together is a floor for each entry.
    """
    deviation = np.abs(np.stack([np.asarray(d, np.float64) for d in draws]) - np.asarray(centre, np.float64))
    largest = deviation.max(axis=0)
    # Scaled before it is squared: the squares of small deviations would underflow.
    rms = largest * np.sqrt(np.mean((deviation / np.where(largest > 0, largest, 1)) ** 2, axis=0))
    info = np.finfo(dtype)
    # Below tiny / eps digits are lost to underflow, however the rest rounds.
    floor = 0.5 * info.eps * np.abs(np.asarray(centre, np.float64)) + info.tiny / info.eps
    return np.maximum(np.maximum(rms, pooled(rms)), floor)


def pooled(size):
    """Rank-one fit of a table: row mean x column mean / mean. A vector is pooled to its mean."""
    if size.ndim < 2:
        return np.full_like(size, size.mean()) if size.size else size
    table = size.reshape(len(size), -1)
    mean = table.mean()
    if not mean > 0:
        return np.zeros_like(size)
    return (table.mean(axis=1, keepdims=True) * (table.mean(axis=0, keepdims=True) / mean)).reshape(
        size.shape
    )


def combined(units):
    """The unit of a difference between two sides that round independently."""
    return np.hypot.reduce(np.stack(units))  # hypot: squares of tiny units would underflow
