"""Numbers that record what is done with them: subclasses of NumPy's scalars."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .applying import apply_function, apply_ufunc, on_numbers
from .kinds import NUMBER_KINDS, NUMBERS, plain_number, traced
from .memory import Region
from .tape import active, cast


class _Number:
    """What the recorded numbers share: they are immutable and carry the region of their value.

    Its members are copied: NumPy takes a scalar whose class has a second base for an object.
    """

    region: Region

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return apply_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return apply_function(func, args, dict(kwargs))

    def __reduce__(self) -> Any:
        tape = active()
        if tape is not None and self.region.buffer.active:
            tape.lose("a number left the record by pickle")
        return type(plain_number(self)), (float(plain_number(self)),)

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __copy__(self) -> Any:
        return self

    def __getitem__(self, key: Any) -> Any:
        return self.array[key]

    def __repr__(self) -> str:
        return repr(plain_number(self))

    def __str__(self) -> str:
        return str(plain_number(self))

    def __hash__(self) -> int:
        return hash(plain_number(self))

    @property
    def array(self) -> Any:
        """The number as a recorded array of no dimension."""
        return traced(self.region.buffer.owner, self.region)

    @property
    def real(self) -> Any:
        return self

    def item(self, *index: Any) -> Any:
        return self if self.dtype == np.float64 else self.astype(np.float64)  # type: ignore[attr-defined]

    def tolist(self) -> Any:
        return self.item()

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        dtype = np.dtype(dtype)
        return (
            apply_function(cast, (self, dtype), {}) if dtype.kind == "f" else plain_number(self).astype(dtype)
        )

    @property
    def T(self) -> Any:
        return self

    def conjugate(self) -> Any:
        return self

    conj = conjugate

    def __round__(self, digits: Any = None) -> Any:
        return round(plain_number(self)) if digits is None else apply_function(np.round, (self, digits), {})

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __pow__(self, other: Any, modulus: Any = None) -> Any:
        return _power(self, other)

    def __complex__(self) -> complex:
        tape = active()
        if tape is not None and self.region.buffer.active:
            tape.lose("a number left the record by complex()")
        return complex(plain_number(self))


def _binary(ufunc: Any, operation: Callable[..., Any], swapped: bool) -> Callable[..., Any]:
    def method(self: Any, other: Any) -> Any:
        kind = type(other)
        if kind in NUMBER_KINDS or kind is float or kind is int or isinstance(other, (bool, np.generic)):
            return on_numbers(ufunc, operation, (other, self) if swapped else (self, other))
        if isinstance(other, (int, float)):
            return on_numbers(ufunc, operation, (other, self) if swapped else (self, other))
        if isinstance(other, (np.ndarray, list)):
            return apply_ufunc(ufunc, "__call__", (other, self) if swapped else (self, other), {})
        if isinstance(other, complex):
            return operation(*((other, complex(self)) if swapped else (complex(self), other)))
        return NotImplemented

    return method


def _unary(ufunc: Any, operation: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self: on_numbers(ufunc, operation, (self,))


_power = _binary(np.power, operator.pow, False)
_BINARY: dict[str, Any] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.true_divide,
    "pow": np.power,
    "mod": np.remainder,
    "floordiv": np.floor_divide,
}
for _name, _ufunc in _BINARY.items():
    if _name != "pow":
        setattr(_Number, f"__{_name}__", _binary(_ufunc, getattr(operator, _name), False))
    setattr(_Number, f"__r{_name}__", _binary(_ufunc, getattr(operator, _name), True))
_UNARY: dict[str, Any] = {"neg": np.negative, "pos": np.positive, "abs": np.absolute}
for _name, _ufunc in _UNARY.items():
    setattr(_Number, f"__{_name}__", _unary(_ufunc, getattr(operator, _name)))
for _name, _ufunc in {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
}.items():
    setattr(_Number, f"__{_name}__", _binary(_ufunc, getattr(operator, _name), False))


def _of_array(name: str) -> Callable[..., Any]:
    return lambda self, *args, **kwargs: getattr(self.array, name)(*args, **kwargs)


_BY_ARRAY = (
    "clip copy cumsum dot flatten max mean min prod ravel repeat reshape round squeeze std sum transpose var"
)
for _name in _BY_ARRAY.split():
    setattr(_Number, _name, _of_array(_name))


_OWN = ("__dict__", "__weakref__", "__module__", "__doc__")
_MEMBERS = {n: v for n, v in vars(_Number).items() if n not in _OWN}
for _kind in (np.float64, np.float32, np.float16):
    NUMBERS[np.dtype(_kind)] = type(f"Recorded{_kind.__name__.title()}", (_kind,), dict(_MEMBERS))
NUMBER_KINDS.update(NUMBERS.values())
