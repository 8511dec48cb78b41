"""NumPy arrays to torch tensors and back, with nothing lost on the way."""

from typing import Any

import numpy as np
import torch

Array = torch.Tensor
Params = dict[str, Array]
Scalar = Array  # without axes


def from_numpy(tree: Any) -> Any:
    """Copy a tree (arrays in dicts, lists, tuples) into tensors of the same dtype.

    Raises TypeError where torch has no type that holds the array exactly (longdouble, say).
    """
    if isinstance(tree, dict):
        return {key: from_numpy(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(from_numpy(value) for value in tree)
    try:
        return torch.from_numpy(np.array(tree))
    except TypeError as error:
        raise TypeError(f"torch cannot hold {np.asarray(tree).dtype} without losing precision") from error


def to_numpy(tree: Any) -> Any:
    """Copy a tree of tensors into NumPy arrays: the inverse of `from_numpy`."""
    if isinstance(tree, dict):
        return {key: to_numpy(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(to_numpy(value) for value in tree)
    return tree.detach().cpu().numpy().copy()
