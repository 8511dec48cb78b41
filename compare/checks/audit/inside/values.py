"""The numbers of a value, whatever it is: arrays in containers and objects, and names in scope."""

import contextlib
import types
from typing import Any

import numpy as np

MOST_LEAVES, MOST_ENTRIES, DEEP = 64, 20_000, 4
CODE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType, type)


def leaves(value: Any) -> list[tuple[str, Any]]:
    """Return [(path, array)] of the numbers in a nest of containers and objects, large arrays thinned out."""
    found: list[tuple[str, Any]] = []
    seen: set[int] = set()

    def walk(path: Any, value: Any, depth: Any) -> None:
        if len(found) >= MOST_LEAVES or depth > DEEP or isinstance(value, (str, bytes, *CODE)):
            return
        if isinstance(value, (bool, int, float, complex, np.ndarray, np.generic)):
            array = np.asarray(value)
        elif id(value) in seen:
            return
        elif isinstance(value, dict):
            seen.add(id(value))
            for key, item in list(value.items()):
                walk(f"{path}.{key}", item, depth + 1)
            return
        elif isinstance(value, (list, tuple)):
            seen.add(id(value))
            for i, item in enumerate(value[:MOST_LEAVES]):
                walk(f"{path}.{i}", item, depth + 1)
            return
        elif hasattr(value, "__array__"):
            try:
                array = np.asarray(value.detach() if hasattr(value, "detach") else value)
            except Exception:
                return
        else:
            seen.add(id(value))
            attributes = dict(getattr(value, "__dict__", {}))
            for kind in type(value).__mro__:
                for name in getattr(kind, "__slots__", ()) or ():
                    if isinstance(name, str) and hasattr(value, name):
                        attributes[name] = getattr(value, name)
            for name, item in attributes.items():
                walk(f"{path}.{name}", item, depth + 1)
            return
        if array.dtype.kind in "biufc":
            step = max(1, -(-array.size // MOST_ENTRIES))
            found.append((path, np.array(array.reshape(-1)[::step])))

    with contextlib.suppress(Exception):  # of a user's object, whatever reading it raises
        walk("", value, 0)
    return found


def scope(values: Any) -> dict[str, Any]:
    """Return {name: (kind, shape)} of the numbers at a line: names, self.name, name["key"]."""
    found: dict[str, Any] = {}

    def add(name: Any, value: Any) -> None:
        if isinstance(value, (bool, int, float, np.ndarray, np.number)):
            array = np.asarray(value)
            found[name] = (array.dtype.kind, array.shape)

    for name, value in list(values.items()):
        add(name, value)
        if name == "self":
            for attribute, inner in getattr(value, "__dict__", {}).items():
                add(f"self.{attribute}", inner)
        if isinstance(value, dict):
            for key, inner in value.items():
                if isinstance(key, str):
                    for quote in "'\"":
                        add(f"{name}[{quote}{key}{quote}]", inner)
    return found
