"""Plant an error in what a right function returns: all arrays, some, a whole one, one entry, two, a row, a class."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....common.arrays import Arrays
from ....judge.report import Report
from .drawing import Drawn
from .loading import users
from .written.hand import Hand

SIZES = ("1e-2", "1e-4", "1e-6", "3 sensitivities")
WHOLE = "whole"
OF_A_SIZE = ("factor", "entry", "opposite entries", "row", "class")
OF_ALL = ("every array", "all but one", "each its factor")
KINDS = ("doubled", "negated", "term added", "swap", *OF_A_SIZE, *OF_ALL)
FACTORS = (-1.0, 2.0, 0.5, 0.1, 0.0125, 0.37, 3.0)  # of all arrays: those of mistakes with a name, and others
COUNTS = 1e-3  # of the largest entry: smaller ones are not changed
SHARE = 0.1  # of the largest entry: a term that is added
APART = 1e-2  # of the larger one: two entries that are swapped
TRIES = 50


@dataclass(frozen=True)
class Planted:
    """A function that returns a wrong gradient.

    kind, size: of the error.  array, index: where.  relative: the size as a number.  sensitivity: what the report on
    the right function says of this array.  also: further arrays that are wrong.
    """

    hand: Hand
    kind: str
    size: str
    array: str
    index: str
    relative: float
    sensitivity: float
    also: frozenset[str] = frozenset()


def planted(drawn: Drawn, right: Report, rng: np.random.Generator, many: int) -> list[Planted]:
    """Draw `many` errors; none in an array that the report takes for zero, where no error is a share of it."""
    with np.errstate(all="ignore"):
        _, grads = drawn.hand(drawn.params, drawn.x, drawn.y)
    sensitivities = {v.name: v.sensitivity for v in right.verdicts if v.sensitivity and v.passes}
    names = [n for n in sensitivities if n in grads and np.abs(grads[n]).max() > 0]
    # What is all rounding is 0 to the formula: adding it is no error.
    kept = {v.name for v in right.verdicts if v.values and _keeps_digits(v.values)}
    found: list[Planted] = []
    for _ in range(TRIES):
        if len(found) == many or not names:
            break
        name, kind = str(rng.choice(names)), str(rng.choice(KINDS))
        size = str(rng.choice(SIZES)) if kind in OF_A_SIZE else WHOLE
        seen = sensitivities[name]
        assert seen is not None
        relative = {WHOLE: 1.0, SIZES[-1]: 3 * seen}.get(size) or float(size)
        if kind in OF_ALL:
            factors = _factors(kind, name, [*grads], len(drawn.x), rng)
            hand = users()["hand"].rescaled(drawn.hand, factors)
            said = ", ".join(f"{n} {f:.3g}" for n, f in factors.items())
            also = frozenset(factors) - {name}
            found.append(Planted(hand, kind, size, name, said, relative, seen, also))
            continue
        made = _change(kind, name, {n: grads[n] for n in names if n == name or n in kept}, relative, rng)
        if made is not None:
            change, index = made
            hand = users()["hand"].spoilt(drawn.hand, name, change)
            found.append(Planted(hand, kind, size, name, index, relative, seen))
    return found


def _keeps_digits(values: Mapping[str, float | None]) -> bool:
    """Whether the worst entry of an array is next to the witnesses'."""
    hand = values.get("hand")
    return hand is not None and all(v is None or abs(v - hand) <= SHARE * abs(v) for v in values.values())


def _factors(
    kind: str, name: str, names: list[str], samples: int, rng: np.random.Generator
) -> dict[str, float]:
    """Return a factor for each array that is wrong, `name` among them."""
    of_batch = (float(samples), 1.0 / samples) if samples > 1 else ()
    one = float(rng.choice([*FACTORS, *of_batch]))
    if kind == "every array":
        return dict.fromkeys(names, one)
    if kind == "each its factor":
        return {n: float(rng.choice(FACTORS)) for n in names}
    left = str(rng.choice([n for n in names if n != name] or [name]))
    return {n: one for n in names if n != left} or {name: one}


def _change(
    kind: str, name: str, grads: Arrays, size: float, rng: np.random.Generator
) -> tuple[Any, str] | None:
    """Return a change of the array and where it is, or None where the array allows none of this kind."""
    errors, g = users()["errors"], grads[name]
    if kind in ("doubled", "negated", "factor"):
        factor = {"doubled": 2.0, "negated": -1.0}.get(kind, 1 + size)
        return errors.scaled(..., factor), "all"
    if kind == "term added":
        others = [n for n, a in grads.items() if n != name and a.shape == g.shape]
        if not others:
            return None
        other = str(rng.choice(others))
        share = SHARE * float(np.abs(g).max()) / float(np.abs(grads[other]).max())
        return errors.added(other, share), f"{share:.3g} {other}"
    counts = [_index(i, g.shape) for i in np.flatnonzero(np.abs(g) >= COUNTS * np.abs(g).max())]
    one, other_one = counts[int(rng.integers(len(counts)))], counts[int(rng.integers(len(counts)))]
    if kind == "entry":
        return errors.scaled(one, 1 + size), str(list(one))
    if kind in ("opposite entries", "swap"):
        difference = abs(float(g[one]) - float(g[other_one]))
        if one == other_one or (kind == "swap" and difference < APART * max(abs(g[one]), abs(g[other_one]))):
            return None
        made = errors.swapped(one, other_one) if kind == "swap" else errors.opposite(one, other_one, size)
        return made, f"{list(one)}, {list(other_one)}"
    if g.ndim < 2:
        return None
    index: Any = (one[0],) if kind == "row" else (..., one[-1])
    return errors.scaled(index, 1 + size), f"[{one[0]}]" if kind == "row" else f"[..., {one[-1]}]"


def _index(flat: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(flat, shape))
