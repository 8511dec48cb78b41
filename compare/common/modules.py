"""A module as a nest of named arrays: torch.nn.Module, classes registered as jax pytrees (equinox), dataclasses."""

import copy
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

PLAIN = (dict, list, tuple, str, int, float, np.ndarray, np.generic, type(None))


def opened(tree: Any) -> Any:
    """Return {name: array} of a module, its paths as names ('layers.0.weight'); anything else as it is.

    A module of torch whose parameters have `.grad`, given as gradients, is read by `gradients_of`.
    """
    if isinstance(tree, PLAIN):
        return tree
    if hasattr(tree, "named_parameters"):
        return dict(tree.named_parameters())
    leaves = _pytree(tree)
    if leaves is None and not is_dataclass(tree):
        return tree
    return {name: leaf for name, leaf in leaves or _fields(tree) if _floating(leaf)} or tree


def gradients_of(tree: Any) -> Any:
    """Return {name: p.grad} of a torch module, None where a parameter has no gradient; anything else as it is."""
    if isinstance(tree, PLAIN) or not hasattr(tree, "named_parameters"):
        return tree
    return {name: p.grad for name, p in tree.named_parameters()}


def filled(like: Any, arrays: Mapping[str, Any]) -> Any:
    """Return a copy of a module with these arrays as its parameters."""
    if hasattr(like, "named_parameters"):
        return _torch_module(like, arrays)
    if _pytree(like) is None:
        return _dataclass(like, arrays)
    import jax

    structure: Any = jax.tree_util.tree_structure(like)
    leaves = [arrays.get(name, leaf) for name, leaf in _pytree(like) or ()]
    return structure.unflatten([jax.numpy.asarray(a) if type(a) is np.ndarray else a for a in leaves])


def _torch_module(like: Any, arrays: Mapping[str, Any]) -> Any:
    import torch

    made = copy.deepcopy(like)
    for name, array in arrays.items():
        owner, _, own = name.rpartition(".")
        if isinstance(array, torch.Tensor):  # itself, not a copy: it is what is differentiated by
            made.get_submodule(owner)._parameters[own] = array
            continue
        trained = getattr(made.get_submodule(owner), own).requires_grad
        tensor = torch.from_numpy(np.array(array))
        made.get_submodule(owner)._parameters[own] = torch.nn.Parameter(tensor, requires_grad=trained)
    return made


def _fields(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (path, leaf) of a dataclass, and of the dataclasses, lists and dicts in it."""
    for key, value in _items(tree):
        if isinstance(value, (dict, list, tuple)) or is_dataclass(value):
            yield from _fields(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def _items(tree: Any) -> list[tuple[Any, Any]]:
    if isinstance(tree, dict):
        return list(tree.items())
    if isinstance(tree, (list, tuple)):
        return list(enumerate(tree))
    return [] if isinstance(tree, type) else [(f.name, getattr(tree, f.name, None)) for f in fields(tree)]


def _dataclass(like: Any, arrays: Mapping[str, Any], path: str = "") -> Any:
    """Return a copy of what `_fields` walks through, with these arrays in it."""
    made = [
        (key, arrays[f"{path}{key}"] if f"{path}{key}" in arrays else _dataclass(value, arrays, f"{path}{key}."))
        for key, value in _items(like) if isinstance(like, (dict, list, tuple)) or is_dataclass(like)
    ]  # fmt: skip
    if isinstance(like, dict):
        return type(like)(made)
    if isinstance(like, (list, tuple)):
        return type(like)(value for _, value in made)
    if not is_dataclass(like) or isinstance(like, type):
        return like
    new = copy.copy(like)
    for key, value in made:
        object.__setattr__(new, key, value)
    return new


def _pytree(tree: Any) -> list[tuple[str, Any]] | None:
    """Return [(path, leaf)] of an object that jax knows as a tree, None of any other."""
    util = getattr(sys.modules.get("jax"), "tree_util", None)
    if util is None:
        return None
    found = util.tree_flatten_with_path(tree)[0]
    if len(found) == 1 and found[0][1] is tree:
        return None
    return [(".".join(_key(k) for k in path), leaf) for path, leaf in found]


def _key(key: Any) -> str:
    """Return the name in a jax key: of an attribute, of a dict, or a place."""
    return str(next(getattr(key, n) for n in ("name", "key", "idx") if hasattr(key, n)))


def _floating(leaf: Any) -> bool:
    dtype = getattr(leaf, "dtype", None)
    return dtype is not None and np.dtype(dtype).kind == "f"
