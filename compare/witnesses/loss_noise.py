"""The rounding error of a loss, measured on the loss itself: what differences cannot be more exact than."""

from collections.abc import Callable

import numpy as np

from ..common.arrays import Array, Arrays
from .rounding.noisy import Rounding

Loss = Callable[[Arrays], float]

MOVED = 50_000  # entries of each array that move, where there are many
DRAWS = 12
MUCH = 1e-3  # of the loss: so much rounding is looked at twice
ULPS = 16  # a step: it changes the digits, and over three of them the loss is a straight line


def loss_jitter(loss: Loss, arrays: Arrays, value: float, seed: int = 0, eps: float = 0.0) -> float:
    """Estimate the rounding error of `loss`, whose value at `arrays` is `value`: the largest of four estimates.

    They are its scatter about a line over a few ulps, its scatter about a cubic over longer steps, the effect of an
    ulp in every operation, and an ulp of the value.
    eps: of the floating type in which the loss is computed, where that is coarser than the arrays' own.
    """
    rng = np.random.default_rng(seed)
    steps = np.arange(-3, 4)
    direction = {key: rng.choice([-1.0, 1.0], a.shape) for key, a in arrays.items()}
    eps = _coarsest(arrays, eps)
    values = [
        float(
            loss(
                {
                    n: (a + ULPS * s * eps * np.abs(a) * direction[n]).astype(a.dtype)
                    for n, a in arrays.items()
                }
            )
        )
        for s in steps
    ]
    return max(
        _off_a_line(steps, values),
        _off_a_cubic(loss, arrays, value, direction),
        0.5 * _by_operations(loss, arrays, value, seed),
        eps * abs(value),
    )


def jitter_of_many(loss: Loss, arrays: Arrays, value: float, seed: int = 0, eps: float = 0.0) -> float:
    """Estimate the same for arrays of millions of entries: only the first of each move, in place, over ulps."""
    rng = np.random.default_rng(seed)
    eps = _coarsest(arrays, eps)
    parts = {key: a.reshape(-1)[:MOVED] for key, a in arrays.items()}
    steps, values = np.arange(-2, 3), []
    kept = {key: part.copy() for key, part in parts.items()}
    moves = {n: ULPS * eps * np.abs(part) * rng.choice([-1.0, 1.0], part.shape) for n, part in kept.items()}
    for s in steps:
        for key, part in parts.items():
            part[...] = kept[key] + s * moves[key]
        values.append(float(loss(arrays)) if s else value)
    for key, part in parts.items():
        part[...] = kept[key]
    return max(_off_a_line(steps, values), eps * abs(value))


def _coarsest(arrays: Arrays, eps: float) -> float:
    return float(max(eps, *(np.finfo(a.dtype).eps for a in arrays.values())))


def _off_a_line(steps: Array, values: list[float]) -> float:
    return float(np.std(np.array(values) - np.polyval(np.polyfit(steps, values, 1), steps)))


def _off_a_cubic(
    loss: Loss,
    arrays: Arrays,
    value: float,
    direction: Arrays,
    step: float = 1e-5,
    count: int = 6,
    degree: int = 3,
) -> float:
    """Return the residual of the loss from a cubic over nearby steps: a loss that is float32 inside moves in jumps.

    Of two sides the smaller counts, for there may be a kink on the other.
    """
    steps, found = np.arange(count + 1), []
    for side in (-1, 1):
        at = [
            {n: a * (1 + side * s * step * direction[n]).astype(a.dtype) for n, a in arrays.items()}
            for s in steps[1:]
        ]
        values = np.array([value, *(float(loss(moved)) for moved in at)])
        if not np.isfinite(values).all():
            return 0.0
        curve = np.polyval(np.polyfit(steps, values, degree), steps)
        found.append(float(np.sqrt(((values - curve) ** 2).sum() / (count - degree))))
    return min(found)


def _by_operations(loss: Loss, arrays: Arrays, value: float, seed: int) -> float:
    """Return how far the loss moves when the result of each of its operations moves by an ulp; 0 if not measurable.

    Moving the parameters alone is not enough: where p is near 1, log(1 - p) has lost their last digits.
    """

    def drawn(rounding: Rounding) -> float:
        return float(loss({n: rounding.watched(np.array(a)) for n, a in arrays.items()}))

    rounding = Rounding(seed)
    try:
        with np.errstate(all="ignore"):
            values = [drawn(rounding) for _ in range(DRAWS)]
            much = np.abs(np.array(values) - value).max() > MUCH * abs(value)
            if much and drawn(Rounding(seed, still=True)) != value:
                return 0.0  # arrays of another class change what the code does: masked ones, say
    except Exception:  # code that leaves NumPy, or asks for the type of what it gets
        return 0.0
    return float(np.abs(np.array(values) - value).max()) if np.isfinite(values).all() else 0.0
