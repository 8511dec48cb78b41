"""Where a loop that runs a fixed number of times goes to a limit, and how far from it the loop ends."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from ..common.arrays import Array
from .derivatives.run import Run
from .derivatives.slices import Origins, geometry
from .recording.memory import Value
from .recording.tape import Operation, position, where
from .stopping import ROOM, SHRUNK, Stop

FEWEST = 4  # values in a row
JUMP = 4.0  # times the step before: a larger step is no step of an iteration that settles


def settled(run: Run, origins: Origins) -> list[Stop]:
    """Return the loops of a run whose values become still, each made of the one before by the same operations."""
    inside = origins.slice_of([run.loss.region])
    rows: dict[tuple, list[Operation]] = defaultdict(list)
    for operation in run.tape.operations:
        written = operation.writes[0] if len(operation.writes) == 1 else None
        if not inside[operation.index] or written is None or not operation.places or not written.active:
            continue
        if written.region is not None and written.region.dtype.kind == "f":
            region = written.region
            rows[position(operation.places[0]), operation.method, region.offset, region.shape].append(
                operation
            )
    last = _last_writes(run)
    found = []
    for row in rows.values():
        steps = _steps(row)
        if len(row) < FEWEST or not min(steps) <= SHRUNK * max(steps):
            continue
        for chain in _chains(row, origins, last):
            stop = _stop(_steps(chain), chain[-1])
            if stop is not None:
                found.append(stop)
    return found


def _steps(chain: list[Operation]) -> list[float]:
    values = [np.ravel(operation.writes[0].array) for operation in chain]
    return [float(np.linalg.norm(b - a)) for a, b in pairwise(values)]


def _stop(steps: list[float], end: Operation) -> Stop | None:
    """Return the Stop of an iteration with these steps; None where they do not shrink to almost nothing."""
    first, before, last = steps[0], *steps[-2:]
    if not 0 < last < before < steps[-3] or last > SHRUNK * first or not np.isfinite(first):
        return None
    if any(b > JUMP * a for a, b in pairwise(steps)):
        return None
    left = ROOM * len(steps) * last / first / (1 - last / before)
    return Stop(where(end.places), last / first, left, end.index)


def _chains(row: list[Operation], origins: Origins, last: dict[int, int]) -> Iterator[list[Operation]]:
    """Yield the longest parts of a row in which each operation is made of the one before in the same way."""
    chain, way = row[:1], None
    for before, after in pairwise(row):
        new = _way(before.index, after.index, row[0].index, origins, last)
        if new is None or (way is not None and new != way):
            if len(chain) >= FEWEST:
                yield chain
            # What the first step is made of may be another thing: the start.
            chain, way = ([before, after], new) if new is not None else ([after], None)
            continue
        chain, way = [*chain, after], new
    if len(chain) >= FEWEST:
        yield chain


def _way(one: int, other: int, first: int, origins: Origins, last: dict[int, int]) -> frozenset | None:
    """Return what leads from one operation to another; None where the other is not made of it.

    These are the operations between both, with the numbers in them and what they read of memory that the loop does not
    write: layers, or the steps of a sequence, read other parameters or inputs each time.
    """
    operations, todo, seen = origins.tape.operations, [other], {other}
    found: set[Any] = set()
    while todo:
        operation = operations[todo.pop()]
        found.add((position(operation.places[0]) if operation.places else None, operation.name))
        found.update((operation.name, c) for c in _constants((operation.args, dict(operation.kwargs))))
        found.update(
            geometry(v.region)
            for v in operation.reads
            if v.region is not None and last.get(v.region.buffer.serial, -1) < first
        )
        for index in origins.before[operation.index]:
            if index > one and index not in seen:
                seen.add(index)
                todo.append(index)
    return frozenset(found) if any(one in origins.before[i] for i in seen) else None


def _constants(tree: Any) -> Iterator[Any]:
    """Yield the numbers, slices and arrays in an operation's arguments that are on no record."""
    if isinstance(tree, (list, tuple)):
        for t in tree:
            yield from _constants(t)
    elif isinstance(tree, dict):
        yield from _constants(tuple(tree.items()))
    elif not isinstance(tree, Value):
        yield tree.tobytes() if isinstance(tree, (np.ndarray, np.generic)) else repr(tree)


def _last_writes(run: Run) -> dict[int, int]:
    """Return {serial of a buffer: the last operation that wrote to it}."""
    return {
        v.region.buffer.serial: operation.index
        for operation in run.tape.operations
        if operation.method != "view"
        for v in operation.writes
        if v.region is not None
    }


def through(run: Run, origins: Origins, stop: Stop) -> set[str]:
    """Return the parameters of which the end of an iteration is made."""
    inside: Array = origins.behind([stop.end])
    read = {
        v.region.buffer.serial
        for operation in run.tape.operations
        if inside[operation.index]
        for v in operation.reads
        if v.region is not None
    }
    return {n for n, v in run.parameters.items() if v.region and v.region.buffer.serial in read}
