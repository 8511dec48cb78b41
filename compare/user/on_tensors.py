"""A gradient by hand on torch tensors: its function is called with tensors, and torch differentiates its own loss."""

import contextlib
import copy
import functools
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..common.arrays import mapped
from ..common.modules import opened
from .returned import understand


def holds_tensors(tree: Any) -> bool:
    """Return whether a nest of dicts, lists and tuples has tensors for its leaves, or is a module of torch."""
    torch = sys.modules.get("torch")
    return torch is not None and all(isinstance(leaf, torch.Tensor) for leaf in _leaves(tree) or [None])


def as_given(tree: Any, like: Any) -> Any:
    """Return a nest of arrays as tensors, where `like` holds tensors; a module is one already."""
    return tree if not holds_tensors(like) or hasattr(tree, "named_parameters") else mapped(tree, _tensor)


def on_tensors(hand: Callable[..., Any], params: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """Return (hand, loss): a function that gives arrays to `hand` as tensors, and its loss for torch to differentiate.

    The loss is None where torch cannot differentiate it: it is a float, or computed without a graph.
    """
    import torch

    given = [isinstance(a, torch.Tensor) for a in (x, y)]

    @functools.wraps(hand)
    def called(at: Any, *batch: Any, **none: Any) -> Any:
        own = [_tensor(a) if is_tensor else a for a, is_tensor in zip(batch, given, strict=False)]
        return hand(as_given(at, params), *own, **none)

    def loss(at: Any, *batch: Any, **none: Any) -> Any:
        leaves = _leaves(at)
        # A backward pass by hand may write into what the forward pass left, so torch differentiates in here.
        with torch.autograd.graph.allow_mutation_on_saved_tensors():
            value = _loss_of(hand(at, *batch, **none), [tuple(p.shape) for p in leaves]).reshape(())
            slopes = torch.autograd.grad(value, leaves, allow_unused=True, materialize_grads=True)
        moved = [(g.detach() * (p - p.detach())).sum() for g, p in zip(slopes, leaves, strict=True)]
        return value.detach() + sum(moved)  # has this value and this gradient

    differentiable = False
    with contextlib.suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, where the loss becomes a float
        loss(_started(params), *(a for a in (x, y) if a is not None))
        differentiable = True
    return called, loss if differentiable else None


def _loss_of(result: Any, shapes: list[tuple[int, ...]]) -> Any:
    """Return the loss among what a function returned, where it is a tensor. Raises TypeError where it is none."""
    found = understand(result, shapes)
    value = result if isinstance(result, np.ndarray) else None
    if found.loss is not None and isinstance(result, (tuple, list, dict)):
        value = result[found.loss_at]  # type: ignore[index]
    if not hasattr(value, "detach"):
        raise TypeError("the loss is no tensor")
    return value


def _leaves(tree: Any) -> list[Any]:
    leaves: list[Any] = []
    mapped(opened(tree) if hasattr(tree, "named_parameters") else tree, leaves.append)
    return leaves


def _started(params: Any) -> Any:
    """Return copies of the parameters that are differentiated by."""
    if hasattr(params, "named_parameters"):
        return copy.deepcopy(params)
    return mapped(params, lambda a: a.detach().clone().requires_grad_())


def _tensor(array: Any) -> Any:
    import torch

    if type(array) is not np.ndarray and not isinstance(array, np.generic):
        raise TypeError("an array that records, or is moved by an ulp, is no tensor")
    return torch.from_numpy(np.array(array))
