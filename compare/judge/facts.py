"""Facts about a wrong array that its numbers alone show: ratios, transposes, single entries."""

import numpy as np

from ..common.arrays import Array
from ..common.words import factor
from ..witnesses.rounding.units import THRESHOLD

Known = tuple[float, str, tuple[str, ...]]  # a ratio, its words, the ids of mistakes that have it


def constant_ratio(mine: Array, right: Array, unit: Array) -> float | None:
    """Return r where mine = r right to rounding in every entry, else None."""
    mine, right = np.asarray(mine, np.float64), np.asarray(right, np.float64)
    square = float((right * right).sum())
    if mine.shape != right.shape or not square > 0 or not np.isfinite(mine).all():
        return None
    r = float((mine * right).sum()) / square
    if (np.abs(mine - r * right) <= 3 * THRESHOLD * max(1, abs(r)) * unit).all():
        return r
    return None


def ratio_in_words(
    r: float, batch: int | None = None, outputs: int | None = None
) -> tuple[str, tuple[str, ...]]:
    """Return the ratio in words ('1/8 of' with N=8), and the ids of mistakes that have it in every array."""
    known: list[Known] = [
        (-1.0, "-1 times", ("sign-flipped",)),
        (2.0, "2 times", ("factor-two",)),
        (0.5, "1/2 of", ("factor-two",)),
    ]
    if batch and batch > 1:
        known += [
            (batch, f"{batch} times", ("missing-batch-mean",)),
            (1 / batch, f"1/{batch} of", ("batch-mean-twice",)),
        ]
    if outputs and outputs > 1:
        mean = ("mean-over-outputs",)
        known += [(outputs, f"{outputs} times", mean), (1 / outputs, f"1/{outputs} of", mean)]
    hits = [(words, ids) for value, words, ids in known if abs(r - value) <= 1e-5 * abs(value)]
    if hits:
        return hits[0][0], tuple(dict.fromkeys(i for _, ids in hits for i in ids))
    words = factor(r)
    shrunk = ("rate-in-gradient", "divided-by-dataset") if 0 < r < 1 else ()
    return f"{words} of" if "/" in words else f"{words} times", shrunk


def describe(
    name: str,
    mine: Array,
    right: Array,
    unit: Array,
    param: Array | None = None,
    batch: int | None = None,
    outputs: int | None = None,
) -> str:
    """Return one sentence of facts about a wrong array: never a guess."""
    mine, right = np.asarray(mine, np.float64), np.asarray(right, np.float64)
    if (np.abs(right) <= THRESHOLD * unit).all() and np.any(right):
        return f"{name} should be 0 but for rounding; yours is up to {np.abs(mine).max():.3g}."
    r = constant_ratio(mine, right, unit)
    if r is not None:
        if r == 0 or not np.any(mine):
            return f"{name} is 0 everywhere."
        words, _ = ratio_in_words(r, batch, outputs)
        because = f", and N={batch}" if batch and str(batch) in words else ""
        return f"{name} is {words} the right value in every entry{because}."
    if (
        mine.ndim == 2
        and mine.shape[0] == mine.shape[1]
        and (np.abs(mine.T - right) <= THRESHOLD * unit).all()
    ):
        return f"{name} is the right gradient transposed."
    off = ~(np.abs(mine - right) <= THRESHOLD * unit)
    count = int(off.sum())
    if count <= max(1, mine.size // 20):
        where = ", ".join(str([int(i) for i in index]).replace(" ", "") for index in np.argwhere(off)[:3])
        return f"{name} is off in {count} of {mine.size} entries: {where}{' ...' if count > 3 else ''}."
    rows = np.flatnonzero(off.any(axis=1)) if mine.ndim == 2 else np.arange(0)
    if mine.ndim == 2 and len(rows) < len(mine):
        return f"{name} is off in rows {', '.join(map(str, rows[:6]))}{' ...' if len(rows) > 6 else ''} only."
    if param is not None and np.shape(param) == mine.shape:
        added = plus_param(mine, right, np.asarray(param, np.float64), unit)
        if added is not None:
            return (
                f"{name} is the right gradient plus {added:.6g} times {name} itself: a matter of the penalty."
            )
    if mine.size > 1 and np.ptp(mine) <= 1e-12 * np.abs(mine).max():
        return f"all entries of {name} are equal."
    cosine = float((mine * right).sum() / max(np.linalg.norm(mine) * np.linalg.norm(right), 1e-300))
    return f"{name} is off in {count} of {mine.size} entries; its angle to the right one has cosine {cosine:.4f}."


def plus_param(mine: Array, right: Array, param: Array, unit: Array) -> float | None:
    """Return c where mine = right + c param to rounding and c is not 0, else None."""
    square = float((param * param).sum())
    if not square > 0:
        return None
    c = float(((mine - right) * param).sum()) / square
    fits = (
        np.abs(mine - right - c * param) <= 3 * THRESHOLD * (unit + np.finfo(float).eps * abs(c * param))
    ).all()
    return c if fits and c != 0 else None
