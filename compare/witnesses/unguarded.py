"""A user's NumPy function without the small number that its logarithm is guarded with: log(p + 1e-7) as log(p).

A result of p + c, maximum(p, c) or clip(p, c, ...) remembers p; a logarithm of it is taken of p itself.
"""

from typing import Any

import numpy as np

from ..common.arrays import Array
from .rounding.noisy import bare

SMALL = 1e-4  # a larger number is no guard
GUARDS = (np.add, np.maximum)
LOGARITHMS = (np.log, np.log2, np.log10)


class Unguarded(np.ndarray):
    """An array that takes logarithms without their guard.

    inner: what the array was before the number `guard` was added, or None.  seen: the guards that a logarithm has met.
    """

    inner: Array | None = None
    guard: float = 0.0
    seen: set[float]

    def __array_finalize__(self, parent: Any) -> None:
        self.seen = getattr(parent, "seen", set())

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        into = {} if out is None else {"out": tuple(bare(o, Unguarded) for o in out)}
        if ufunc in LOGARITHMS and isinstance(inputs[0], Unguarded) and inputs[0].inner is not None:
            self.seen.add(inputs[0].guard)
            inputs = (inputs[0].inner,)
        result = getattr(ufunc, method)(*(bare(i, Unguarded) for i in inputs), **kwargs, **into)
        found = self.like(result) if out is None else out[0]
        if ufunc in GUARDS and method == "__call__" and isinstance(found, Unguarded):
            found.remember(inputs, 1 if small(inputs[1]) else 0 if small(inputs[0]) else None)
        return found

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        result = self.like(func(*bare(args, Unguarded), **bare(kwargs, Unguarded)))
        if func is np.clip and isinstance(result, Unguarded) and len(args) > 1:
            result.remember(args, 1 if small(args[1]) else None)
        return result

    def __getitem__(self, index: Any) -> Any:
        plain = bare(index, Unguarded)
        found = self.like(self.view(np.ndarray)[plain])
        if self.inner is not None and isinstance(found, Unguarded):
            found.inner, found.guard = self.inner[plain], self.guard
        return found

    def remember(self, inputs: Any, at: int | None) -> None:
        """Keep what was guarded, where the input number `at` is the guard."""
        if at is not None:
            self.inner, self.guard = np.asarray(bare(inputs[1 - at], Unguarded)), float(inputs[at])

    def like(self, result: Any) -> Any:
        """Return floating results, numbers too, as arrays of this kind."""
        if not isinstance(result, (np.ndarray, np.floating)) or np.asarray(result).dtype.kind != "f":
            return result
        found = np.asarray(result).view(Unguarded)
        found.seen = self.seen
        return found


def small(value: Any) -> bool:
    """Return whether a value is one small positive number."""
    return (
        np.ndim(value) == 0
        and isinstance(value, (float, np.ndarray, np.floating))
        and 0 < float(value) <= SMALL
    )


def unguarded(tree: Any, seen: set[float]) -> Any:
    """Return an array so that what is computed from it takes logarithms without their guard; those met go to `seen`."""
    array = np.array(tree)
    if array.dtype.kind != "f":
        return array
    found = array.view(Unguarded)
    found.seen = seen
    return found
