"""Arrays in and out. Here they are NumPy's already; the references convert."""

import numpy as np


def from_numpy(tree):
    """Copy a tree (arrays in dicts, lists, tuples) so that what is done to it stays here."""
    if isinstance(tree, dict):
        return {key: from_numpy(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(from_numpy(value) for value in tree)
    return np.array(tree)


def to_numpy(tree):
    """The inverse of `from_numpy`."""
    return from_numpy(tree)
