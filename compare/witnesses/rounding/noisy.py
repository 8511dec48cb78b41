"""Measure the rounding of a NumPy computation: run it again with every operation's result moved by an ulp.

It is not enough to move the inputs: where a unit saturates, their last digit is lost on the way and the measured
noise is 0, while the operations behind still round.
"""

from typing import Any

import numpy as np

from ...common.arrays import Array
from . import sizes
from .signs import Hashed, Norms, Pooled, Unmoved

PRODUCTS = (np.dot, np.matmul, np.inner, np.outer, np.einsum, np.tensordot, np.vdot)
SUMS = (np.sum, np.mean, np.cumsum, np.trace, np.average)
# These choose, copy or give whole numbers; nothing is rounded, and an index that is cast from one stays what it is.
EXACT = {
    np.maximum,
    np.minimum,
    np.fmax,
    np.fmin,
    np.negative,
    np.positive,
    np.absolute,
    np.sign,
    np.heaviside,
    np.floor,
    np.ceil,
    np.rint,
    np.trunc,
    np.floor_divide,
    np.greater,
    np.greater_equal,
    np.less,
    np.less_equal,
}


class Rounding:
    """The random signs of one measurement, which its arrays carry: two measurements share no state.

    many: the arrays have millions of entries; signs come from a pool, products are bounded by norms.  still: nothing
    is moved.
    """

    def __init__(self, seed: int, many: bool = False, still: bool = False):
        self.many = many
        self.signs: Hashed | Pooled | Unmoved = Unmoved() if still else Pooled(seed) if many else Hashed(seed)

    def watched(self, result: Any) -> Any:
        """Return `result` as it is; what is computed from it is moved."""
        if isinstance(result, np.ndarray) and result.dtype.kind == "f":
            result = result.view(Noisy)
            result.rounding = self
        return result

    def moved(self, result: Any, size: Any = None) -> Any:
        """Return `result` moved by an ulp of `size`, or of itself, and watched. It must be no view of another array."""
        array = np.asarray(result)
        if array.dtype.kind != "f":
            return self.watched(result)
        return self.watched(self.signs.moved(array, np.finfo(array.dtype), size))


class Noisy(np.ndarray):
    """An array whose results are each moved by one ulp up or down, by the signs of its `rounding`."""

    rounding: Rounding | None = (
        None  # None in an array that left the measurement, in a file: nothing is moved
    )

    def __array_finalize__(self, parent: Any) -> None:
        self.rounding = getattr(parent, "rounding", None)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        plain, rounding = [bare(i) for i in inputs], self.rounding
        into = {} if out is None else {"out": tuple(bare(o) for o in out)}
        result = getattr(ufunc, method)(*plain, **kwargs, **into)
        if result is None or ufunc.nout > 1 or rounding is None:
            return result
        if ufunc not in EXACT and np.asarray(result).dtype.kind == "f":
            result = rounding.moved(result, _size(ufunc, method, plain, kwargs, rounding.many))
        if out is None:
            return rounding.watched(result)
        out[0][...] = result
        return rounding.watched(
            out[0]
        )  # of a plain array too: `plain *= noisy` goes on as what is returned here

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        args, kwargs, rounding = bare(args), bare(kwargs), self.rounding
        result = func(*args, **kwargs)
        if rounding is None:
            return result
        if func not in PRODUCTS and func not in SUMS:
            return rounding.watched(result)
        out = kwargs.pop("out", None)
        if getattr(result, "base", None) is not None:  # einsum may return a view
            result = np.array(result)
        moved = rounding.moved(result, _size_of(func, args, kwargs, rounding.many))
        if out is None:
            return moved
        out[...] = moved
        return rounding.watched(out)


def moved_result(rounding: Rounding, function: Any, method: str, args: Any, kwargs: dict, result: Any) -> Any:
    """Return the result of an operation moved by an ulp, where the operation rounds."""
    if np.asarray(result).dtype.kind != "f" or function in EXACT:
        return result
    if isinstance(function, np.ufunc):
        size = _size(function, method, list(args), kwargs, rounding.many)
    elif function in PRODUCTS or function in SUMS:
        size = _size_of(function, tuple(args), kwargs, rounding.many)
    else:
        return result
    return bare(rounding.moved(np.array(result), size))


def noisy(tree: Any, rounding: Rounding) -> Any:
    """Return `tree` (arrays in dicts, lists, tuples) with its floating arrays made Noisy and each moved by an ulp."""
    if isinstance(tree, dict):
        return {key: noisy(value, rounding) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(noisy(value, rounding) for value in tree)
    array = np.array(tree)
    if array.dtype.kind != "f":
        return array
    # Whole numbers are labels, counts or indices: exact.
    return rounding.watched(array) if (array == np.rint(array)).all() else rounding.moved(array)


def _size(ufunc: Any, method: str, inputs: list, kwargs: dict, many: bool) -> Array | Norms | None:
    """Return what an ulp of a ufunc's result is relative to; None: the result itself."""
    if ufunc is np.matmul and method == "__call__":
        return sizes.of_product(inputs[0], inputs[1], many)
    if ufunc is np.add and method == "reduce":
        return np.add.reduce(np.abs(inputs[0]), *inputs[1:], **kwargs) + sizes.lost_in_sum(*inputs, **kwargs)
    return None


def _size_of(func: Any, args: tuple, kwargs: dict, many: bool) -> Array | Norms:
    """Return the same of a product or a sum that is no ufunc."""
    if func is np.dot and not kwargs and np.ndim(args[0]) == np.ndim(args[1]) == 2:
        return sizes.of_product(args[0], args[1], many)
    size = np.abs(func(*sizes.magnitudes(args), **kwargs))
    if func is np.sum:  # over all axes unless told, as np.add.reduce is not
        axis = {} if len(args) > 1 else {"axis": None}
        return size + sizes.lost_in_sum(*args[:2], **(axis | kwargs))
    return size


def bare(tree: Any, kind: type[np.ndarray] = Noisy) -> Any:
    """Return `tree` with its arrays of type `kind` viewed as plain ones."""
    if isinstance(tree, dict):
        return {key: bare(value, kind) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(bare(value, kind) for value in tree)
    return tree.view(np.ndarray) if isinstance(tree, kind) else tree
