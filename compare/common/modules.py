"""A framework's module as a nest of named arrays: torch.nn.Module, and classes registered as jax pytrees (equinox)."""

import copy
import sys
from collections.abc import Mapping
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
    return tree if leaves is None else {name: leaf for name, leaf in leaves if _floating(leaf)}


def gradients_of(tree: Any) -> Any:
    """Return {name: p.grad} of a torch module, None where a parameter has no gradient; anything else as it is."""
    if isinstance(tree, PLAIN) or not hasattr(tree, "named_parameters"):
        return tree
    return {name: p.grad for name, p in tree.named_parameters()}


def filled(like: Any, arrays: Mapping[str, Any]) -> Any:
    """Return a copy of a module with these arrays as its parameters."""
    if hasattr(like, "named_parameters"):
        return _torch_module(like, arrays)
    import jax

    structure: Any = jax.tree_util.tree_structure(like)
    leaves = [arrays.get(name, leaf) for name, leaf in _pytree(like) or ()]
    return structure.unflatten([jax.numpy.asarray(a) if type(a) is np.ndarray else a for a in leaves])


def _torch_module(like: Any, arrays: Mapping[str, Any]) -> Any:
    import torch

    made = copy.deepcopy(like)
    for name, array in arrays.items():
        owner, _, own = name.rpartition(".")
        trained = getattr(made.get_submodule(owner), own).requires_grad
        tensor = torch.from_numpy(np.array(array))
        made.get_submodule(owner)._parameters[own] = torch.nn.Parameter(tensor, requires_grad=trained)
    return made


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
