"""What stands in for NumPy, math and other libraries in the user's modules while a run is recorded.

NumPy itself hands over what is done to a recorded array. It does not hand over an array that it makes from nothing
(`np.zeros`), a number that leaves it (`float(loss)`, `math.exp(z)`), or what a compiled library returns.
"""

import builtins
import math
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from .arrays import KINDS, Number, Traced, adopted, apply_function, asarray, bare, holds
from .tape import active

_OF_MATH = {
    name: getattr(np, name, None)
    for name in "exp log sqrt sin cos tan tanh sinh cosh log1p expm1 log2 log10 fabs hypot".split()
} | {"pow": np.power, "atan": np.arctan, "asin": np.arcsin, "acos": np.arccos, "atan2": np.arctan2}
_ARRAYS = {"array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "require"}
# Their results are no functions of the entries: what they read is not recorded.
_BLIND = {
    "shape ndim size zeros_like ones_like empty_like result_type can_cast isscalar iterable array_equal allclose"
    " isclose may_share_memory shares_memory save savez savetxt array_repr array_str array2string"
}
BLIND = frozenset(" ".join(_BLIND).split())


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
        return getattr(self.real, name)

    def __eq__(self, other: Any) -> bool:
        return other is self or other is self.real

    def __hash__(self) -> int:
        return hash(self.real)

    def __repr__(self) -> str:
        return repr(self.real)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if active() is None:
            return self.real(*args, **kwargs)
        if self.__name__ in BLIND:
            return adopted(self.real(*bare(args), **bare(kwargs)))
        if not (holds(args) or holds(kwargs)):
            return adopted(self.real(*args, **kwargs))
        if self.instead is not None:
            return self.instead(*args, **kwargs)
        if isinstance(self.real, np.ufunc):
            args = tuple(asarray(list(a)) if isinstance(a, (list, tuple)) and holds(a) else a for a in args)
            return self.real(*args, **kwargs)
        return apply_function(self.real, args, kwargs)


class _FloatKind(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, float)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, float)


class Float(metaclass=_FloatKind):
    """`float` as a user's module sees it: a recorded number stays one."""

    def __new__(cls, value: Any = 0.0) -> Any:
        if active() is None or not isinstance(value, KINDS):
            return builtins.float(value)
        if isinstance(value, Traced):
            if value.dtype.kind not in "f" or value.size != 1:
                return builtins.float(value.view(np.ndarray))
            value = value.reshape(-1)[0]
        return value if value.dtype == np.float64 else value.astype(np.float64)

    fromhex = builtins.float.fromhex


class _Math:
    """A function of `math`, which takes numbers alone."""

    def __init__(self, real: Callable[..., Any], ufunc: Any) -> None:
        self.real, self.ufunc, self.__name__ = real, ufunc, real.__name__

    def __call__(self, *args: Any) -> Any:
        if active() is None or not holds(args):
            return self.real(*args)
        if self.ufunc is not None:
            self.real(*bare(args))  # raises what math raises
            return self.ufunc(*args)
        return apply_function(self.real, args, {})


_NO_STAND_IN = {"dtype", "newaxis", "ndarray"}


def stand_in(value: Any, library: Any = None) -> Any:
    """Return what stands in for a value of a library: for its modules and functions, else the value itself."""
    if isinstance(value, (Module, Function)):
        return value
    if isinstance(value, ModuleType):
        return Module(value)
    if value is builtins.float:
        return Float
    module = getattr(value, "__module__", None) or ""
    if module == "math" or library is math:
        return _Math(value, _OF_MATH.get(value.__name__)) if callable(value) else value
    if isinstance(value, np.ufunc):
        return Function(value)
    if isinstance(value, type) or not callable(value) or isinstance(value, np.generic):
        return value
    name = getattr(value, "__name__", "")
    if name in _ARRAYS and module.startswith("numpy"):
        return Function(value, _copying if name == "array" else _same_or_copy)
    return Function(value)


def _copying(tree: Any, *args: Any, **kwargs: Any) -> Any:
    """Make an array as np.array does."""
    if isinstance(tree, Traced):
        dtype = args[0] if args else kwargs.get("dtype")
        made = tree if kwargs.get("copy") is False else apply_function(np.copy, (tree,), {})
        if kwargs.get("ndmin", 0) > made.ndim:
            made = made.reshape((1,) * (kwargs["ndmin"] - made.ndim) + made.shape)
        return made if dtype is None or made.dtype == np.dtype(dtype) else made.astype(dtype)
    return asarray(tree, *args, **kwargs)


def _same_or_copy(tree: Any, *args: Any, **kwargs: Any) -> Any:
    """Return the array itself where np.asarray would, without leaving the record."""
    if isinstance(tree, Number):
        tree = tree.array
    if isinstance(tree, Traced):
        dtype = args[0] if args else kwargs.get("dtype")
        return tree if dtype is None or tree.dtype == np.dtype(dtype) else tree.astype(dtype)
    return asarray(tree, *args, **{k: v for k, v in kwargs.items() if k == "dtype"})


# ---------------------------------------------------------------- where they stand

_STDLIB = sysconfig.get_paths()["stdlib"]
_PACKAGES = tuple({sysconfig.get_paths()[k] for k in ("purelib", "platlib")})
_OURS = __name__.partition(".")[0]


def foreign(module: ModuleType) -> bool:
    """Whether a module is a library's, not the user's."""
    file = getattr(module, "__file__", None)
    if file is None:
        return True
    return file.startswith((_STDLIB, *_PACKAGES)) or module.__name__.partition(".")[0] == _OURS


def namespaces(function: Any) -> list[dict[str, Any]]:
    """Return the globals of the user's modules that a call of `function` may reach."""
    return list({id(f.__globals__): f.__globals__ for f in functions_of(function)}.values())


def functions_of(function: Any) -> list[FunctionType]:
    """Return the functions of the user's modules that a call of `function` may reach."""
    found: dict[int, dict[str, Any]] = {}
    queue = list(_functions(function))
    seen: dict[int, FunctionType] = {}
    while queue:
        each = queue.pop()
        if id(each) in seen:
            continue
        names = each.__globals__
        module = sys.modules.get(names.get("__name__", ""))
        if module is not None and module.__dict__ is names and foreign(module):
            continue
        seen[id(each)] = each
        for cell in each.__closure__ or ():
            try:
                queue += _functions(cell.cell_contents)
            except ValueError:  # not filled yet
                continue
        if id(names) in found:
            continue
        found[id(names)] = names
        for value in list(names.values()):
            if isinstance(value, ModuleType):
                if not isinstance(value, Module) and not foreign(value):
                    queue += [f for v in list(vars(value).values()) for f in _functions(v)]
            else:
                queue += _functions(value)
    return list(seen.values())


def _functions(value: Any) -> Iterator[FunctionType]:
    """Yield the Python functions that a call of `value`, or of its methods, may run."""
    if isinstance(value, FunctionType):
        yield value
        if hasattr(value, "__wrapped__"):
            yield from _functions(value.__wrapped__)
    elif isinstance(value, MethodType):
        yield from _functions(value.__func__)
        yield from _of_class(type(value.__self__))
    elif isinstance(value, type):
        yield from _of_class(value)
    elif hasattr(value, "func") and hasattr(value, "keywords"):  # functools.partial
        yield from _functions(value.func)
    elif isinstance(value, (list, tuple, dict)):
        for each in list(value.values() if isinstance(value, dict) else value)[:64]:
            if callable(each):
                yield from _functions(each)
    elif not isinstance(value, (ModuleType, Module, Function)) and type(value).__module__ not in (
        "builtins",
        "numpy",
    ):
        yield from _of_class(type(value))


def _of_class(kind: type) -> Iterator[FunctionType]:
    for each in kind.__mro__[:-1]:
        for value in vars(each).values():
            value = getattr(value, "__func__", None) or getattr(value, "fget", None) or value
            if isinstance(value, FunctionType):
                yield value


_lock = threading.RLock()
_standing: dict[int, tuple[dict[str, Any], dict[str, Any], int]] = {}
_ABSENT = object()


@contextmanager
def standing_in(spaces: list[dict[str, Any]]) -> Iterator[None]:
    """Put stand-ins into these namespaces, and take them out again. Threads that record nothing pass through them."""
    with _lock:
        for names in spaces:
            _, before, users = _standing.get(id(names), (names, None, 0))
            if before is None:
                before = {n: v for n, v in names.items() if _to_replace(v)} | {"float": names.get("float", _ABSENT)}
                names.update({n: stand_in(v) for n, v in before.items() if v is not _ABSENT})
                if before["float"] is _ABSENT:
                    names["float"] = Float
            _standing[id(names)] = (names, before, users + 1)
    try:
        yield
    finally:
        with _lock:
            for names in spaces:
                _, before, users = _standing[id(names)]
                if users > 1:
                    _standing[id(names)] = (names, before, users - 1)
                    continue
                del _standing[id(names)]
                for name, value in before.items():
                    if value is _ABSENT:
                        names.pop(name, None)
                    elif isinstance(names.get(name), (Module, Function, _Math)) or names.get(name) is Float:
                        names[name] = value


def _to_replace(value: Any) -> bool:
    if isinstance(value, (Module, Function)):
        return False
    if isinstance(value, ModuleType):
        return foreign(value) and value.__name__.split(".")[0] in ("numpy", "scipy", "math", "autograd")
    if isinstance(value, np.ufunc):
        return True
    module = getattr(value, "__module__", None) or ""
    named = module.split(".")[0] in ("numpy", "scipy", "math")
    return named and callable(value) and not isinstance(value, (type, np.generic))
