"""The arguments and the outputs of one operation, as NumPy arrays by name."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..witnesses import Arrays


@dataclass(frozen=True)
class Inputs:
    """The arguments of an operation: names in order, private copies; `arrays` are those to differentiate.

    In a dict, list or tuple among them each floating array has its path: 'params.W', 'layers.0.b'.
    skipped: why the others are not differentiated, in words.
    """

    values: dict[str, Any]
    arrays: Arrays
    skipped: list[str]

    def filled(self, arrays: dict[str, Any], wrap: Callable[[Any], Any] = lambda a: a) -> list[Any]:
        """Return all arguments in order: `arrays` for the differentiable ones, wrapped copies of the others."""
        return [_filled(v, n, arrays, wrap) for n, v in self.values.items()]

    def cast(self, dtype: Any) -> Arrays:
        return {n: a.astype(dtype) for n, a in self.arrays.items()}

    def of(self, name: str) -> list[str]:
        """Return the names of the arrays to differentiate in one argument."""
        return [n for n in self.arrays if n == name or n.startswith(f"{name}.")]


def _filled(value: Any, path: str, arrays: dict[str, Any], wrap: Callable[[Any], Any]) -> Any:
    if path in arrays:
        return arrays[path]
    if not any(name.startswith(f"{path}.") for name in arrays):
        own = isinstance(value, (dict, list))  # a state that the code may change
        return wrap(np.array(value) if isinstance(value, np.ndarray) else deepcopy(value) if own else value)
    if isinstance(value, dict):
        return type(value)((key, _filled(item, f"{path}.{key}", arrays, wrap)) for key, item in value.items())
    items = [_filled(item, f"{path}.{i}", arrays, wrap) for i, item in enumerate(value)]
    return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)


def nested(value: Any, path: str) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (path, private copy) of each floating array in a nest of dicts, lists and tuples."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from nested(item, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from nested(item, f"{path}.{i}")
    elif (array := as_numbers(value)) is not None and array.dtype.kind == "f":
        yield path, array


def as_numbers(value: Any) -> np.ndarray | None:
    """Return a NumPy copy of an array of numbers, of any framework; None of anything else."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if not (hasattr(value, "dtype") and hasattr(value, "shape")):
        return None
    array = np.array(value)
    return array if array.dtype.kind in "fiub" else None


def outputs_of(result: Any) -> list[Any]:
    """Return the outputs of an operation as a list."""
    return list(result) if isinstance(result, (tuple, list)) else [result]


def values_of(result: Any) -> list[Any]:
    """Return what a forward returned as a list: of ((h, c), cache) h and c, stacked where their shapes allow."""
    values = outputs_of(result)
    nested = len(values) > 1 and isinstance(values[0], (tuple, list)) and values[0]
    if nested and all(as_numbers(value) is not None for value in values[0]):
        alike = len({np.shape(value) for value in values[0]}) == 1
        return [*([np.stack(values[0])] if alike else values[0]), *values[1:]]
    return values


def is_floating(array: Any) -> bool:
    return np.dtype(array.dtype).kind == "f"
