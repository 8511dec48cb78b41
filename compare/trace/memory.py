"""Where the arrays of a trace lie: each is a region of a buffer, so a view needs no rule and a write no copy."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..common.arrays import Array


class Buffer:
    """Memory that one array owns.

    owner: that array; it is kept, so that its address stays its own.  active: whether it holds what depends on a
    parameter.  held: the records that still read the memory itself; a write copies them first.  before: what lay in
    it when it was first written to in place, or None.
    """

    __slots__ = ("active", "address", "before", "held", "owner", "serial")

    def __init__(self, owner: Array, serial: int, active: bool = False) -> None:
        self.owner, self.serial, self.active = owner, serial, active
        self.address: int = owner.__array_interface__["data"][0]
        self.held: list[Value] = []
        self.before: Array | None = None

    @property
    def dtype(self) -> np.dtype:
        return self.owner.dtype


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a buffer as an array sees it.  offset, strides: in bytes."""

    buffer: Buffer
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: np.dtype

    def of(self, flat: Array) -> Array:
        """Return the same part of another flat array with one entry for each of the buffer's: a view of it."""
        size = self.buffer.dtype.itemsize
        start, steps = self.offset // size, tuple(s // size * flat.itemsize for s in self.strides)
        return as_strided(flat[start:], self.shape, steps)

    @property
    def plain(self) -> bool:
        """Whether entries of the region are whole entries of the buffer."""
        size = self.buffer.dtype.itemsize
        return self.dtype.itemsize == size and not any(s % size for s in (self.offset, *self.strides))

    @property
    def overlaps(self) -> bool:
        """Whether two entries of the region may share their memory, as in a broadcast array or in windows of one."""
        steps = sorted((abs(s), n) for s, n in zip(self.strides, self.shape, strict=True) if n > 1)
        reach = self.dtype.itemsize
        for stride, count in steps:
            if stride < reach:
                return True
            reach = stride * (count - 1) + reach
        return False


@dataclass(slots=True, eq=False)
class Value:
    """An array as an operation read or wrote it.

    region: where it lay; None for a number that the code wrote down.  array: its entries then.
    """

    region: Region | None
    array: Any

    @property
    def active(self) -> bool:
        """Whether it may depend on a parameter."""
        return self.region is not None and self.region.buffer.active


@dataclass(slots=True)
class Memory:
    """The buffers of a trace, found by the array that owns the memory."""

    buffers: dict[int, Buffer] = field(default_factory=dict)
    copied: int = 0  # bytes

    def owned(self, array: Array) -> Buffer:
        """Return the buffer in which `array` lies; a new one where its memory was not seen before."""
        owner = array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        found = self.buffers.get(id(owner))
        if found is None:
            found = self.buffers[id(owner)] = Buffer(owner, len(self.buffers))
        return found

    def region(self, array: Array) -> Region:
        """Return where `array` lies."""
        buffer = self.owned(array)
        offset = array.__array_interface__["data"][0] - buffer.address
        return Region(buffer, offset, array.shape, array.strides, array.dtype)

    def hold(self, value: Value) -> Value:
        """Note that `value` reads live memory."""
        if value.region is not None:
            value.region.buffer.held.append(value)
        return value

    def before_write(self, buffer: Buffer) -> None:
        """Copy what earlier records read from memory that is about to be written."""
        if buffer.before is None:
            buffer.before = np.array(buffer.owner.view(np.ndarray))
        for value in buffer.held:
            value.array = value.array.copy()
            self.copied += value.array.nbytes
        buffer.held.clear()
