"""Arrays that record, on the active tape, whatever NumPy does with them."""

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import numbers, writers
from .applying import WRITERS, apply_function, apply_ufunc
from .kinds import ARRAY, Recorded, bare, holds, stray, wrap
from .memory import Value, owner_of
from .results import held_index, record_result, record_view
from .tape import NotRecordableError, active, cast

__all__ = ["Traced", "numbers", "writers"]


class Traced(Recorded):
    """An array whose operations are recorded. Without an active tape it is an ndarray like another.

    Its methods take and return what those of ndarray do.
    """

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return apply_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return apply_function(func, args, dict(kwargs))

    def __getitem__(self, key: Any) -> Any:
        tape = active()
        key = bare(key)
        if tape is None:
            stray(self)
            return self.view(np.ndarray)[key]
        value = tape.glance(self)
        plain = value.array[key]
        if isinstance(plain, np.ndarray):
            if plain.size and plain.base is not None and owner_of(plain) is owner_of(self):
                return record_view(tape, value, plain)
        elif plain.dtype.kind != "f":
            return plain  # an index or a truth: nothing is differentiated by it
        tape.memory.hold(value)
        return record_result(tape, operator.getitem, "getitem", (value, held_index(key)), {}, [value], plain)

    def __setitem__(self, key: Any, new: Any) -> None:
        tape = active()
        key, plain = bare(key), self.view(np.ndarray)
        if tape is None:
            plain[key] = bare(new)
            return
        target = plain[key]
        basic = (
            isinstance(target, np.ndarray) and target.base is not None and owner_of(target) is owner_of(plain)
        )
        if basic and isinstance(new, np.ndarray) and _same_place(target, new):
            return  # a[i] += b has written already
        if not basic and not isinstance(target, np.ndarray) and _is_basic(key):  # one entry
            target, basic = plain[(*_tuple(key), ...)], True
        if isinstance(new, (list, tuple)) and holds(new):
            new = apply_function(np.array, (list(new),), {})
        reads: list[Value] = []
        source = wrap(tape, new, reads)
        region = tape.memory.region(target if basic else plain)
        tape.memory.before_write(region.buffer)
        plain[key] = bare(new)
        if basic:  # the part itself is the target
            tape.record(operator.setitem, "setitem", (source,), {}, reads, [target], region)
        else:
            tape.record(operator.setitem, "setitem", (source, held_index(key)), {}, reads, [plain], region)
        if region.buffer.active and region.overlaps:
            tape.lose("entries that share their memory were written")

    def __iter__(self) -> Any:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def _leaves(self, how: str) -> None:
        """Note that the entries leave the record."""
        tape = active()
        if tape is None:
            stray(self)
        elif self.dtype.kind == "f" and tape.value(self).active:
            tape.lose(f"entries left the record by {how}")

    def __float__(self) -> float:
        self._leaves("float()")
        return float(self.view(np.ndarray))

    def __complex__(self) -> complex:
        self._leaves("complex()")
        return complex(self.view(np.ndarray))

    def __format__(self, spec: str) -> str:
        return format(self.view(np.ndarray).item() if not self.ndim else self.view(np.ndarray), spec)

    def __repr__(self) -> str:
        return repr(self.view(np.ndarray))

    def __str__(self) -> str:
        return str(self.view(np.ndarray))

    def __reduce__(self) -> Any:
        self._leaves("pickle")
        return self.view(np.ndarray).__reduce__()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    def __copy__(self) -> Any:
        return self.copy()

    def tobytes(self, *args: Any, **kwargs: Any) -> bytes:
        self._leaves("tobytes()")
        return self.view(np.ndarray).tobytes(*args, **kwargs)

    def item(self, *index: Any) -> Any:
        if active() is None or self.dtype.kind != "f":
            return self.view(np.ndarray).item(*index)
        if not index:
            return self.reshape(-1)[0] if self.size == 1 else self.view(np.ndarray).item()
        if len(index) == 1 and not isinstance(index[0], tuple):
            return self[tuple(int(i) for i in np.unravel_index(range(self.size)[index[0]], self.shape))]
        return self[index[0] if isinstance(index[0], tuple) else index]

    def tolist(self) -> Any:
        if active() is None or self.dtype.kind != "f":
            return self.view(np.ndarray).tolist()
        if not self.ndim:
            return self.item()
        return [row.tolist() if isinstance(row, np.ndarray) else row for row in self]

    def fill(self, value: Any) -> None:
        self[...] = value

    def astype(  # type: ignore[override]
        self, dtype: Any, order: Any = "K", casting: Any = "unsafe", subok: bool = True, copy: bool = True
    ) -> Any:
        dtype = np.dtype(dtype)
        if active() is None or not np.can_cast(self.dtype, dtype, casting):
            return self.view(np.ndarray).astype(dtype, order, casting)
        if not copy and dtype == self.dtype:
            return self
        return apply_function(cast, (self, dtype), {})

    def sort(self, axis: Any = -1, **kwargs: Any) -> None:  # type: ignore[override]
        self[...] = apply_function(np.sort, (self, axis), {k: v for k, v in kwargs.items() if v is not None})

    def partition(self, kth: Any, axis: Any = -1, **kwargs: Any) -> None:  # type: ignore[override]
        self[...] = apply_function(np.partition, (self, kth, axis), kwargs)

    def put(self, indices: Any, values: Any, mode: Any = "raise") -> None:
        if active() is None:
            self.view(np.ndarray).put(bare(indices), bare(values), mode)
        else:
            WRITERS[np.put](self, indices, values, mode)

    def resize(self, *shape: Any, **kwargs: Any) -> None:
        raise NotRecordableError("an array was resized in place")

    def byteswap(self, inplace: bool = False) -> Any:
        raise NotRecordableError("the bytes of an array were swapped")

    def setfield(self, *args: Any, **kwargs: Any) -> None:
        raise NotRecordableError("the bytes of an array were written by setfield")

    def flatten(self, order: Any = "C") -> Any:
        return apply_function(np.copy, (apply_function(np.ravel, (self, order), {}),), {})

    def copy(self, order: Any = "C") -> Any:
        return apply_function(np.copy, (self,), {"order": order})

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        return apply_function(np.reshape, (self, shape[0] if len(shape) == 1 else shape), kwargs)

    def transpose(self, *axes: Any) -> Any:
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], (int, np.integer)) else axes or None
        return apply_function(np.transpose, (self, order), {})

    def repeat(self, repeats: Any, axis: Any = None) -> Any:
        return apply_function(np.repeat, (self, repeats, axis), {})

    def choose(self, choices: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        return apply_function(np.choose, (self, choices), kwargs)

    def clip(self, min: Any = None, max: Any = None, out: Any = None, **kwargs: Any) -> Any:
        if out is not None:
            kwargs["out"] = out
        return apply_function(np.clip, (self, min, max), kwargs)

    def compress(self, condition: Any, axis: Any = None, out: Any = None) -> Any:
        return apply_function(np.compress, (condition, self, axis), {} if out is None else {"out": out})

    @property
    def T(self) -> Any:
        tape = active()
        if tape is None:
            return self.view(np.ndarray).T
        value = tape.glance(self)
        return record_view(tape, value, value.array.T)

    @property
    def flat(self) -> Any:
        return _Flat(self)

    @flat.setter
    def flat(self, new: Any) -> None:
        _Flat(self)[:] = new

    @property
    def real(self) -> Any:
        return self

    @real.setter
    def real(self, new: Any) -> None:
        self[...] = new


ARRAY.append(Traced)


class _Flat:
    """The entries of an array in one row, as `flat` shows them: what is written here is written to the array."""

    def __init__(self, base: Any) -> None:
        self.base, self.index = base, -1

    def __len__(self) -> int:
        return self.base.size

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __next__(self) -> Any:
        self.index += 1
        if self.index >= len(self):
            raise StopIteration
        return self[self.index]

    def _places(self, key: Any) -> Any:
        return np.unravel_index(np.arange(self.base.size)[bare(key)], self.base.shape)

    def __getitem__(self, key: Any) -> Any:
        return self.base[self._places(key)]

    def __setitem__(self, key: Any, new: Any) -> None:
        places = self._places(key)
        count = np.shape(places[0]) if places else ()
        if count and np.ndim(bare(new)):
            new = apply_function(np.resize, (new, count), {})
        self.base[places] = new

    def copy(self) -> Any:
        return self.base.flatten()

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.base.flatten()


def _by_function(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return apply_function(function, (self, *args), kwargs)

    method.__name__ = name
    return method


_BY_FUNCTION = (
    "argmax argmin argpartition argsort cumprod cumsum diagonal dot max mean min nonzero prod ptp"
    " ravel round searchsorted squeeze std sum swapaxes take trace var any all"
)
for _name in _BY_FUNCTION.split():
    setattr(Traced, _name, _by_function(_name))


def _same_place(a: Any, b: Any) -> bool:
    one, other = a.__array_interface__, b.__array_interface__
    return one["data"][0] == other["data"][0] and a.strides == b.strides and a.shape == b.shape


def _tuple(key: Any) -> tuple:
    return key if isinstance(key, tuple) else (key,)


def _is_basic(key: Any) -> bool:
    return all(
        k is None
        or k is ...
        or (isinstance(k, (int, slice, np.integer)) and not isinstance(k, (bool, np.bool_)))
        for k in _tuple(key)
    )
