"""Walk a record back from the loss: the derivative by every value that the loss was made of."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...common.arrays import Array
from ..recording.memory import PART, SAME, TURNED, Region, Value
from ..recording.tape import Operation, Tape, without_collector
from ..rules import NoRuleError, cotangents, summed_to


class Adjoint:
    """The derivatives of one number by what it was made of.

    by_operation: {index: the derivative by what the operation wrote}.
    edges: (index, position among the operation's reads) -> the part of the derivative by that operand that goes
    through this operation alone.
    filled: {index: the derivative by a whole buffer after the last operation that wrote a part of it}, with the edges.

    What is left at the end is the derivative by what lay in each buffer at the start of the run. The derivative by a
    buffer is kept as it was computed, in the shape of its owner, until a part of it is asked for.
    """

    def __init__(self) -> None:
        self.by_operation: dict[int, list[Array | None]] = {}
        self.edges: dict[tuple[int, int], Array] = {}
        self.filled: dict[int, Array] = {}
        self._written: set[int] = set()  # buffers
        self._whole: dict[int, Array] = {}  # buffer -> the derivative; never written to, others may share it
        self._flat: dict[int, Array] = {}  # buffer -> the same in the order of the memory

    def at_start(self, region: Region) -> Array:
        """Return the derivative by what lay in a region before the first operation."""
        found = self.take(region, False)
        return np.zeros(region.shape) if found is None else np.array(found)

    def take(self, region: Region, remove: bool) -> Array | None:
        """Return the derivative by what lies in a region, and remove it."""
        serial = region.buffer.serial
        if region.form != PART:
            found = self._whole.get(serial)
            if found is not None:
                if remove:
                    del self._whole[serial]
                if region.form != SAME:
                    found = found.T if region.form == TURNED else found.reshape(region.shape)
                return found
            if serial not in self._flat:
                return None
        elif serial not in self._flat and serial not in self._whole:
            return None
        here = region.of(self.flat(region))
        found = here.copy()
        if remove:
            here[...] = 0
        return found

    def met(self, index: int, region: Region) -> None:
        """Keep the derivative by a buffer of which an operation wrote a part, if none wrote into it later."""
        serial, owner = region.buffer.serial, region.buffer.owner
        if (
            region.form == PART
            and serial not in self._written
            and (serial in self._flat or serial in self._whole)
        ):
            every = Region(region.buffer, 0, owner.shape, owner.strides, region.buffer.dtype, SAME)
            self.filled[index] = every.of(self.flat(region)).copy()
        self._written.add(serial)

    def flat(self, region: Region) -> Array:
        """Return the derivative by a buffer in the order of its memory, to be written to."""
        buffer = region.buffer
        serial = buffer.serial
        flat = self._flat.get(serial)
        if flat is None:
            size = buffer.owner.nbytes // max(buffer.dtype.itemsize, 1)
            whole = self._whole.pop(serial, None)
            flat = self._flat[serial] = np.zeros(size)
            if whole is not None:
                Region(buffer, 0, buffer.owner.shape, buffer.owner.strides, buffer.dtype, SAME).of(flat)[
                    ...
                ] = whole
        return flat

    def add(self, region: Region | None, g: Any) -> None:
        """Add to the derivative by what lies in a region."""
        if region is None or not region.plain:
            return
        serial = region.buffer.serial
        if type(g) is not np.ndarray or g.dtype != np.float64:
            g = np.asarray(g, np.float64)
        if region.form != PART and serial not in self._flat:
            if region.form != SAME:
                g = g.reshape(region.shape)
                g = g.T if region.form == TURNED else g.reshape(region.buffer.owner.shape)
            elif g.shape != region.shape:
                g = g.reshape(region.shape)
            before = self._whole.get(serial)
            self._whole[serial] = g if before is None else before + g
            return
        flat = self.flat(region)
        if region.overlaps:
            positions = region.of(np.arange(flat.size)).ravel()
            flat += np.bincount(positions, np.broadcast_to(g, region.shape).ravel(), minlength=flat.size)
        else:
            here = region.of(flat)
            here += g.reshape(region.shape)


def adjoint(
    tape: Tape, loss: Region, upto: int | None = None, seed: Any = 1.0, edges: bool = False
) -> Adjoint:
    """Return the derivatives of what lies in `loss` after the operation `upto`, times `seed`.

    edges: keep the part of each derivative that goes through each operation. Raises rules.NoRuleError.
    """
    found = Adjoint()
    found.add(loss, np.broadcast_to(np.asarray(seed, np.float64), loss.shape))
    last = len(tape.operations) if upto is None else upto + 1
    with without_collector(), np.errstate(all="ignore"):
        for operation in reversed(tape.operations[:last]):
            _back(operation, found, edges)
    return found


def _back(operation: Operation, found: Adjoint, edges: bool) -> None:
    gs: list[Array | None] = []
    some, method = False, operation.method
    for value in operation.writes:
        region = value.region
        assert region is not None
        g = None
        if region.buffer.active and region.plain:
            if edges:
                found.met(operation.index, region)
            g = _received(operation, region, found)
            some = some or (g is not None and bool(np.count_nonzero(g)))
        gs.append(g)
    if not some:
        return
    found.by_operation[operation.index] = gs
    if method == "view":
        return
    if method == "setitem":
        _written(operation, gs[0], found, edges)
    elif method == "at":
        _added_at(operation, gs[0], found, edges)
    elif not operation.active:
        return
    elif edges:
        positions = {id(v): i for i, v in enumerate(operation.reads)}
        for value, g in cotangents(operation, gs):
            found.edges[operation.index, positions[id(value)]] = g
            found.add(value.region, g)
    else:
        for value, g in cotangents(operation, gs):
            found.add(value.region, g)


def _received(operation: Operation, region: Region, found: Adjoint) -> Array | None:
    """Return the derivative by what the operation wrote; remove it unless what lay there stays."""
    method = operation.method
    if method in ("at", "view") or (method == "setitem" and len(operation.args) == 2):
        return found.take(region, False)
    g = found.take(region, True)
    where = operation.kwargs.get("where", True) if operation.kwargs and method == "__call__" else True
    if where is not True and g is not None and isinstance(operation.function, np.ufunc):
        mask = where.array if isinstance(where, Value) else where
        found.add(region, np.where(mask, 0.0, g))  # there the old entries stay
        g = np.where(mask, g, 0.0)
    return g


def _written(operation: Operation, g: Any, found: Adjoint, edges: bool) -> None:
    """Hand the derivative by entries that were overwritten to what was written there."""
    if len(operation.args) == 1:
        parts = g
    else:
        key = operation.args[1]
        region = operation.writes[0].region
        assert region is not None
        here = region.of(found.flat(region))
        parts = here[key].copy()
        # Of entries that were written more than once, the last counts.
        winner = np.full(region.shape, -1, np.int64)
        order = np.arange(parts.size).reshape(parts.shape)
        winner[key] = order
        parts = np.where(winner[key] == order, parts, 0.0)
        here[key] = 0
    source = operation.args[0]
    if isinstance(source, Value):
        _hand(operation, source, parts, found, edges)


def _added_at(operation: Operation, g: Any, found: Adjoint, edges: bool) -> None:
    sign = {np.add: 1.0, np.subtract: -1.0}.get(operation.function)
    if sign is None or len(operation.args) != 3:
        raise NoRuleError(operation.name)
    if isinstance(operation.args[2], Value):
        _hand(operation, operation.args[2], sign * g[operation.args[1]], found, edges)


def _hand(operation: Operation, value: Value, g: Any, found: Adjoint, edges: bool) -> None:
    if not value.active or value.region is None:
        return
    shape = np.shape(value.array)
    g = np.asarray(g)
    if g.ndim < len(shape):
        g = g.reshape((1,) * (len(shape) - g.ndim) + g.shape)
    g = summed_to(g, shape)
    if edges:
        position = next(i for i, v in enumerate(operation.reads) if v is value)
        found.edges[operation.index, position] = g
    found.add(value.region, g)


def derivatives(found: Adjoint, at: Iterable[tuple[str, Region]]) -> dict[str, Array]:
    """Return the derivative by each named array as it lay at the start."""
    return {name: found.at_start(region) for name, region in at}
