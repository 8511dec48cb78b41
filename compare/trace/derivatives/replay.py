"""Do the recorded operations again, on other numbers: with roundings moved, or in another type."""

import operator
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ...common.arrays import Array, Arrays
from ...witnesses.rounding.noisy import Rounding, moved_result
from ..recording.memory import Buffer, Region, Value
from ..recording.tape import Operation, Tape
from .adjoint import adjoint
from .run import Run
from .slices import Origins

Change = Callable[[Operation, tuple, dict[str, Any], Any], Any]


def replayed(run: Run, inside: Array, change: Change, given: Arrays) -> Tape:
    """Return the tape of the operations `inside`, done again.

    change: (operation, plain arguments, result) -> the result to go on with.  given: {name: parameter} to start from.
    """
    flats: dict[int, Array] = {}

    def memory(buffer: Buffer) -> Array:
        if buffer.serial not in flats:
            start = buffer.owner if buffer.before is None else buffer.before
            flats[buffer.serial] = _flat(start)
        return flats[buffer.serial]

    def read(value: Value) -> Value:
        if value.region is None or not value.region.plain:
            return value
        array = value.region.of(memory(value.region.buffer))
        return Value(value.region, array.copy() if value.region.buffer.before is not None else array)

    for name, value in run.parameters.items():
        assert value.region is not None
        buffer = value.region.buffer
        if buffer.owner.size == value.array.size:  # all of it is given: none is copied
            flats.setdefault(buffer.serial, np.empty(buffer.owner.size, buffer.owner.dtype))
        value.region.of(memory(buffer))[...] = given[name]
    done = []
    for operation in run.tape.operations:
        if not inside[operation.index]:
            continue
        reads = [read(v) for v in operation.reads]
        swap = {id(old): new for old, new in zip(operation.reads, reads, strict=True)}
        again = replace(
            operation,
            reads=reads,
            args=_swapped(operation.args, swap),
            kwargs=_swapped(dict(operation.kwargs), swap),
        )
        again.writes = list(_written(again, operation, memory, change))
        done.append(again)
    return Tape(operations=done)


def _written(
    again: Operation, operation: Operation, memory: Callable[[Buffer], Array], change: Change
) -> Iterator[Value]:
    """Do an operation and store its results; yield them."""
    args, kwargs = again.arguments()
    regions = [v.region for v in operation.writes]
    first = regions[0]
    assert first is not None
    here = first.of(memory(first.buffer)) if first.plain else operation.writes[0].array
    if operation.method == "view":
        yield Value(first, here)
        return
    if operation.method == "setitem":
        here[args[1] if len(args) > 1 else ...] = args[0]
        yield Value(first, here)
        return
    if operation.method == "at":
        operation.function.at(here, *args[1:])
        yield Value(first, here)
        return
    call = operation.function
    if operation.method not in ("__call__", "getitem"):
        call = getattr(call, operation.method)
    results = call(*args, **kwargs)
    listed = list(results) if isinstance(results, (tuple, list)) else [results]
    listed = [
        np.float64(r) if type(r) is float else r for r in listed
    ]  # of math, say: recorded as an array too
    listed = [r for r in listed if isinstance(r, (np.ndarray, np.generic))]
    for region, result in zip(regions, listed, strict=False):
        assert region is not None
        new = change(operation, args, kwargs, result) if len(regions) == 1 else result
        if region.plain:
            part = region.of(memory(region.buffer))
            part[...] = new
            yield Value(region, part.copy() if region.buffer.before is not None else part)
        else:
            yield Value(region, np.asarray(new))


def _flat(array: Array) -> Array:
    """Return a copy of an array's memory as a flat array in the order in which it lies."""
    plain = np.asarray(array).view(np.ndarray)
    return np.array(plain.ravel(order="K"))


def _swapped(tree: Any, swap: dict[int, Value]) -> Any:
    if isinstance(tree, Value):
        return swap[id(tree)]
    if isinstance(tree, (list, tuple)):
        return type(tree)(_swapped(t, swap) for t in tree)
    return {k: _swapped(t, swap) for k, t in tree.items()} if isinstance(tree, dict) else tree


def noisy_derivatives(
    run: Run, origins: Origins, draws: int, seed: int = 0, many: bool = False
) -> tuple[list[Arrays], list[float]]:
    """Return the derivatives by the parameters, and the losses, of replays in which each result moves by an ulp."""
    inside = origins.slice_of([run.loss.region])
    region: Region | None = run.loss.region
    assert region is not None
    rounding = Rounding(seed, many)

    def change(operation: Operation, args: tuple, kwargs: dict[str, Any], result: Any) -> Any:
        if operation.function is operator.getitem:
            return result
        return moved_result(rounding, operation.function, operation.method, args, kwargs, result)

    found, losses = [], []
    with np.errstate(all="ignore"):
        for _ in range(draws):
            start = {n: np.asarray(rounding.moved(np.array(v.array))) for n, v in run.parameters.items()}
            tape = replayed(run, inside, change, start)
            last = tape.operations[-1].writes if tape.operations else []
            losses += [float(np.reshape(value.array, -1)[0]) for value in last[:1]]
            back = adjoint(tape, region)
            found.append(
                {n: np.array(back.at_start(v.region)) for n, v in run.parameters.items() if v.region}
            )
    return found, losses
