"""Nests of arrays (dicts, lists, tuples) as flat dicts of named arrays, and back."""

import copy as copying
import sys
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from .errors import UserError
from .modules import filled, opened

Array = np.ndarray
Arrays = dict[str, Array]
DEEPEST = 50  # levels of a nest


def distinct(array: Array) -> list[Any]:
    """Return the different entries of an array, in order. np.unique would import numpy.ma, in 7 ms."""
    ordered = np.sort(array, axis=None)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]].tolist()


def middle(array: Array) -> float:
    """Return the median of a flat array; nan where it is empty. np.median would import numpy.ma, in 7 ms."""
    if not array.size:
        return float("nan")
    low, high = (array.size - 1) // 2, array.size // 2
    found = np.partition(array, (low, high))
    return float(found[low] + found[high]) / 2


def flatten(tree: Any, path: tuple = (), copy: bool = True) -> dict[str, np.ndarray]:
    """Return {name: array} of a nest of dicts, lists and tuples; names are the keys, deeper ones paths: 'layers.0.W'.

    A list of (W, b) pairs gives W1, b1, W2, ..., a module its parameters, see `modules`. Numbers count as arrays of
    shape (). None is left out.
    """
    if len(path) > DEEPEST:
        raise UserError(f"{path[0]} is nested more than {DEEPEST} deep: does it contain itself?")
    if not path and _pairs(tree):
        flat: dict[str, np.ndarray] = {}
        for l, (W, b) in enumerate(tree, start=1):
            flat |= flatten({f"W{l}": W, f"b{l}": b}, copy=copy)
        return flat
    if hasattr(tree, "_asdict"):
        tree = tree._asdict()
    tree = opened(tree)
    items: Iterable[tuple[Any, Any]]
    if isinstance(tree, dict):
        items = tree.items()
    elif isinstance(tree, (list, tuple)):
        items = enumerate(tree)
    elif tree is None:
        return {}
    else:
        return {".".join(map(str, path)) or "value": as_array(tree, path, copy)}
    flat = {}
    for key, value in items:
        flat |= flatten(value, (*path, key), copy)
    return flat


def as_array(value: Any, path: tuple = (), copy: bool = True) -> np.ndarray:
    """Return a private NumPy copy of an array, tensor, jax array or number; copy: False where it is only read."""
    if hasattr(value, "detach"):  # a torch tensor, without importing torch
        value = value.detach().cpu().numpy()
    array = np.array(value) if copy else np.asarray(value)
    where = ".".join(map(str, path)) or "the value"
    if is_masked(value):
        raise UserError(
            f"{where} is a masked array, whose mask would be lost: fill it, or leave the entries out"
        )
    if array.dtype.kind not in "fiub":
        raise UserError(f"{where} holds {type(value).__name__} ({array.dtype}): real numbers are needed")
    return array


def is_masked(value: Any) -> bool:
    """Return whether it is an array with entries masked. NumPy imports its masked arrays at their first use."""
    masked = sys.modules.get("numpy.ma")
    return masked is not None and masked.is_masked(value)


def unflatten(flat: dict[str, Any], like: Any, path: tuple = ()) -> Any:
    """Fill the nest of `like` with the arrays of `flat`: the inverse of `flatten`, and of names for places."""
    if not path and (names := positional_names(like)) and not names.keys() <= flat.keys():
        flat = {place: flat[name] for place, name in names.items()}
    if not path and _pairs(like):
        return type(like)(
            type(pair)(flat.get(f"{kind}{l}", value) for kind, value in zip("Wb", pair, strict=True))
            for l, pair in enumerate(like, start=1)
        )
    if isinstance(like, dict):
        items = [(key, unflatten(flat, value, (*path, key))) for key, value in like.items()]
        return dict(items) if type(like) is dict else _dict_like(like, items)
    if hasattr(like, "_asdict"):
        return type(like)(*(unflatten(flat, value, (*path, key)) for key, value in like._asdict().items()))
    if isinstance(like, (list, tuple)):
        return type(like)(unflatten(flat, value, (*path, i)) for i, value in enumerate(like))
    if like is None:
        return None
    if (names := opened(like)) is not like:
        return filled(like, {n: flat[".".join(map(str, (*path, n)))] for n in names})
    array = flat[".".join(map(str, path)) or "value"]
    # A number that is recorded (a subclass) stays what it is.
    numpys = type(array) is np.ndarray or type(array).__module__ == "numpy"
    number = isinstance(like, (int, float)) and numpys and array.ndim == 0
    return float(array) if number and array.dtype.kind in "fiub" else array


def mapped(tree: Any, function: Callable[[Any], Any]) -> Any:
    """Return the nest with what a function gives of each leaf."""
    if isinstance(tree, dict):
        return {key: mapped(value, function) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        items = [mapped(value, function) for value in tree]
        return type(tree)(*items) if hasattr(tree, "_fields") else type(tree)(items)
    return function(tree)


def _dict_like(like: Any, items: list[tuple[Any, Any]]) -> Any:
    """Return a copy of a kind of dict, whatever its constructor takes, with these items."""
    made = copying.copy(like)
    made.clear()
    made.update(items)
    return made


def positional_names(tree: Any) -> dict[str, str]:
    """Return {'0.0': 'b1', ...} for a nest of lists with the weights and biases of layers in a row, else {}.

    Understood are (biases, weights), (weights, biases) and [W1, b1, W2, b2, ...]; the weights must chain.
    """
    if (
        isinstance(tree, dict)
        or hasattr(tree, "_asdict")
        or not isinstance(tree, (list, tuple))
        or _pairs(tree)
    ):
        return {}
    if len(tree) == 2 and all(isinstance(group, (list, tuple)) for group in tree):
        groups = [[(f"{i}.{j}", a) for j, a in enumerate(group)] for i, group in enumerate(tree)]
    else:
        leaves = [(str(i), a) for i, a in enumerate(tree)]
        groups = [leaves[::2], leaves[1::2]]
        shapes = [np.shape(a) for _, a in leaves if not isinstance(a, (dict, list, tuple))]
        if all(len(s) == 2 for s in shapes) and (_chained(shapes, 0, 1) or _chained(shapes, 1, 0)):
            return {}  # weights alone: the last may be a row
    if any(isinstance(a, (dict, list, tuple)) or a is None for group in groups for _, a in group):
        return {}
    for weights, biases in (groups, groups[::-1]):
        if _layers([np.shape(a) for _, a in weights], [np.shape(a) for _, a in biases]):
            kinds = {path: f"W{l}" for l, (path, _) in enumerate(weights, start=1)}
            return kinds | {path: f"b{l}" for l, (path, _) in enumerate(biases, start=1)}
    return {}


def _layers(weights: list, biases: list) -> bool:
    """Return whether the weights chain, as [out, in] or [in, out], each with its bias."""
    if not weights or len(weights) != len(biases) or any(len(w) != 2 for w in weights):
        return False
    if any(len(b) > 2 or (len(b) == 2 and 1 not in b) for b in biases):
        return False
    for out, into in ((0, 1), (1, 0)):
        if _chained(weights, out, into) and all(
            int(np.prod(b)) == w[out] for w, b in zip(weights, biases, strict=True)
        ):
            return True
    return False


def _chained(weights: list, out: int, into: int) -> bool:
    return all(a[out] == b[into] for a, b in pairwise(weights))


def _pairs(tree: Any) -> bool:
    return (
        isinstance(tree, (list, tuple))
        and len(tree) > 0
        and all(
            isinstance(p, (list, tuple))
            and len(p) == 2
            and _leaf(p[0], 2)
            and _leaf(p[1], None)
            and (p[1] is None or np.size(p[1]) in np.shape(p[0]))  # not ([b1, b2], [W1, W2])
            for p in tree
        )
    )


def _leaf(value: Any, ndim: int | None) -> bool:
    if isinstance(value, (dict, list, tuple)):
        return False
    return value is None or ndim is None or np.ndim(value) == ndim


def equal(a: Any, b: Any) -> bool:
    """Return whether two nests hold the same arrays, nan equal to nan."""
    a, b = flatten(a, copy=False), flatten(b, copy=False)
    return a.keys() == b.keys() and all(
        np.array_equal(a[k], b[k]) or np.array_equal(a[k], b[k], equal_nan=a[k].dtype.kind == "f") for k in a
    )
