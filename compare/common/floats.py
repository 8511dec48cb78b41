"""Floating types by name, also those that NumPy has no finfo for: the spacing of their numbers, and their limits."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import Array


@dataclass(frozen=True)
class Floating:
    """A floating type of a framework.

    name: of the type, of a complex one too.  eps: the spacing at 1.  tiny: what flushing to zero loses of a result.
    lost: below it products have lost digits to underflow, whatever else rounds.
    """

    name: str
    eps: float
    tiny: float
    lost: float

    @property
    def low(self) -> bool:
        """Return whether the type has 16 bits."""
        return self.eps > 1e-4

    def rounded(self, array: Array) -> Array:
        """Return the array rounded to the type, in float32 where that holds it."""
        if self.name == "bfloat16":
            bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
            even = (bits >> 16 & 1) + 0x7FFF
            return ((bits + even) & np.uint32(0xFFFF0000)).view(np.float32).reshape(np.shape(array))
        if self.name == "float16":
            with np.errstate(over="ignore"):
                return np.asarray(array).astype(np.float16).astype(np.float32)
        return np.asarray(array, np.float32 if self.eps > 1e-10 else np.float64)


def _of_numpy(name: str, dtype: Any) -> Floating:
    info = np.finfo(dtype)
    eps, tiny = float(info.eps), float(info.tiny)
    return Floating(name, eps, tiny, tiny / eps)


# float16 has subnormals on every device that computes in it: digits are lost one by one, nothing is flushed.
TYPES = {
    t.name: t
    for t in (
        Floating("float16", 2.0**-10, 2.0**-24, 2.0**-24),
        Floating("bfloat16", 2.0**-7, 2.0**-126, 2.0**-119),
        *(_of_numpy(n, n) for n in ("float32", "float64", "complex64", "complex128")),
    )
}


def floating(dtype: Any) -> Floating:
    """Return the Floating of a type, given as one, by name, or as NumPy's dtype."""
    if isinstance(dtype, Floating):
        return dtype
    name = dtype if isinstance(dtype, str) else str(np.dtype(dtype))
    return TYPES.get(name) or _of_numpy(name, dtype)


def wire(type_name: str) -> Any:
    """Return the NumPy type in which real numbers of a type are kept: float32 holds those of 16 bits."""
    return np.float64 if TYPES[type_name].eps < 1e-10 else np.float32
