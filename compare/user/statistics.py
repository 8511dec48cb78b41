"""The statistics of an operation, sums and means of its results, held constant: each one, and several together."""

from collections.abc import Iterable, Iterator
from itertools import chain, combinations
from typing import NamedTuple

from ..witnesses import Arrays

MOST = 4  # statistics of which pairs are tried; of more, each of the first eight, and all


class Statistic(NamedTuple):
    """kind: "softmax" of a sum of exp, "mean square" of products, or "mean".  axes: over which; () for all."""

    kind: str
    axes: tuple[int, ...]


Cut = tuple[tuple[Statistic, ...], Arrays]  # what was held constant, and the gradients then


def statistic(made_by: str, axes: int | Iterable[int] | None, ndim: int) -> Statistic:
    """Return the statistic that sums over `axes` what an operation of the name `made_by` gave."""
    given = (axes,) if isinstance(axes, int) else tuple(axes or ())
    squares = any(w in made_by for w in ("mul", "pow", "square", "abs"))
    kind = "softmax" if "exp" in made_by else "mean square" if squares else "mean"
    return Statistic(kind, tuple(sorted(a % max(ndim, 1) for a in given)))


def chosen(count: int) -> Iterator[frozenset[int]]:
    """Yield the sets of statistics, by number, to hold constant."""
    pairs = combinations(range(count), 2) if 2 < count <= MOST else ()
    whole = [range(count)] if count > 1 else []
    yield from map(frozenset, chain(([k] for k in range(min(count, 2 * MOST))), pairs, whole))
