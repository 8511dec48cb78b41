"""Where the arrays of a trace lie: each is a region of a buffer, so a view needs no rule and a write no copy."""

from typing import Any

import numpy as np

from ...common.arrays import Array

PART, SAME, TURNED, RESHAPED = range(4)  # how a region lies in its buffer's owner


class Life:
    """Whether a run still goes on, and what it lost to threads without a record. One for each Memory."""

    __slots__ = ("on", "strayed")

    def __init__(self) -> None:
        self.on, self.strayed = True, False


class Buffer:
    """Memory that one array owns.

    owner: that array; it is kept, so that its address stays its own.  active: whether it holds what depends on a
    parameter.  held: the records that still read the memory itself; a write copies them first.  before: what lay in
    it when it was first written to in place, or None.
    """

    __slots__ = ("_address", "active", "before", "dtype", "held", "life", "owner", "serial")

    def __init__(self, owner: Array, life: Life, serial: int) -> None:
        self.owner, self.life, self.serial = owner, life, serial
        self.active = False
        self.dtype: np.dtype = owner.dtype
        self.held: list[Value] = []
        self.before: Array | None = None
        self._address: int | None = None

    @property
    def address(self) -> int:
        """The address of the first byte."""
        if self._address is None:
            self._address = self.owner.__array_interface__["data"][0]
        return self._address


class Region:
    """A part of a buffer as an array sees it.

    offset, strides: in bytes.  form: whether it is the whole buffer in the shape of its owner (SAME), with the axes
    reversed (TURNED) or in another shape (RESHAPED), or a part of it (PART).
    """

    __slots__ = ("buffer", "dtype", "form", "offset", "shape", "strides")

    def __init__(
        self,
        buffer: Buffer,
        offset: int,
        shape: tuple[int, ...],
        strides: tuple[int, ...],
        dtype: np.dtype,
        form: int,
    ) -> None:
        self.buffer, self.offset, self.shape, self.strides = buffer, offset, shape, strides
        self.dtype, self.form = dtype, form

    def of(self, flat: Array) -> Array:
        """Return the same part of another flat array with one entry for each of the buffer's: a view of it."""
        if not flat.size or 0 in self.shape:
            return np.empty(self.shape, flat.dtype)
        size, entry = self.buffer.dtype.itemsize, flat.itemsize
        if size == entry:
            return np.ndarray(self.shape, flat.dtype, flat, self.offset, self.strides)
        steps = tuple(s // size * entry for s in self.strides)
        return np.ndarray(self.shape, flat.dtype, flat, self.offset // size * entry, steps)

    @property
    def plain(self) -> bool:
        """Whether entries of the region are whole entries of the buffer."""
        size = self.buffer.dtype.itemsize
        return self.form != PART or (
            self.dtype.itemsize == size and not any(s % size for s in (self.offset, *self.strides))
        )

    @property
    def overlaps(self) -> bool:
        """Whether two entries of the region may share their memory, as in a broadcast array or in windows of one."""
        if self.form != PART:
            return False
        steps = sorted((abs(s), n) for s, n in zip(self.strides, self.shape, strict=True) if n > 1)
        reach = self.dtype.itemsize
        for stride, count in steps:
            if stride < reach:
                return True
            reach = stride * (count - 1) + reach
        return False


class Recorded(np.ndarray):
    """An array on the record.  _region: where it lies, where that is known.  _plain: the same array, of no kind."""

    _region: Region | None = None
    _plain: Any = None


class Value:
    """An array as an operation read or wrote it.

    region: where it lay; None for a number that the code wrote down.  array: its entries then.
    """

    __slots__ = ("array", "region")

    def __init__(self, region: Region | None, array: Any) -> None:
        self.region, self.array = region, array

    @property
    def active(self) -> bool:
        """Whether it may depend on a parameter."""
        return self.region is not None and self.region.buffer.active


class Memory:
    """The buffers of a trace, found by the array that owns the memory.

    copied: bytes.
    """

    def __init__(self) -> None:
        self.buffers: dict[int, Buffer] = {}
        self.copied = 0
        self.life = Life()

    def owned(self, array: Array) -> Buffer:
        """Return the buffer in which `array` lies; a new one where its memory was not seen before."""
        owner = owner_of(array)
        found = self.buffers.get(id(owner))
        if found is None:
            found = self.buffers[id(owner)] = Buffer(owner, self.life, len(self.buffers))
        return found

    def region(self, array: Array) -> Region:
        """Return where `array` lies."""
        buffer = self.owned(array)
        owner, shape, strides = buffer.owner, array.shape, array.strides
        offset = 0 if array is owner else array.__array_interface__["data"][0] - buffer.address
        form = PART
        if not offset and array.dtype is buffer.dtype:
            if shape == owner.shape and strides == owner.strides:
                form = SAME
            elif array.size == owner.size:
                if shape == owner.shape[::-1] and strides == owner.strides[::-1]:
                    form = TURNED
                elif array.flags.c_contiguous and owner.flags.c_contiguous:
                    form = RESHAPED
        return Region(buffer, offset, shape, strides, array.dtype, form)

    def fresh(self, array: Array) -> Region:
        """Return the region of an array that has just been made and owns its memory."""
        buffers = self.buffers
        buffer = buffers[id(array)] = Buffer(array, self.life, len(buffers))
        return Region(buffer, 0, array.shape, array.strides, buffer.dtype, SAME)

    def hold(self, value: Value) -> None:
        """Note that `value` reads live memory."""
        assert value.region is not None
        value.region.buffer.held.append(value)

    def close(self) -> None:
        """End the run: what is written to the memory from now on is not noticed."""
        self.life.on = False
        for buffer in self.buffers.values():
            buffer.held = []  # they would keep one another alive

    def before_write(self, buffer: Buffer) -> None:
        """Copy what earlier records read from memory that is about to be written."""
        if buffer.before is None:
            buffer.before = np.array(buffer.owner.view(np.ndarray))
        for value in buffer.held:
            value.array = value.array.copy()
            self.copied += value.array.nbytes
        buffer.held.clear()


def owner_of(array: Array) -> Array:
    """Return the array that owns the memory of `array`."""
    owner, base = array, array.base
    while base is not None:
        if isinstance(base, np.ndarray):
            owner = base
        elif type(base).__name__ != "DummyArray":  # NumPy's own, between an as_strided view and its array
            break
        base = base.base
    return owner
