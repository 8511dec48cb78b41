"""Put stand-ins and recorded arrays where a call of the user's function may find them, and take them out again.

An array that was made before the run (a weight buffer of a layer, a constant of the module) does not record what is
written to it. So each that can be reached from the function, through globals, closures, attributes, lists and dicts,
is replaced by a recorded view of it for the time of the run.
"""

import builtins
import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ...user.origin import LIBRARIES, foreign, is_users
from .kinds import Recorded, is_number, plain_number, traced
from .reaching import foreign_function, functions_of
from .standins import GENERATORS, Float, real_of, stand_in, stands_in
from .tape import active

MOST_SLOTS = 100_000
MOST_ITEMS = 10_000  # of one list or dict
_ABSENT = object()


class _Slot:
    """A place that holds a value: an entry of a dict or list, a closure's cell, an attribute."""

    __slots__ = ("holder", "name")

    def __init__(self, holder: Any, name: Any = None) -> None:
        self.holder, self.name = holder, name

    @property
    def key(self) -> tuple[int, Any]:
        return id(self.holder), self.name

    def get(self) -> Any:
        holder = self.holder
        try:
            if isinstance(holder, CellType):
                return holder.cell_contents
            return holder[self.name] if isinstance(holder, (dict, list)) else getattr(holder, self.name)
        except (ValueError, KeyError, IndexError, AttributeError):
            return _ABSENT

    def set(self, value: Any) -> None:
        holder = self.holder
        try:
            if isinstance(holder, CellType):
                holder.cell_contents = value
            elif isinstance(holder, (dict, list)):
                if value is _ABSENT:
                    del holder[self.name]
                else:
                    holder[self.name] = value
            elif isinstance(holder, type):
                setattr(holder, self.name, value)
            else:
                object.__setattr__(holder, self.name, value)
        except (KeyError, IndexError, AttributeError, TypeError):
            pass


def _slots(root: Any, functions: list[FunctionType]) -> Iterator[_Slot]:
    """Yield each place that a call of `root` may reach."""
    queue: list[Any] = [root, *functions]
    seen: set[int] = set()
    keep: list[Any] = []  # so that no id is given twice
    count = 0
    for each in functions:
        queue.append(each.__globals__)
    while queue and count < MOST_SLOTS:
        value = queue.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        keep.append(value)
        for slot in _of(value, queue):
            count += 1
            yield slot
            inner = slot.get()
            if not _is_plain(inner):
                queue.append(inner)


_LEAVES = (int, float, str, bytes, bool, type(None), np.ndarray, np.float64, complex)


def _is_plain(value: Any) -> bool:
    return isinstance(value, _LEAVES) or stands_in(value)


def _of(value: Any, queue: list[Any]) -> Iterator[_Slot]:
    """Yield the places in a value; append to the queue what it holds otherwise."""
    kind = type(value)
    if isinstance(value, dict):
        yield from (_Slot(value, name) for name in list(value)[:MOST_ITEMS])
    elif isinstance(value, list):
        yield from (_Slot(value, i) for i in range(min(len(value), MOST_ITEMS)))
    elif kind is tuple:
        queue += [v for v in value[:MOST_ITEMS] if not _is_plain(v)]
    elif kind is FunctionType:
        if foreign_function(value):
            return
        yield from (_Slot(cell) for cell in value.__closure__ or ())
        if value.__defaults__:
            yield _Slot(value, "__defaults__")
        queue += [value.__kwdefaults__, value.__dict__]
    elif kind is MethodType:
        queue += [value.__func__, value.__self__]
    elif isinstance(value, functools.partial):
        queue += [value.func, value.args, value.keywords]
    elif kind is np.vectorize:
        queue.append(value.pyfunc)
    elif isinstance(value, ModuleType):
        if not foreign(value):
            queue.append(vars(value))
    elif isinstance(value, type):
        if is_users(value):
            yield from (_Slot(value, n) for n, v in vars(value).items() if isinstance(v, np.ndarray))
            queue += [v for v in vars(value).values() if isinstance(v, (dict, list, FunctionType))]
    elif is_users(kind):
        queue.append(kind)
        if isinstance(getattr(value, "__dict__", None), dict):
            queue.append(vars(value))
        for each in kind.__mro__:
            names = each.__dict__.get("__slots__", ())
            yield from (
                _Slot(value, n) for n in ((names,) if isinstance(names, str) else names) if n[:2] != "__"
            )


def _replacement(value: Any) -> Any:
    """Return what stands in a place for the time of the run."""
    kind = type(value)
    if kind is np.ndarray:
        return traced(value) if value.dtype.kind == "f" else value
    if kind is tuple and any(type(v) is np.ndarray for v in value):
        return tuple(_replacement(v) for v in value)
    if kind in (dict, list, str, int, float, tuple) or stands_in(value):
        return value
    if isinstance(value, (*GENERATORS, np.vectorize, np.ufunc)):
        return stand_in(value)
    if isinstance(value, ModuleType):
        return stand_in(value) if value.__name__.split(".")[0] in LIBRARIES else value
    module = getattr(value, "__module__", None)
    if isinstance(module, str) and module.split(".")[0] in LIBRARIES and callable(value):
        return stand_in(value)
    return value


def _restored(value: Any, originals: dict[int, Any]) -> Any:
    """Return a value as a plain run would have left it."""
    if isinstance(value, Recorded):
        region = value._region
        if region is not None and region.buffer.life.on:  # another thread's
            return value
        found = originals.get(id(value))
        if found is not None:
            return found
        base = value.base
        same = type(base) is np.ndarray and base.shape == value.shape and base.strides == value.strides
        return base if same else value.view(np.ndarray)
    if is_number(value):
        return value if value.region.buffer.life.on else plain_number(value)
    if type(value) is tuple and any(isinstance(v, Recorded) or is_number(v) for v in value):
        return tuple(_restored(v, originals) for v in value)
    return real_of(value) if stands_in(value) else value


_lock = threading.RLock()
_standing: dict[
    tuple[int, Any], list[Any]
] = {}  # key of a slot -> [slot, the original, what stands in, its users]
_spaces: dict[int, int] = {}  # id of a namespace -> how many runs use it
_importers: list[Any] = [None, 0]  # the real __import__, and how many runs need ours


@contextmanager
def standing_in(function: Any) -> Iterator[None]:
    """Put stand-ins where a call of `function` looks. Threads that record nothing pass through them."""
    functions = functions_of(function)
    spaces = {id(f.__globals__): f.__globals__ for f in functions}
    imports = any(_imports(f.__code__) for f in functions)
    with _lock:
        taken = _enter(function, functions, spaces, imports)
    try:
        yield
    finally:
        with _lock:
            _leave(function, functions, spaces, imports, taken)


def _enter(
    function: Any, functions: list[FunctionType], spaces: dict, imports: bool
) -> list[tuple[int, Any]]:
    taken = []
    for slot in [*_slots(function, functions), *(_Slot(s, "float") for s in spaces.values())]:
        key = slot.key
        held = _standing.get(key)
        if held is None:
            value = slot.get()
            new = Float if value is _ABSENT and slot.name == "float" else _replacement(value)
            if new is value:
                continue
            held = _standing[key] = [slot, value, new, 0]
            slot.set(new)
        held[3] += 1
        taken.append(key)
    for each in spaces:
        _spaces[each] = _spaces.get(each, 0) + 1
    if imports:
        if not _importers[1]:
            _importers[0] = builtins.__import__
            builtins.__import__ = _importing
        _importers[1] += 1
    return taken


def _leave(function: Any, functions: list[FunctionType], spaces: dict, imports: bool, taken: list) -> None:
    if imports:
        _importers[1] -= 1
        if not _importers[1]:
            builtins.__import__ = _importers[0]
    originals = {}
    for key in taken:
        held = _standing[key]
        slot, value, new, users = held
        held[3] = users - 1
        if users > 1:
            continue
        del _standing[key]
        originals[id(new)] = value
        if slot.get() is new:
            slot.set(value)
    for each in spaces:
        _spaces[each] -= 1
    if any(_spaces[each] for each in spaces):  # another run still needs what stands there
        return
    for slot in _slots(function, functions):  # what the run itself has put there
        value = slot.get()
        before = _restored(value, originals)
        if before is not value:
            slot.set(before)


def _imports(code: CodeType) -> bool:
    return any(n.split(".")[0] in LIBRARIES for n in code.co_names) or any(
        _imports(c) for c in code.co_consts if isinstance(c, CodeType)
    )


def _importing(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
    """Import as Python does; what a recorded run imports from a library is stood in for."""
    found = _importers[0](name, globals, locals, fromlist, level)
    inside = not level and active() is not None and globals is not None and _spaces.get(id(globals))
    return stand_in(found) if inside and name.split(".")[0] in LIBRARIES else found
