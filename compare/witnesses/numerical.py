"""Numerical differentiation as a witness: it needs nothing but the loss itself.

Central differences at h, h/2 and h/4 with one Richardson step (sources.md E8 has the trade-off between
truncation and rounding). Both errors are estimated, so each derivative comes with its own.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..common.arrays import Array, Arrays
from . import Witness, complex_step
from .complex_step import Entry, Estimate
from .loss_noise import MOVED, Loss, jitter_of_many, loss_jitter

__all__ = ["ENTRY_BY_ENTRY", "MOVED", "derivative_along", "evidence", "loss_jitter", "sharpened", "sides"]

# Tried in turn until the estimated error is small: the first is near the best for a smooth function of
# scale 1 in float64 (eps^(1/5)), the others are for kinks and steep places nearby.
STEPS = (2e-3, 1e-4, 5e-6)
COARSE = (0.05, 0.01)  # where the loss keeps few digits
FINER = 4  # more steps, each a tenth of the one before, where a kink lies within every other
ENTRY_BY_ENTRY = 2_000  # arrays together; beyond that a sample
SAMPLED = 24  # entries of each array, when sampled
SAMPLED_OF_MANY = 6  # where one loss costs milliseconds
MANY = 200_000
SIDE_STEPS = (1e-6, 1e-5, 1e-4, 1e-3)  # smaller ones leave few digits of a slope


def evidence(
    loss: Any,
    arrays: Arrays,
    must_have: Iterable[Entry] = (),
    seed: int = 0,
    name: str = "numerical",
    progress: Callable | None = None,
    many: bool = False,
    sampled: bool = True,
    eps: float = 0.0,
) -> Witness:
    """Return the derivative of `loss(arrays)` by each entry, with its estimated error.

    Small problems are differenced entry by entry; of large ones a random sample of each array and the
    entries `must_have`. What was not differenced has error inf.
    loss: `loss.near(arrays)`, where it exists, gives (name, index) -> the loss by that entry alone, at less cost.
    many: there are millions of entries; some of them are moved to measure the rounding of the loss.
    sampled: False where other witnesses cover the rest of a large problem, and `must_have` is enough.
    eps: of the floating type in which the loss is computed, where that is coarser than the arrays' own.
    """
    work = {key: np.array(a, a.dtype if a.dtype.kind == "f" else np.float64) for key, a in arrays.items()}
    value = float(loss(work))
    jitter = (jitter_of_many if many else loss_jitter)(loss, work, value, seed, eps)
    must_have, total = list(must_have), sum(a.size for a in work.values())
    entries: Iterable[Entry] = chosen_entries(work, must_have, seed, sampled)
    # Entries that exact witnesses have too need no last digit, where one loss costs milliseconds.
    thorough = sampled and not (must_have and total > MANY)
    found = {key: np.zeros(a.shape) for key, a in work.items()}
    error = {key: np.full(a.shape, np.inf) for key, a in work.items()}
    alone = loss.near(work) if many and hasattr(loss, "near") else lambda *entry: lambda: loss(work)
    for key, index in progress(entries) if progress else entries:
        by_entry = alone(key, index)
        found[key][index], error[key][index] = derivative(by_entry, work, key, index, jitter, thorough)
    return Witness(name, value, found, error, "central differences")


def sharpened(evidence: Witness, loss: Callable[[Arrays], complex], arrays: Arrays, seed: int = 0) -> Witness:
    """Return the evidence by the complex step, where `loss` is analytic and agrees with the differences.

    loss: {name: complex array} -> complex number.
    """
    if evidence.error is None:
        return evidence
    entries = [(n, tuple(i)) for n, e in evidence.error.items() for i in np.argwhere(np.isfinite(e)).tolist()]
    found = complex_step.derivatives(loss, arrays, entries, seed)
    if not found:
        return evidence
    exact = {n: np.array(a) for n, a in evidence.arrays.items()}
    error = {n: np.array(e) for n, e in evidence.error.items()}
    for (name, index), (value, room) in found.items():
        if not abs(value - exact[name][index]) <= 10 * (error[name][index] + room):
            return evidence
        exact[name][index], error[name][index] = value, room
    return Witness(evidence.name, evidence.loss, exact, error, "complex step")


def chosen_entries(
    arrays: Arrays, must_have: Iterable[Entry] = (), seed: int = 0, sampled: bool = True
) -> Sequence[Entry]:
    """Return all entries of a small problem, else a seeded sample of each array."""
    total = sum(a.size for a in arrays.values())
    if total <= ENTRY_BY_ENTRY:
        return [(key, index) for key, a in arrays.items() for index in np.ndindex(a.shape)]
    rng = np.random.default_rng(seed)
    chosen = [(key, tuple(int(i) for i in index)) for key, index in must_have]
    for key, a in arrays.items() if sampled else ():
        flat = rng.choice(a.size, min(SAMPLED if total <= MANY else SAMPLED_OF_MANY, a.size), replace=False)
        chosen += [(key, tuple(int(i) for i in np.unravel_index(f, a.shape))) for f in flat]
    return list(dict.fromkeys(chosen))


def derivative(
    loss: Callable[[], float],
    arrays: Arrays,
    key: str,
    index: tuple[int, ...],
    jitter: float,
    thorough: bool = True,
) -> Estimate:
    """Return the derivative of loss(), which reads `arrays`, by one entry, and its error; the entry is put back.

    thorough: False to stop once rounding dominates the error.
    """
    array, kept = arrays[key], arrays[key][index]

    def at(offset: float) -> tuple[float, float]:
        array[index] = kept + offset
        moved = float(array[index]) - float(kept)  # the step as it can be represented
        return float(loss()), moved

    try:
        fine_steps = array.dtype == np.float64
        return extrapolated(at, max(abs(float(kept)), 0.1), jitter, fine_steps, thorough)
    finally:
        array[index] = kept


def derivative_along(loss: Loss, arrays: Arrays, key: str, u: Array, jitter: float) -> Estimate:
    """Return the derivative of loss(arrays) along `u`, a direction of the array `key`, and its error."""
    array = arrays[key].astype(np.float64)
    norm = float(np.linalg.norm(u))
    size = max(float(np.linalg.norm(array)), 0.1)

    def at(offset: float) -> tuple[float, float]:
        return float(loss(arrays | {key: array + offset / norm * u})), offset

    value, error = extrapolated(at, min(size, 1.0), jitter, True)
    return value * norm, error * norm


def extrapolated(
    at: Callable[[float], tuple[float, float]],
    scale: float,
    jitter: float,
    fine_steps: bool,
    thorough: bool = True,
) -> Estimate:
    """Return the derivative by central differences, extrapolated to h = 0, and its estimated absolute error.

    at: offset -> (loss there, the offset as it was represented).  thorough: as in `derivative`.
    """
    best, left, finer = (0.0, np.inf), list(STEPS if fine_steps else COARSE), 0
    while left:
        step = left.pop(0)
        h = step * scale
        (coarse, wide), (fine, half), (finest, quarter) = (_central(at, h / part) for part in (1, 2, 4))
        if np.isnan(finest):
            continue
        value, again = (4 * fine - coarse) / 3, (4 * finest - fine) / 3
        # Richardson removes h^2; what it removed, damped, bounds what is left of a smooth loss. Whether the loss is
        # smooth, the same at half the step shows. Rounding of L comes on top.
        error = abs(fine - coarse) * (step if step < 0.01 else 1) + abs(value - again) + 4 * jitter / h
        # Central differences over a kink in the middle agree with each other, on a slope that is on neither side.
        jump = _jump(wide - quarter, half - quarter, jitter) / h
        error += jump
        if error < best[1]:
            best = (value, error)
        settled = not thorough and error <= 8 * jitter / h
        if settled or best[1] <= 1e-8 * abs(best[0]):
            break
        if step == STEPS[0] and error <= 8 * jitter / h:
            left = list(COARSE)  # rounding is most of it, and smaller steps have more
        if jump and not left and finer < FINER and 40 * jitter / h < best[1]:
            left, finer = [step / 10], finer + 1
    return best


def _jump(wide: float, half: float, jitter: float) -> float:
    """Return half the jump of the slope at a kink within h/4, times h; 0 where the loss is smooth.

    wide, half: by how much L(h) + L(-h) exceeds L(h/4) + L(-h/4), and the same of h/2. Where the loss is smooth they
    are as 5 to 1 (h^2), over a kink as 3 to 1 (h).
    """
    unlike = abs(5 * half - wide)
    return unlike if unlike > max(1e-3 * abs(wide), 32 * jitter) else 0.0


def halved(at: Callable[[float], tuple[float, float]], h: float, jitter: float, enough: float) -> Estimate:
    """Return the derivative by central differences at h, h/2, ..., and its estimated absolute error.

    enough: the error that ends it, at four losses where the loss is smooth. It ends too where rounding has as much.
    """
    value, error = _central(at, h)[0], np.inf
    while error > enough > jitter / h:
        h, coarse = h / 2, value
        value = _central(at, h)[0]
        error = abs(value - coarse) + jitter / h
    return value, error


def _central(at: Callable[[float], tuple[float, float]], h: float) -> tuple[float, float]:
    """Return the central difference and L(h) + L(-h)."""
    (up, right), (down, left) = at(h), at(-h)
    slope = (up - down) / (right - left) if right != left else np.nan  # a step lost to rounding tells nothing
    return slope, up + down


def sides(loss: Loss, arrays: Arrays, key: str, index: tuple[int, ...], jitter: float) -> Estimate | None:
    """Return the derivatives from the left and from the right where the loss has a kink in one entry, else None.

    At a kink the two slopes stay apart when the step shrinks; at a bend they draw together, and rounding (`jitter`)
    makes those of a smooth loss scatter.
    """
    array, kept = arrays[key], arrays[key][index]
    middle, scale = float(loss(arrays)), max(abs(float(kept)), 0.1)

    def slope(h: float) -> float:
        array[index] = kept + h
        return (float(loss(arrays)) - middle) / (float(array[index]) - float(kept))

    try:
        for step in SIDE_STEPS:
            h = step * scale
            (left, right), (nearer_left, nearer_right) = ((slope(-g), slope(g)) for g in (h, h / 4))
            apart = abs(right - left)
            steady = max(abs(nearer_left - left), abs(nearer_right - right)) <= 0.1 * apart
            if steady and apart > max(100 * jitter / h, 1e-3 * max(abs(left), abs(right))):
                return left, right
    finally:
        array[index] = kept
    return None


def keeps_digits(loss: Loss, arrays: Arrays, seed: int = 0) -> bool:
    """Return whether the loss computes in float64 where its parameters are: it answers to steps float32 cannot show."""
    rng = np.random.default_rng(seed)
    at = {n: a.astype(np.float64) for n, a in arrays.items()}
    moved = {n: a * (1 + 1e-11 * rng.standard_normal(a.shape)) for n, a in at.items()}
    with np.errstate(all="ignore"):
        here, there = float(loss(at)), float(loss(moved))
    return 0 < abs(there - here) < 1e-9 * abs(here)
