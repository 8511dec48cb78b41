"""Walk a record back from the loss: the derivative by every value that the loss was made of."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..common.arrays import Array
from .memory import Buffer, Region, Value
from .rules import cotangents
from .tape import Operation, Tape


@dataclass
class Adjoint:
    """The derivatives of one number by what it was made of.

    by_operation: {index: the derivative by what the operation wrote}.
    edges: (index, position among the operation's reads) -> the part of the derivative by that operand that goes
    through this operation alone.
    memory: what is left at the start of the run: the derivative by what lay in each buffer then.
    """

    by_operation: dict[int, list[Array | None]] = field(default_factory=dict)
    edges: dict[tuple[int, int], Array] = field(default_factory=dict)
    memory: dict[int, Array] = field(default_factory=dict)

    def at_start(self, region: Region) -> Array:
        """Return the derivative by what lay in a region before the first operation."""
        found = self.memory.get(region.buffer.serial)
        return np.zeros(region.shape) if found is None else region.of(found).copy()


def adjoint(tape: Tape, loss: Region, upto: int | None = None, seed: Any = 1.0, edges: bool = False) -> Adjoint:
    """Return the derivatives of what lies in `loss` after the operation `upto`, times `seed`.

    edges: keep the part of each derivative that goes through each operation. Raises rules.NoRuleError.
    """
    found = Adjoint()
    memory = found.memory
    _add(memory, loss, np.broadcast_to(np.asarray(seed, np.float64), loss.shape))
    last = len(tape.operations) if upto is None else upto + 1
    with np.errstate(all="ignore"):
        for operation in reversed(tape.operations[:last]):
            _back(operation, found, edges)
    return found


def _back(operation: Operation, found: Adjoint, edges: bool) -> None:
    memory = found.memory
    gs: list[Array | None] = []
    for value in operation.writes:
        region = value.region
        assert region is not None
        flat = memory.get(region.buffer.serial)
        if flat is None or not region.buffer.active or not region.plain:
            gs.append(None)
            continue
        here = region.of(flat)
        gs.append(here.copy())
        if not _adds(operation):
            here[...] = 0
    if all(g is None or not g.any() for g in gs):
        return
    if operation.method == "view":
        found.by_operation[operation.index] = gs
        return
    found.by_operation[operation.index] = gs
    if operation.method == "setitem":
        _written(operation, gs[0], memory, found, edges)
        return
    if operation.method == "at":
        _added_at(operation, gs[0], memory, found, edges)
        return
    if not operation.active:
        return
    positions = {id(v): i for i, v in enumerate(operation.reads)}
    for value, g in cotangents(operation, gs):
        if edges:
            found.edges[operation.index, positions[id(value)]] = g
        _add(memory, value.region, g)


def _adds(operation: Operation) -> bool:
    """Whether the operation leaves what lay there in place."""
    return operation.method in ("at", "view") or (operation.method == "setitem" and len(operation.args) == 2)


def _written(operation: Operation, g: Any, memory: dict[int, Array], found: Adjoint, edges: bool) -> None:
    """Hand the cotangent of entries that were overwritten to what was written there."""
    if len(operation.args) == 1:
        parts = g
    else:
        key = operation.args[1]
        region = operation.writes[0].region
        assert region is not None
        here = region.of(memory[region.buffer.serial])
        parts = here[key].copy()
        # Of entries that were written more than once, the last counts.
        winner = np.full(region.shape, -1, np.int64)
        order = np.arange(parts.size).reshape(parts.shape)
        winner[key] = order
        parts = np.where(winner[key] == order, parts, 0.0)
        here[key] = 0
    source = operation.args[0]
    if isinstance(source, Value):
        _hand(operation, source, parts, memory, found, edges)
    elif operation.reads:  # a list of numbers
        total = np.broadcast_to(parts, np.shape(parts)).reshape(-1)
        for value, part in zip(operation.reads, total, strict=False):
            _hand(operation, value, part, memory, found, edges)


def _added_at(operation: Operation, g: Any, memory: dict[int, Array], found: Adjoint, edges: bool) -> None:
    if len(operation.args) < 3 or not operation.args[2:] or not isinstance(operation.args[2], Value):
        return
    key = operation.args[1]
    key = key.array if isinstance(key, Value) else _keys(key)
    sign = {np.add: 1.0, np.subtract: -1.0}.get(operation.function)
    if sign is None:
        from .rules import NoRuleError

        raise NoRuleError(operation.name)
    _hand(operation, operation.args[2], sign * g[key], memory, found, edges)


def _keys(key: Any) -> Any:
    return tuple(k.array if isinstance(k, Value) else k for k in key) if isinstance(key, tuple) else key


def _hand(
    operation: Operation, value: Value, g: Any, memory: dict[int, Array], found: Adjoint, edges: bool
) -> None:
    from .rules import summed_to

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
    _add(memory, value.region, g)


def _add(memory: dict[int, Array], region: Region | None, g: Any) -> None:
    if region is None or not region.plain:
        return
    buffer: Buffer = region.buffer
    flat = memory.get(buffer.serial)
    if flat is None:
        size = buffer.owner.nbytes // buffer.dtype.itemsize
        flat = memory[buffer.serial] = np.zeros(size)
    if region.overlaps:
        positions = region.of(np.arange(flat.size))
        np.add.at(flat, positions.ravel(), np.broadcast_to(g, region.shape).ravel())
    else:
        here = region.of(flat)
        here += np.asarray(g).reshape(region.shape)


def derivatives(found: Adjoint, at: Iterable[tuple[str, Region]]) -> dict[str, Array]:
    """Return the derivative by each named array as it lay at the start."""
    return {name: found.at_start(region) for name, region in at}
