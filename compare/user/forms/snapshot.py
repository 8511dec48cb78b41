"""A copy of a module's names, so that what is tried on the copy leaves the user's arrays and objects as they are."""

import copy
from collections.abc import Mapping
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from .slots import callable_only, is_object


def snapshot(names: Mapping[str, Any], name: str, file: str = "") -> ModuleType:
    """Return a module of that name with copies of the arrays, generators and objects in `names`.

    Functions that read these names as globals read the copies; what cannot be copied is shared.
    """
    module = ModuleType(name)
    module.__file__ = file or None
    memo: dict[int, Any] = {}
    for key, value in list(names.items()):
        if not key.startswith("__"):
            vars(module)[key] = _copied(value, names, module, memo)
    return module


def _copied(value: Any, names: Mapping[str, Any], module: ModuleType, memo: dict[int, Any]) -> Any:
    if isinstance(value, FunctionType):
        if value.__globals__ is not names and value.__module__ != module.__name__:
            return value
        made = FunctionType(
            value.__code__, vars(module), value.__name__, value.__defaults__, value.__closure__
        )
        made.__kwdefaults__, made.__module__ = value.__kwdefaults__, module.__name__
        made.__dict__.update(value.__dict__)
        return made
    own = isinstance(value, (np.ndarray, np.random.Generator, np.random.RandomState, list, dict, tuple))
    if callable_only(value) or not (own or is_object(value)):
        return value
    try:
        return copy.deepcopy(value, memo)
    except Exception:
        return value
