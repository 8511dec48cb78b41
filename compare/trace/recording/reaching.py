"""Which functions and namespaces of the user's modules a call may reach."""

import functools
import sys
from collections.abc import Iterator
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ...user.origin import foreign


def foreign_function(function: FunctionType) -> bool:
    """Whether a function is a library's, not the user's."""
    names = function.__globals__
    module = sys.modules.get(names.get("__name__", ""))
    return module is not None and module.__dict__ is names and foreign(module)


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
        if foreign_function(each):
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
                if not foreign(value):
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
    elif isinstance(value, functools.partial):
        yield from _functions(value.func)
    elif isinstance(value, np.vectorize):
        yield from _functions(value.pyfunc)
    elif isinstance(value, (list, tuple, dict)):
        for each in list(value.values() if isinstance(value, dict) else value)[:64]:
            if callable(each):
                yield from _functions(each)
    elif not isinstance(value, ModuleType) and type(value).__module__ not in (
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
