"""NumPy arrays to jax arrays and back, with nothing lost on the way."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array
Params = dict[str, Array]
Scalar = Array  # without axes


def from_numpy(tree: Any) -> Any:
    """Copy a tree (arrays in dicts, lists, tuples) into jax arrays.

    Raises TypeError where jax would round: float64 outside `jax.enable_x64(True)` becomes float32,
    and integers become int32, which is refused only when a value changes.
    """
    return jax.tree.map(_exactly, tree)


def to_numpy(tree: Any) -> Any:
    """Copy a tree of jax arrays into NumPy arrays: the inverse of `from_numpy`."""
    return jax.tree.map(np.array, tree)


def _exactly(value: Any) -> Array:
    array = np.array(value)
    # jnp.array copies: jnp.asarray may share the NumPy memory, and a later write would show through.
    there = jnp.array(array.astype(jax.dtypes.canonicalize_dtype(array.dtype)))
    if there.dtype == array.dtype:
        return there
    if array.dtype.kind in "iu" and np.array_equal(np.asarray(there), array):
        return there
    raise TypeError(f"jax would turn {array.dtype} into {there.dtype}; wrap the call in jax.enable_x64(True)")
