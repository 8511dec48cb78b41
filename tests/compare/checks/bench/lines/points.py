"""What the tests of the functions share: every function by its name, and nests of arrays with other numbers in them."""

import numpy as np

from compare.checks.bench.lines.corpus import functions

FUNCTIONS = functions()


def mapped(tree, change):
    """Return the nest with change(array) for every array or float in it, in the order of the nest."""
    if isinstance(tree, dict):
        return {key: mapped(value, change) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(mapped(value, change) for value in tree)
    return change(tree) if isinstance(tree, (float, np.ndarray, np.floating)) else tree


def cast(tree, dtype):
    """Return the nest with its floating arrays in another type; arrays of whole numbers stay."""
    return mapped(tree, lambda a: np.asarray(a).astype(dtype)[()] if np.asarray(a).dtype.kind == "f" else a)
