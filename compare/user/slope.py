"""The slope of a user's loss along a direction v, whose gradient is the Hessian times v: by hand, in torch, in jax."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..common.arrays import flatten, mapped, positional_names, unflatten
from ..common.errors import UserError
from ..witnesses import Arrays
from .matching import match
from .raised import reported
from .subject import Subject


class Slope:
    """<dL/dp, v> of the loss of `first`, a user's function with its gradient.

    v: a nest like the parameters, or None: random normal. Raises UserError where it is another.
    """

    def __init__(self, first: Subject, v: Any, seed: int) -> None:
        self.first, self.like = first, first.like
        self.v = {n: np.asarray(a, first.flat[n].dtype) for n, a in _direction(first, v, seed).items()}

    def by_hand(self, product: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function (params, x, y) -> (<dL/dp, v>, product(params, x, y, v))."""
        first, places = self.first, self._places()
        assert first.function is not None
        gradient = first.function

        def slope(params: Any, *batch: Any) -> Any:
            leaves = [*_leaves(first.understood(gradient(params, *batch)).grads)]
            value = sum((leaves[k] * self.v[n]).sum() for n, k in places.items())
            copies = {n: a.copy() for n, a in self.v.items()}
            with reported("your Hessian-vector product"):
                return value, product(params, *batch, unflatten(copies, self.like))

        return slope

    def in_torch(self, loss: Callable[..., Any]) -> Callable[..., Any]:
        """Return the slope of a loss in torch."""
        import torch

        def slope(params: Any, *batch: Any) -> Any:
            leaves = [*_leaves(params)]
            found = torch.autograd.grad(loss(params, *batch), leaves, create_graph=True, allow_unused=True)
            along = [torch.from_numpy(a).to(p.dtype) for a, p in zip(self._in_order(), leaves, strict=True)]
            zero = sum(p.sum() * 0 for p in leaves)  # a slope that no parameter changes has a derivative, too
            return zero + sum((g * a).sum() for g, a in zip(found, along, strict=True) if g is not None)

        return slope

    def in_jax(self, loss: Callable[..., Any]) -> Callable[..., Any]:
        """Return the slope of a loss in jax, by forward mode: its gradient is reverse over forward."""
        import jax

        def slope(params: Any, *batch: Any) -> Any:
            leaves, tree = jax.tree.flatten(params)
            given = jax.tree.leaves(unflatten(self.v, self.like))
            along = jax.tree.unflatten(tree, [a.astype(p.dtype) for a, p in zip(given, leaves, strict=True)])
            return jax.jvp(lambda p: loss(p, *batch), (params,), (along,))[1]

        return slope

    def _in_order(self) -> list[np.ndarray]:
        return [*_leaves(unflatten(self.v, self.like))]

    def _places(self) -> dict[str, int]:
        """Return which leaf of what the gradient returns belongs to each parameter.

        Leaves are not copied when the slope is computed: a recorded run has to see where they come from.
        """
        assert self.first.function is not None
        with reported("your code"):
            grads = self.first.call().grads
        leaves = [*_leaves(grads)]
        numbers = iter(range(len(leaves)))
        marked, _ = match(
            mapped(grads, lambda a: np.full(np.shape(a), float(next(numbers)))), self.first.flat
        )
        return {n: int(marked[n].flat[0]) for n in self.first.flat}


def _direction(first: Subject, v: Any, seed: int) -> Arrays:
    if v is None:
        rng = np.random.default_rng([seed, 4])
        return {n: rng.standard_normal(a.shape) for n, a in first.flat.items()}
    names = positional_names(v)
    given = {names.get(place, place): a for place, a in flatten(v).items()}
    shapes = {n: a.shape for n, a in given.items()}
    if shapes != {n: a.shape for n, a in first.flat.items()}:
        raise UserError(f"v has {shapes}: arrays as the parameters' are needed")
    return given


def _leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict):
        tree = tree.values()
    elif not isinstance(tree, (list, tuple)):
        yield tree
        return
    for item in tree:
        yield from _leaves(item)
