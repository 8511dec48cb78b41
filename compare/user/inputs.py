"""The arguments and the outputs of one operation, as NumPy arrays by name."""

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..common.floats import TYPES, wire
from ..witnesses import Arrays

REAL, IMAG = ".real", ".imag"


class Typed(NamedTuple):
    """An array of a framework: the name of its type, and its numbers in NumPy, those of 16 bits in float32."""

    type: str
    array: np.ndarray


@dataclass(frozen=True)
class Inputs:
    """The arguments of an operation: names in order, private copies; `arrays` are those to differentiate.

    In a dict, list or tuple among them each floating array has its path: 'params.W', 'layers.0.b'.
    skipped: why the others are not differentiated, in words.  types: {argument: floating type} in a framework; of a
    complex one `arrays` has the real and the imaginary part, 'z.real' and 'z.imag'.  device: where torch's tensors are.
    fixed: the arguments that need no gradient; they are computed with in float64 where the others are.
    """

    values: dict[str, Any]
    arrays: Arrays
    skipped: list[str]
    types: dict[str, str] = field(default_factory=dict)
    device: str = "cpu"
    fixed: Arrays = field(default_factory=dict)

    def filled(self, arrays: dict[str, Any], wrap: Callable[[Any], Any] = lambda a: a) -> list[Any]:
        """Return all arguments in order: `arrays` for the differentiable ones, wrapped copies of the others."""
        return [_filled(v, n, arrays, wrap) for n, v in self.values.items()]

    def cast(self, dtype: Any) -> Arrays:
        return {n: a.astype(dtype) for n, a in self.arrays.items()}

    def type_of(self, name: str) -> str:
        """Return the floating type of one of `arrays`."""
        own = self.types.get(name) or self.types.get(name.rpartition(".")[0])
        return own or str(self.arrays[name].dtype)

    def native(self, arrays: Arrays) -> dict[str, Typed]:
        """Return the arguments in their own types; in a wider one where the arrays are."""
        found, all_wide = {}, all(a.dtype == np.float64 for a in arrays.values())
        for name, own in (self.types or {n: str(a.dtype) for n, a in self.arrays.items()}).items():
            array = joined(name, arrays)
            if array is None and name in self.fixed:
                array = self.fixed[name].astype(np.float64) if all_wide else self.fixed[name]
            if array is not None:
                wide = array.real.dtype == np.float64 != wire(own)
                found[name] = Typed(str(array.dtype) if wide else own, array)
        return found

    def split(self, found: dict[str, Typed], sign: int = 1) -> Arrays:
        """Return the gradients of `arrays` from those of the arguments: dL/dRe + sign i dL/dIm of a complex one."""
        arrays: Arrays = {}
        for name, (_, array) in found.items():
            if f"{name}{REAL}" in self.arrays:
                real, imag = np.real(array), sign * np.imag(array) + 0.0
                arrays |= {f"{name}{REAL}": real.copy(), f"{name}{IMAG}": imag}
            else:
                arrays[name] = np.real(array).copy()
        return arrays

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


def joined(name: str, arrays: Arrays) -> np.ndarray | None:
    """Return an argument from its array, or from its real and imaginary parts."""
    if name in arrays:
        return arrays[name]
    if f"{name}{REAL}" not in arrays:
        return None
    real, imag = arrays[f"{name}{REAL}"], arrays[f"{name}{IMAG}"]
    return np.asarray(real + 1j * imag, np.complex128 if real.dtype == np.float64 else np.complex64)


def parts(outputs: Iterable[Typed]) -> tuple[list[str], list[np.ndarray]]:
    """Return (types, arrays) of outputs; a complex one gives its real and its imaginary part."""
    types, arrays = list[str](), list[np.ndarray]()
    for name, array in outputs:
        pieces = [array.real.copy(), array.imag.copy()] if array.dtype.kind == "c" else [array]
        types += [name] * len(pieces)
        arrays += pieces
    return types, arrays


def typed(value: Any) -> Typed | None:
    """Return a copy of a floating or complex array of a framework, or NumPy's; None of anything else."""
    if not (hasattr(value, "dtype") and hasattr(value, "shape")):
        return None
    name = str(value.dtype).removeprefix("torch.")
    if name not in TYPES:
        return None
    if hasattr(value, "detach"):
        value = value.detach().cpu().resolve_conj().resolve_neg()
        value = (value.float() if TYPES[name].low else value).numpy()
    return Typed(name, np.array(value, np.float32 if TYPES[name].low else None))


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
