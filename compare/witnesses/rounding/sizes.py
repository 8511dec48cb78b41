"""The sizes that the ulp of a product or a sum is relative to: those of its terms, since the result may cancel."""

from typing import Any

import numpy as np

from ...common.arrays import Array
from .signs import Norms, norms

LONG = 32  # terms; a shorter sum cannot lose much more than the few ulps that are allowed anyway
SAMPLED = 8  # rows, and columns


def of_product(a: Array, b: Array, by_norms: bool) -> Array | Norms:
    """Return |a| @ |b|; by_norms: where no square is lost a bound of it, which needs no second product."""
    share = 1 + lost_in_product(a, b)
    if by_norms and np.ndim(a) == np.ndim(b) == 2 and np.result_type(a, b) == a.dtype == b.dtype:
        info = np.finfo(a.dtype)
        with np.errstate(all="ignore"):
            rows, columns = np.sqrt(np.einsum("ij,ij->i", a, a)), np.sqrt(np.einsum("ij,ij->j", b, b))
            bound = norms(rows, columns, np.sqrt(info.tiny) / info.eps)
        if bound:
            return share * bound[0], bound[1]
    with np.errstate(all="ignore"):  # BLAS raises "invalid" for numbers beside the array's: not every time
        return (np.abs(a) @ np.abs(b)) * share


def magnitudes(args: tuple) -> tuple:
    """Return the arguments with their floating arrays replaced by absolute values."""
    return tuple(np.abs(a) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a for a in args)


def lost_in_sum(array: Any, axis: Any = 0, keepdims: bool = False, where: Any = True, **more: Any) -> Any:
    """Return what adding one term after another costs beyond an ulp of the sum, in eps, measured on these terms.

    Where the terms are alike (the deltas of a hinge are all +-1/N), roundings do not average out: a sum of n terms
    one after another is off by up to n ulps, a sum in pairs by log n.
    """
    array = np.asarray(array)
    if array.dtype.kind != "f" or isinstance(axis, tuple) or where is not True:
        return 0
    terms = array.ravel() if axis is None else np.moveaxis(array, axis, -1)
    if terms.shape[-1] < 3:
        return 0
    terms = np.ascontiguousarray(terms)  # along contiguous memory NumPy adds in pairs
    lost = np.abs(np.cumsum(terms, axis=-1)[..., -1] - terms.sum(axis=-1)) / np.finfo(array.dtype).eps
    if keepdims:
        return lost.reshape((1,) * array.ndim) if axis is None else np.expand_dims(lost, axis)
    return lost


def lost_in_product(a: Array, b: Array) -> Any:
    """Return the same for the sums in a @ b, as a share of |a| @ |b|: the most in a sample of rows and columns."""
    if np.ndim(a) != 2 or np.ndim(b) != 2 or len(b) < LONG or np.result_type(a, b).kind != "f":
        return 0
    a, b = a[:: max(1, len(a) // SAMPLED)], b[:, :: max(1, b.shape[1] // SAMPLED)].T
    terms = a[:, None] * b[None]
    size = np.abs(terms).sum(axis=-1)
    lost = lost_in_sum(terms, axis=-1)
    return np.max(np.divide(lost, size, out=np.zeros_like(size), where=size > 0), initial=0)
