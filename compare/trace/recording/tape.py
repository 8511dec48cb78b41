"""The record of a run: each NumPy operation with its operands, its results and the place in the user's code."""

import gc
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

from ...common.arrays import Array
from ...common.child import ROOT
from .memory import PART, Memory, Recorded, Region, Value

Place = tuple[CodeType, int]  # a code object, and the offset of the instruction in it

MOST_OPERATIONS = 400_000
MOST_BYTES = 2 << 30

_LIBRARY = tuple(
    {
        str(Path(np.__file__).parent),
        str(Path(__file__).parents[1]),
        str(Path(ROOT, "manual")),  # its lines are nobody's to change
        str(Path(threading.__file__).parent / "functools.py"),
        str(Path(sysconfig.get_paths()["stdlib"])) + "/contextlib.py",
    }
)


class TooLargeError(Exception):
    """The run has more operations, or more memory, than a trace takes."""


class NotRecordableError(Exception):
    """The code does to an array what a recorded one cannot follow; the message says what."""


def cast(array: Any, dtype: Any) -> Any:
    """Return a copy of an array in another type: the operation that `astype` is recorded as."""
    return np.asarray(array).astype(dtype)


@dataclass(slots=True, eq=False)
class Operation:
    """One NumPy operation.

    function, method: what was called: a ufunc and one of its methods, or a function.
    args, kwargs: its arguments, with a Value for each array.  reads: those values.  writes: its results.
    places: the instruction that called it, then those that called its function, outermost last.
    differenced: whether its derivative was taken by finite differences, for want of a rule.
    """

    index: int
    function: Any
    method: str
    args: tuple
    kwargs: Mapping[str, Any]
    reads: list[Value]
    writes: list[Value]
    places: tuple[Place, ...]
    differenced: bool = False

    @property
    def name(self) -> str:
        """The name of the function, with its method where it is another than the call."""
        name = getattr(self.function, "__name__", str(self.function))
        return name if self.method == "__call__" else f"{name}.{self.method}"

    @property
    def active(self) -> bool:
        """Whether a result may depend on a parameter."""
        return any(v.active for v in self.reads)

    def arguments(self) -> tuple[tuple, dict[str, Any]]:
        """Return the arguments with plain arrays in the places of values."""
        return _plain(self.args), _plain(dict(self.kwargs))


def _plain(tree: Any) -> Any:
    if isinstance(tree, Value):
        return tree.array
    if isinstance(tree, (list, tuple)):
        return type(tree)(_plain(t) for t in tree)
    if isinstance(tree, dict):
        return {k: _plain(t) for k, t in tree.items()}
    return tree


@dataclass
class Tape:
    """The operations of one run in their order.

    lost: places where a value left the record, each with what happened.
    """

    operations: list[Operation] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)
    lost: list[tuple[str, tuple[Place, ...]]] = field(default_factory=list)
    kinds: dict[int, bool] = field(default_factory=dict)  # id of a code object -> whether it is the user's
    codes: list[CodeType] = field(default_factory=list)  # keeps them alive

    def value(self, array: Any) -> Value:
        """Return what `array`, an array of any kind, holds now."""
        value = self.glance(array)
        value.region.buffer.held.append(value)  # type: ignore[union-attr]
        return value

    def glance(self, array: Any) -> Value:
        """Return where `array` lies; its entries are those of the memory, whenever they are looked at."""
        if isinstance(array, Recorded):
            region = array._region
            if region is not None:
                if region.buffer.life is not self.memory.life:
                    if region.buffer.active:
                        self.lose("an array was kept from an earlier run")
                elif region.shape == array.shape:
                    return Value(region, array._plain)
        return Value(self.memory.region(array), array.view(np.ndarray))

    def record(
        self,
        function: Any,
        method: str,
        args: tuple,
        kwargs: Mapping[str, Any],
        reads: list[Value],
        results: list[Array],
        into: Region | None = None,
    ) -> list[Value]:
        """Append an operation whose results are plain arrays, or lie where `into` says; return the results."""
        active = False
        for value in reads:
            region = value.region
            if region is not None and region.buffer.active:
                active = True
                if region.form == PART and not region.plain:
                    self.lose(f"the bytes of {region.buffer.dtype} were read as {region.dtype}")
        memory, writes = self.memory, []
        for array in results:
            region = into
            if region is None:
                region = memory.fresh(array) if array.base is None else memory.region(array)
            value = Value(region, array)
            buffer = region.buffer
            buffer.held.append(value)
            if active:
                kind = buffer.dtype.kind
                if kind == "f":
                    buffer.active = True
                elif kind not in "iub":
                    buffer.active = True
                    self.lose(
                        f"{getattr(function, '__name__', function)} made {array.dtype} numbers of recorded ones"
                    )
            if region.form == PART and buffer.active and not region.plain:
                self.lose(f"the bytes of {buffer.dtype} were written as {region.dtype}")
            writes.append(value)
        operations = self.operations
        if len(operations) >= MOST_OPERATIONS or memory.copied > MOST_BYTES:
            raise TooLargeError
        operations.append(
            Operation(len(operations), function, method, args, kwargs, reads, writes, self.places())
        )
        return writes

    def lose(self, what: str) -> None:
        """Note that a value left the record at this place."""
        self.lost.append((what, self.places()))

    def places(self) -> tuple[Place, ...]:
        """Return where the user's code stands, innermost first."""
        found: list[Place] = []
        kinds = self.kinds
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            code = frame.f_code
            inside = kinds.get(id(code))
            if inside is None:
                inside = _users(code)
                kinds[id(code)] = inside
                self.codes.append(code)
            if inside:
                found.append((code, frame.f_lasti))
            elif code.co_name == "__threeways_entry__":
                break
            frame = frame.f_back
        return tuple(found)


def _users(code: CodeType) -> bool:
    name = code.co_filename
    return not name.startswith(_LIBRARY) and not name.startswith("<__array_function__")


def position(place: Place) -> tuple[CodeType, tuple[int | None, ...]]:
    """Return the code object and the span of source that an instruction belongs to.

    Python may report one of several instructions for the same call, so compare positions, not offsets.
    """
    code, offset = place
    return code, next(islice(code.co_positions(), offset // 2, None))


def where(places: tuple[Place, ...]) -> str:
    """Return the file and line of the innermost place."""
    if not places:
        return "outside the user's code"
    code, span = position(places[0])
    return f"{Path(code.co_filename).name}, line {span[0]}"


_active = threading.local()


def active() -> Tape | None:
    """Return the tape that records this thread, or None."""
    return getattr(_active, "tape", None)


@contextmanager
def recording(tape: Tape) -> Iterator[Tape]:
    """Record this thread's operations on traced arrays on `tape`."""
    before = active()
    _active.tape = tape
    try:
        yield tape
    finally:
        _active.tape = before


_collecting = threading.Lock()
_paused: list[int] = [0, 0]  # how many records pause the collector, and whether it was on before them


@contextmanager
def without_collector() -> Iterator[None]:
    """Pause the garbage collector: it would walk the growing record again and again."""
    with _collecting:
        if not _paused[0]:
            _paused[1] = gc.isenabled()
            gc.disable()
        _paused[0] += 1
    try:
        yield
    finally:
        with _collecting:
            _paused[0] -= 1
            if not _paused[0] and _paused[1]:
                gc.enable()


def __threeways_entry__(function: Callable[..., Any], args: tuple) -> Any:  # noqa: N807 (no name of a user's)
    """Call the user's function: `places` looks no further out than here."""
    return function(*args)
