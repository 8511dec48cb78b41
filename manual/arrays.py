"""Arrays in and out. Here they are NumPy's already; the references convert."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Params = dict[str, Array]
Scalar = Any  # a NumPy number of the dtype of the arrays
Cache = Any  # what a layer's forward hands to its backward


def from_numpy(tree: Any) -> Any:
    """Copy a tree of arrays (dicts, lists, tuples), so that writing to the copy leaves the original alone."""
    if isinstance(tree, dict):
        return {key: from_numpy(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(from_numpy(value) for value in tree)
    return np.array(tree)


def to_numpy(tree: Any) -> Any:
    """Copy a tree of arrays: the inverse of `from_numpy`."""
    return from_numpy(tree)
