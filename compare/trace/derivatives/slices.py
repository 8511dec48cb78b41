"""Which operations a value was made of."""

from collections.abc import Iterable

import numpy as np

from ...common.arrays import Array, distinct
from ..recording.memory import Region, Value
from ..recording.tape import Tape


def geometry(region: Region | None) -> tuple:
    """Return what tells a region from others: its buffer, and where it lies there."""
    assert region is not None
    return region.buffer.serial, region.offset, region.shape, region.strides


class Origins:
    """The last writer of each entry of each buffer, and the operations that each operation reads.

    before: for each operation the operations whose results it read.
    """

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.whole: dict[int, int] = {}  # buffer -> the operation that wrote all of it last
        self.entries: dict[int, Array] = {}  # buffer -> the writer of each entry, where several wrote it
        self.views: dict[tuple, int] = {}  # (buffer, geometry) -> the operation that made the view
        self.before: list[tuple[int, ...]] = []
        self.read: list[tuple[tuple[int, ...], ...]] = []  # the same for each operand
        for operation in tape.operations:
            found: set[int] = set()
            read = []
            for value in operation.reads:
                read.append(tuple(self.of(value.region)))
                found.update(read[-1])
            self.read.append(tuple(read))
            for value in operation.writes:
                if operation.method in ("setitem", "at") and len(operation.args) > 1:
                    found.update(self.of(value.region))  # the rest stays
            found.discard(-1)
            self.before.append(tuple(found))
            for value in operation.writes:
                if operation.method == "view":
                    self.views[geometry(value.region)] = operation.index
                else:
                    self._write(value, operation.index)

    def reading(self, index: int, value: Value) -> tuple[int, ...]:
        """Return the operations whose results one operand of an operation held."""
        operation = self.tape.operations[index]
        return next(r for v, r in zip(operation.reads, self.read[index], strict=True) if v is value)

    def of(self, region: Region | None) -> Iterable[int]:
        """Return the operations that wrote what lies in a region; -1 for what lay there at the start."""
        if region is None:
            return ()
        seen = self.views.get(geometry(region))
        return self._written(region) if seen is None else (*self._written(region), seen)

    def _written(self, region: Region) -> Iterable[int]:
        serial = region.buffer.serial
        if serial not in self.entries:
            return (self.whole.get(serial, -1),)
        if not region.plain:
            return distinct(self.entries[serial])
        return distinct(region.of(self.entries[serial]))

    def writers(self, region: Region) -> Array:
        """Return the operation that wrote each entry of a region last; -1 for what lay there at the start."""
        serial = region.buffer.serial
        if serial in self.entries and region.plain:
            return region.of(self.entries[serial])
        return np.full(region.shape, self.whole.get(serial, -1), np.int32)

    def behind(self, starts: Iterable[int]) -> Array:
        """Return, for each operation, whether one of `starts` was made of it, or is it."""
        inside = np.zeros(len(self.before), bool)
        for index in starts:
            if index >= 0:
                inside[index] = True
        for index in range(len(self.before) - 1, -1, -1):
            if inside[index] and self.before[index]:
                inside[list(self.before[index])] = True
        return inside

    def _write(self, value: Value, index: int) -> None:
        region = value.region
        assert region is not None
        serial, size = region.buffer.serial, region.buffer.owner.size
        if int(np.prod(region.shape)) == size and not region.overlaps:
            self.whole[serial] = index
            self.entries.pop(serial, None)
            return
        if serial not in self.entries:
            entries = max(region.buffer.owner.nbytes // region.buffer.dtype.itemsize, 1)
            self.entries[serial] = np.full(entries, self.whole.get(serial, -1), np.int32)
        if region.plain:
            region.of(self.entries[serial])[...] = index

    def slice_of(self, regions: Iterable[Region | None]) -> Array:
        """Return, for each operation, whether what now lies in `regions` was made of it."""
        return self.behind(index for region in regions for index in self.of(region))
