"""What stands in for NumPy, math and other libraries in the user's modules while a run is recorded.

NumPy itself hands over what is done to a recorded array. It does not hand over an array that it makes from nothing
(`np.zeros`), a number that leaves it (`float(loss)`, `math.exp(z)`), or what a compiled library returns.
"""

import builtins
import math
from collections.abc import Callable
from importlib import import_module
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from .applying import apply_function, asarray
from .instead import INSTEAD, Iterating, Joining, Vectorized, copying, same_or_copy
from .kinds import Recorded, adopted, bare, holds, is_number, wrap
from .memory import Value
from .reaching import functions_of, namespaces
from .results import record_result
from .tape import active

__all__ = ["functions_of", "namespaces", "stand_in"]

_SAME_NAME = "exp log sqrt sin cos tan tanh sinh cosh log1p expm1 log2 log10 fabs hypot exp2 cbrt"
_REDUCED = {"fsum": np.add, "prod": np.multiply}
_OF_SCIPY = {"erf": "erf", "erfc": "erfc", "gamma": "gamma", "lgamma": "gammaln"}
_OF_MATH = {name: getattr(np, name) for name in _SAME_NAME.split()} | {
    "pow": np.power, "atan": np.arctan, "asin": np.arcsin, "acos": np.arccos, "atan2": np.arctan2,
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh, "fmod": np.fmod, "copysign": np.copysign,
    "degrees": np.degrees, "radians": np.radians,
}  # fmt: skip
_ARRAYS = {"array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "require"}
# Their results are no functions of the entries: what they read is not recorded.
_BLIND = (
    "shape ndim size zeros_like ones_like empty_like result_type can_cast isscalar iterable array_equal"
    " isclose may_share_memory shares_memory save savez savetxt array_repr array_str array2string promote_types"
    " issubdtype set_printoptions ndindex"
)
BLIND = frozenset(_BLIND.split())


class Module(ModuleType):
    """A library as a user's module sees it during a record."""

    def __init__(self, real: ModuleType) -> None:
        super().__init__(real.__name__)
        self.__dict__["_real"] = real

    def __getattr__(self, name: str) -> Any:
        real = self.__dict__["_real"]
        found = stand_in(getattr(real, name), real)
        self.__dict__[name] = found
        return found

    def __dir__(self) -> list[str]:
        return dir(self.__dict__["_real"])


class Function:
    """A library's function, or ufunc, as a user's module sees it during a record."""

    def __init__(self, real: Any, instead: Any = None) -> None:
        self.real, self.instead = real, instead
        self.__name__ = getattr(real, "__name__", str(real))
        self.__wrapped__ = real

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.real, name)
        if isinstance(self.real, np.ufunc) and name in ("reduce", "accumulate", "outer", "reduceat", "at"):
            return _Method(self.real, name)
        return stand_in(found) if callable(found) and not name.startswith("_") else found

    def __eq__(self, other: Any) -> bool:
        return other is self or other is self.real

    def __hash__(self) -> int:
        return hash(self.real)

    def __repr__(self) -> str:
        return repr(self.real)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        tape = active()
        if tape is None:
            return self.real(*args, **kwargs)
        if self.__name__ in BLIND:
            return adopted(self.real(*bare(args), **bare(kwargs)))
        if self.instead is not None and self.real in INSTEAD:
            return self.instead(*args, **kwargs)
        if any(isinstance(a, (FunctionType, MethodType)) for a in (*args, *kwargs.values())):
            tape.lose(f"{self.__name__} calls the user's code")
        if not (holds(args) or holds(kwargs)):
            found = self.real(*args, **kwargs)
            return Instance(found) if isinstance(found, GENERATORS) else adopted(found)
        if self.instead is not None:
            return self.instead(*args, **kwargs)
        if isinstance(self.real, np.ufunc):
            args = tuple(asarray(list(a)) if isinstance(a, (list, tuple)) and holds(a) else a for a in args)
            return self.real(*args, **kwargs)
        return apply_function(self.real, args, kwargs)


class _Method:
    """A method of a ufunc."""

    def __init__(self, ufunc: Any, name: str) -> None:
        self.real = getattr(ufunc, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        args = tuple(asarray(list(a)) if isinstance(a, list) and holds(a) else a for a in args)
        found = self.real(*args, **kwargs)
        return found if active() is None else adopted(found)


class Instance:
    """A random generator as the user's code sees it during a record: the arrays that it makes are recorded."""

    def __init__(self, real: Any) -> None:
        self.__dict__["_real"] = real

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self.__dict__["_real"])

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.__dict__["_real"], name)
        return Function(found) if callable(found) else found

    def __setattr__(self, name: str, new: Any) -> None:
        setattr(self.__dict__["_real"], name, new)


GENERATORS = (np.random.Generator, np.random.RandomState)


class _ScalarKind(type):
    """The type of `float`, `np.float64`, ... as a user's module sees them: they keep a recorded number recorded."""

    real: Any

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.real)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, cls.real)

    def __eq__(cls, other: Any) -> bool:
        return other is cls or other is cls.real

    def __hash__(cls) -> int:
        return hash(cls.real)

    def __repr__(cls) -> str:
        return repr(cls.real)


def _scalar(real: Any, base: Any) -> Any:
    dtype = np.dtype(real)

    def new(cls: Any, *args: Any) -> Any:
        if active() is None or not holds(args):
            return real(*args)
        value = args[0]
        if isinstance(value, (list, tuple)):
            return asarray(value, dtype)
        if isinstance(value, Recorded):
            if real is builtins.float:
                if value.dtype.kind != "f" or value.size != 1:
                    return real(value.view(np.ndarray))
                value = value.reshape(-1)[0]
            elif value.ndim:
                return value.astype(dtype)
            else:
                value = value[()]
        return value if value.dtype == dtype or not is_number(value) else value.astype(dtype)

    members = {"__new__": new, "real": real}
    if real is builtins.float:
        members["fromhex"] = builtins.float.fromhex
    return _ScalarKind(real.__name__, (base,), members)


Float = _scalar(builtins.float, np.float64)
SCALARS: dict[Any, Any] = {kind: _scalar(kind, kind) for kind in (np.float64, np.float32, np.float16)}
SCALARS[builtins.float] = Float


def _generating(real: Any) -> Any:
    return _ScalarKind(
        real.__name__, (), {"__new__": lambda cls, *a, **k: Instance(real(*a, **k)), "real": real}
    )


SCALARS |= {kind: _generating(kind) for kind in GENERATORS}


class Math:
    """A function of `math`, which takes numbers alone."""

    def __init__(self, real: Callable[..., Any], ufunc: Any) -> None:
        self.real, self.ufunc, self.__name__ = real, ufunc, real.__name__

    def __call__(self, *args: Any) -> Any:
        tape, reads = active(), list[Value]()
        if tape is not None:
            args = tuple(list(a) if hasattr(a, "__next__") else a for a in args)
        if tape is None or not holds(args):
            return self.real(*args)
        name, result = self.__name__, self.real(*bare(args))
        if name == "dist" or (name == "hypot" and len(args) > 2):
            off = copying(args[0]) - copying(args[1]) if name == "dist" else copying(list(args))
            return apply_function(np.linalg.norm, (off,), {})
        if name in _REDUCED and len(args) == 1:
            wrapped = wrap(tape, (copying(args[0]),), reads)
            return record_result(tape, _REDUCED[name], "reduce", wrapped, {}, reads, np.float64(result))
        ufunc = self.ufunc
        if name in _OF_SCIPY:
            ufunc = getattr(import_module("scipy.special"), _OF_SCIPY[name])
        if name == "log":
            ufunc = np.log if len(args) == 1 else None
        if ufunc is None:
            return apply_function(self.real, args, {})
        wrapped = wrap(tape, args, reads)
        return record_result(tape, ufunc, "__call__", wrapped, {}, reads, np.float64(result))


_STAND_INS = (Module, Function, Math, Instance, Iterating, Joining, Vectorized)


def stands_in(value: Any) -> bool:
    """Whether a value is a stand-in."""
    return type(value) in _STAND_INS or type(value) is _ScalarKind


_known: dict[int, tuple[Any, Any]] = {}  # each value has one stand-in, so that `f is np.tanh` stays true


def stand_in(value: Any, library: Any = None) -> Any:
    """Return what stands in for a value of a library: for its modules and functions, else the value itself."""
    if stands_in(value) or isinstance(value, np.ndarray):
        return value
    known = _known.get(id(value))
    if known is None or known[0] is not value:
        made = _made(value, library)
        if made is value or isinstance(value, (*GENERATORS, np.vectorize)) or hasattr(value, "__self__"):
            return made
        known = _known[id(value)] = (value, made)
    return known[1]


def real_of(value: Any) -> Any:
    """Return what a stand-in stands for."""
    if isinstance(value, (Module, Instance)) or type(value) is Instance:
        return value.__dict__["_real"]
    return value.real if type(value) in (Function, Joining, Math, Vectorized, _ScalarKind) else value


def _made(value: Any, library: Any) -> Any:
    if isinstance(value, ModuleType):
        return Module(value)
    if isinstance(value, type):
        if value in SCALARS:
            return SCALARS[value]
        return Function(value, INSTEAD[value]) if value in INSTEAD else value
    if isinstance(value, np.vectorize):
        return INSTEAD[np.vectorize](
            value.pyfunc, value.otypes, value.__doc__, value.excluded, value.cache, value.signature
        )
    if isinstance(value, GENERATORS):
        return Instance(value)
    if value is np.r_ or value is np.c_:
        return Joining(value)
    module = getattr(value, "__module__", None) or ""
    if module == "math" or library is math:
        return Math(value, _OF_MATH.get(value.__name__)) if callable(value) else value
    if isinstance(value, np.ufunc):
        return Function(value)
    if not callable(value) or isinstance(value, np.generic):
        return value
    name = getattr(value, "__name__", "")
    if name in _ARRAYS and module.startswith("numpy"):
        return Function(value, copying if name == "array" else same_or_copy)
    return Function(value, INSTEAD.get(value) if getattr(value, "__hash__", None) else None)
