"""Functions that only move entries about, in cells: the function itself moves them."""

from typing import Any

import numpy as np

from ...common.arrays import Array
from ..recording.memory import Value
from .terms import Terms

BASES = (2.0**30, 2.0**40)  # where the numbers of entries begin: whole numbers that no array holds by chance


def moved(t: Terms) -> list[Array] | None:
    """Return the cells of a function that only moves entries, or None where it does more.

    The function itself moves the cells; it did no more where the entries it gave are then those of the record.
    """
    operation = t.operation
    function = operation.function
    values = [v for v in operation.reads if np.asarray(v.array).dtype.kind == "f"]
    if isinstance(function, np.ufunc) or not values:
        return None
    # Each entry has a number of its own. What is the same with other numbers was made by the function.
    sizes = np.cumsum([0, *(np.size(v.array) for v in values)])
    calls = []
    for base in BASES:
        marks = {
            id(v): (base + np.arange(i, i + np.size(v.array), dtype=np.float64)).reshape(np.shape(v.array))
            for v, i in zip(values, sizes, strict=False)
        }
        try:
            found = function(*_marked(operation.args, marks), **_marked(dict(operation.kwargs), marks))
        except Exception:
            return None
        calls.append(list(found) if isinstance(found, (list, tuple)) else [found])
    if any(len(listed) != len(operation.writes) for listed in calls):
        return None
    numbers = np.concatenate([np.ravel(np.asarray(v.array, np.float64)) for v in values])
    cells = np.concatenate([t.read(v).ravel() for v in values])
    made = []
    for one, other, value in zip(*calls, operation.writes, strict=True):
        first, second, result = (np.asarray(a) for a in (one, other, value.array))
        if first.shape != result.shape or second.shape != result.shape or first.dtype.kind not in "fiu":
            return None
        if not (np.isfinite(first) & (np.abs(first) < 2 * BASES[0])).all():
            return None
        own = first == second
        index = np.where(own, 0, first - BASES[0]).astype(np.int64)
        if not (own | (second - first == BASES[1] - BASES[0])).all():
            return None
        if (index < 0).any() or (index >= sizes[-1]).any():
            return None
        if not np.array_equal(np.where(own, first, numbers[index]), result, equal_nan=True):
            return None
        moved_cells = cells[index]
        if own.any():
            moved_cells[own] = t.program.constant(first[own].astype(np.float64))
        made.append(moved_cells)
    return made


def _marked(tree: Any, marks: dict[int, Array]) -> Any:
    if isinstance(tree, Value):
        return marks.get(id(tree), tree.array)
    if isinstance(tree, (list, tuple)):
        return type(tree)(_marked(t, marks) for t in tree)
    return {k: _marked(v, marks) for k, v in tree.items()} if isinstance(tree, dict) else tree
