"""The common form of both frameworks' graphs, and the search for a graph's first operation that differs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...witnesses.rounding.units import THRESHOLD, unit

DRAWS = 6


@dataclass(frozen=True)
class Operation:
    """An operation of a step's graph whose result another execution gets wrong.

    number: its place in the graph, from 1.  entry: the worst one.  alone: whether it differs when every operation's
    result is returned; else only where it is fused with what stands before it.
    """

    name: str
    number: int
    operations: int
    entry: tuple[int, ...]
    value: float
    right: float
    ratio: float
    alone: bool = True
    constant: str | None = None

    def sentence(self) -> str:
        """Return what differs first, in words."""
        where = f"{self.name}, operation {self.number} of {self.operations} of its graph"
        if self.constant:
            return f"The first that differs is {where}: {self.constant}"
        entry = f"[{','.join(map(str, self.entry))}]" if self.entry else ""
        fused = "" if self.alone else ", only where it is fused with what stands before it"
        values = f"{self.value:.6g}, {self.right:.6g} is right"
        return f"The first that differs is {where}: its entry {entry} is {values}{fused}"


Values = list[np.ndarray]


def first(
    names: Sequence[str],
    right: Values,
    noise: Sequence[Values],
    found: Values,
    dtype: str,
    alone: bool = True,
    of: int | None = None,
) -> Operation | None:
    """Return the first of the operations whose value rounding does not explain; noise: noisy versions of `right`."""
    for place, (name, here, there) in enumerate(zip(names, right, found, strict=True)):
        size = unit([draw[place] for draw in noise], here, dtype)
        with np.errstate(all="ignore"):
            ratio = np.where(there == here, 0.0, np.abs(there - here) / size)
        ratio = np.where(
            np.isnan(ratio) & ~(np.isnan(here) & np.isnan(there)), np.inf, np.nan_to_num(ratio, posinf=np.inf)
        )
        if ratio.size and not ratio.max() <= THRESHOLD:
            at = np.unravel_index(int(np.argmax(ratio)), ratio.shape)
            entry = tuple(map(int, at))
            values = float(there[at]), float(here[at]), float(ratio[at])
            return Operation(name, place + 1, of or len(names), entry, *values, alone)
    return None


def bisected(count: int, differs: Callable[[int], Any]) -> Any:
    """Return differs(n) of the smallest n in 1..count for which it is true; None where differs(count) is not."""
    found = differs(count)
    low, high = 0, count
    while found and high - low > 1:
        middle = (low + high) // 2
        there = differs(middle)
        if there:
            found, high = there, middle
        else:
            low = middle
    return found


def stale(before: list[tuple[str, list]], now: list[tuple[str, list]]) -> Operation | None:
    """Return the first operation that two traces of one function write down with other constants.

    before, now: of each operation its name and the numbers and arrays it holds, traced on two batches.
    """
    for place, ((name, one), (other, two)) in enumerate(zip(before, now, strict=False)):
        if name != other:
            return Operation(
                other, place + 1, len(now), (), 0, 0, 0, True, f"another operation ({name}) was traced"
            )
        for a, b in zip(one, two, strict=False):
            if np.shape(a) != np.shape(b) or not np.array_equal(a, b):
                said = (
                    f"the value {_shown(a)} was captured when the step was traced; by now it is {_shown(b)}"
                )
                return Operation(name, place + 1, len(now), (), 0, 0, 0, True, said)
    return None


def _shown(value: Any) -> str:
    array = np.asarray(value)
    flat = ", ".join(f"{v:.4g}" for v in array.reshape(-1)[:3].tolist())
    return flat if not array.ndim else f"{flat}{', ...' if array.size > 3 else ''} of shape {array.shape}"
