"""The arguments and the outputs of one operation, as NumPy arrays by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..witnesses import Arrays


@dataclass(frozen=True)
class Inputs:
    """The arguments of an operation: names in order, private copies; `arrays` are those to differentiate.

    skipped: why the others are not differentiated, in words.
    """

    values: dict[str, Any]
    arrays: Arrays
    skipped: list[str]

    def filled(self, arrays: dict[str, Any], wrap: Callable[[Any], Any] = lambda a: a) -> list[Any]:
        """Return all arguments in order: `arrays` for the differentiable ones, wrapped copies of the others."""
        return [arrays[n] if n in arrays else wrap(_copy(v)) for n, v in self.values.items()]

    def cast(self, dtype: Any) -> Arrays:
        return {n: a.astype(dtype) for n, a in self.arrays.items()}


def _copy(value: Any) -> Any:
    return np.array(value) if isinstance(value, np.ndarray) else value


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


def is_floating(array: Any) -> bool:
    return np.dtype(array.dtype).kind == "f"
