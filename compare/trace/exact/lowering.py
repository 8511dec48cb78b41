"""Lower a record to cells: memory becomes arrays of cells, and each operation a few steps."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...common.arrays import Array
from ..derivatives.run import Run
from ..derivatives.slices import Origins
from ..recording.memory import Buffer, Region, Value
from ..recording.tape import Operation, where
from . import functions, ufuncs
from .program import Program, TooManyCellsError
from .symbols import by_symbols
from .terms import Condition, NotCoveredError, Terms


@dataclass
class Lowered:
    """The cells of a run.

    parameters: {name: cells at the start}.  loss: one cell.  conditions: the choices that the run took.
    ties: the operations that took one between numbers that are equal but for rounding, each as
        often as it has other choices.
    pairs: the cells that were equal in those.
    made: {operation: the cells of its results}, of those that computed numbers.
    """

    program: Program
    parameters: dict[str, Array]
    loss: Array
    conditions: list[Condition]
    ties: list[Operation]
    made: dict[int, Array]
    flats: dict[int, Array] = field(default_factory=dict)
    pairs: set[frozenset[int]] = field(default_factory=set)

    def cells(self, value: Value) -> Array:
        """Return the cells of what a value's region holds at the end of the run."""
        assert value.region is not None
        return value.region.of(self.flats[value.region.buffer.serial])


def lowered(
    run: Run,
    origins: Origins,
    wanted: Sequence[Value],
    other: int = 0,
    guards: list[float] | None = None,
) -> Lowered:
    """Lower the operations that made the loss and the `wanted` values, whose cells can then be asked for.

    other: where the run chose between equal numbers, take another: the first, the second, as many as there are.
    guards: leave the small constants out of logarithms, and note them here.
    Raises NotCoveredError where an operation on a parameter's numbers has no formula here.
    """
    return _Lowering(run, other, guards).lower(origins, wanted)


class _Lowering:
    def __init__(self, run: Run, other: int, guards: list[float] | None) -> None:
        self.run, self.other, self.guards = run, other, guards
        self.program = Program()
        self.flats: dict[int, Array] = {}
        self.inputs = {id(a) for a in run.inputs}
        self.conditions: list[Condition] = []
        self.ties: list[Operation] = []
        self.pairs: set[frozenset[int]] = set()

    def memory(self, buffer: Buffer) -> Array:
        """Return the cells of a buffer in the order of its memory."""
        flat = self.flats.get(buffer.serial)
        if flat is None:
            start = buffer.owner if buffer.before is None else buffer.before
            numbers = np.asarray(start).view(np.ndarray).ravel(order="K")
            if numbers.dtype.kind not in "fiub":
                raise NotCoveredError(f"{numbers.dtype} numbers")
            exact = numbers.dtype.kind != "f" or id(buffer.owner) in self.inputs
            flat = self.flats[buffer.serial] = np.array(self.program.constant(numbers, exact)).reshape(-1)
        return flat

    def lower(self, origins: Origins, wanted: Sequence[Value]) -> Lowered:
        run, made = self.run, {}
        inside = origins.slice_of([run.loss.region, *(v.region for v in wanted)])
        parameters = {}
        for name, value in run.parameters.items():
            assert value.region is not None
            self.inputs.add(id(value.region.buffer.owner))
            parameters[name] = value.region.of(self.memory(value.region.buffer)).copy()
        try:
            for operation in run.tape.operations:
                if inside[operation.index]:
                    cells = self._done(operation)
                    if cells is not None:
                        made[operation.index] = cells
            for value in (run.loss, *wanted):
                assert value.region is not None
                self.memory(value.region.buffer)
        except TooManyCellsError as error:
            raise NotCoveredError("the run has too many numbers to be done again") from error
        found = Lowered(
            self.program, parameters, np.array(0), self.conditions, self.ties, made, self.flats, self.pairs
        )
        found.loss = found.cells(run.loss).reshape(-1)[:1]
        return found

    def _read(self, value: Value) -> Array:
        if value.region is None:
            return self._given(value.array)
        if not value.region.plain:
            if not value.active and value.array.dtype.kind in "fiub":  # a field of a structured batch
                return self.program.constant(value.array)
            raise NotCoveredError("bytes read as another type")
        return value.region.of(self.memory(value.region.buffer)).copy()

    def _given(self, numbers: Any) -> Array:
        """Return the cells of numbers that the code wrote down, or that left the record."""
        array = np.asarray(numbers)
        if array.dtype.kind not in "fiub":
            raise NotCoveredError(f"{array.dtype} numbers")
        return self.program.constant(array, exact=array.dtype.kind != "f")

    def _done(self, operation: Operation) -> Array | None:
        """Do an operation on cells, and store its results."""
        if operation.method == "view":
            return None
        regions = [v.region for v in operation.writes]
        first = regions[0]
        assert first is not None
        if not first.plain:
            raise NotCoveredError("bytes written as another type")
        terms = Terms(
            self.program,
            operation,
            self._read,
            self.conditions,
            self.ties,
            self.other,
            self.guards,
            self.pairs,
        )
        here = first.of(self.memory(first.buffer))
        if operation.method == "setitem":
            source = terms.cells(operation.args[0])
            here[operation.args[1] if len(operation.args) > 1 else ...] = source
            return None
        if operation.method == "at":
            self._at(operation, terms, here)
            return here
        if not operation.active or first.dtype.kind not in "f":
            self._constants(operation, terms, regions)
            return None
        results = _results(terms)
        for region, cells in zip(regions, results, strict=True):
            assert region is not None
            region.of(self.memory(region.buffer))[...] = np.broadcast_to(cells, region.shape)
        return results[0]

    def _constants(self, operation: Operation, terms: Terms, regions: list[Region | None]) -> None:
        """Store the results of an operation on no parameter: by its formula where there is one."""
        terms.note_comparison()
        results: list[Array] | None = None
        truths = terms.truths()
        if truths is not None:
            results = [self.program.constant(truths)]
        elif all(r is not None and r.dtype.kind == "f" for r in regions):
            try:
                results = _results(terms)
            except NotCoveredError:
                results = None
        if results is None:
            results = [
                self.program.constant(np.asarray(v.array), np.asarray(v.array).dtype.kind != "f")
                for v in operation.writes
            ]
        for region, cells in zip(regions, results, strict=True):
            assert region is not None
            region.of(self.memory(region.buffer))[...] = np.broadcast_to(cells, region.shape)

    def _at(self, operation: Operation, terms: Terms, here: Array) -> None:
        """Add at indices, each as often as it stands there."""
        kind = {np.add: "add", np.subtract: "sub", np.multiply: "mul", np.divide: "div"}.get(
            operation.function
        )
        if kind is None or len(operation.args) != 3:
            raise NotCoveredError(f"{operation.name}, {where(operation.places)}")
        places = np.arange(here.size).reshape(here.shape)[operation.args[1]]
        given = np.broadcast_to(terms.cells(operation.args[2]), places.shape).ravel()
        flat = here.reshape(-1).copy()
        order = np.argsort(places.ravel(), kind="stable")
        into = places.ravel()[order]
        starts = np.flatnonzero(np.diff(into, prepend=-1))
        targets = into[starts]
        if kind in ("add", "sub"):
            sums = self.program.segments(given[order], starts) if len(starts) < len(into) else given[order]
            flat[targets] = self.program.apply(kind, flat[targets], sums)
        else:
            for i in range(int(np.diff(np.append(starts, len(into))).max(initial=0))):
                counts = np.diff(np.append(starts, len(into)))
                some = counts > i
                flat[targets[some]] = self.program.apply(
                    kind, flat[targets[some]], given[order][starts[some] + i]
                )
        here[...] = flat.reshape(here.shape)


def _results(terms: Terms) -> list[Array]:
    """Return the cells of an operation's results. Raises NotCoveredError."""
    operation = terms.operation
    found: Any = None
    if operation.method == "getitem":
        return [terms.cells(operation.args[0])[operation.args[1]]]
    if isinstance(operation.function, np.ufunc):
        found = ufuncs.lower(terms)
    if found is None:
        found = functions.lower(terms)
    if found is None:
        found = by_symbols(terms)
    if found is None:
        raise NotCoveredError(f"{operation.name}, {where(operation.places)}")
    return found if isinstance(found, list) else [found]
