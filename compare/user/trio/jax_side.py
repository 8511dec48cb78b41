"""The jax version: a loss of the common parameters, or of a pytree of its own (equinox, flax, haiku)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...common.arrays import Arrays, unflatten
from ...common.errors import UserError
from .pairing import Pairing, pairings, words
from .sides import Side, arguments

Named = dict[str, jax.Array]


class JaxSide(Side):
    """jax, differentiated by jax.grad."""

    who = "jax"

    def native(self, array: np.ndarray, like: Any) -> Any:
        return jnp.asarray(array, like.dtype)

    def constant(self, array: Any) -> Any:
        return jax.lax.stop_gradient(array)

    def loss_and_grads(self, params: Named, x: Any, y: Any) -> tuple[Any, Named]:
        """Return the loss, its gradients by jax.grad, and the next values of what is carried."""
        trained, carried = self.split(params)
        (loss, after), grads = jax.value_and_grad(self.call, has_aux=True)(trained, carried, x, y)
        return loss, grads | self.next(params, after)


def parameters(tree: Any) -> Arrays:
    """Return the floating arrays of a pytree in NumPy, float64, by their paths."""
    return {n: np.asarray(leaf, np.float64) for n, leaf in _leaves(tree) if _floating(leaf)}


def sides(
    given: Any,
    like: Any,
    flat: Arrays,
    carried: Arrays,
    state: Any,
    names: Mapping[str, str] | None,
    own_state: Any = None,
) -> Iterator[JaxSide]:
    """Yield the side, in each pairing that may be meant, the likeliest first.

    given: a function (params, x, y) -> scalar, or (pytree, loss) with loss(pytree, x, y).  own_state: a pytree that
    the loss takes after the parameters and returns beside its value.  The rest is as in `torch_side.sides`.
    """
    if callable(given) and not isinstance(given, tuple):
        yield JaxSide(_of_function(given, like, state), carried if state is not None else {}, [])
        return
    tree, loss = given if isinstance(given, tuple) and len(given) == 2 else (None, None)
    if not callable(loss):
        raise UserError("jax is needed as a function (params, x, y), or as (pytree, loss)")
    inner = _shapes(parameters(own_state)) if own_state is not None and carried else {}
    for paired in pairings(_shapes(flat), _shapes(parameters(tree)), "jax", names):
        for kept in pairings(_shapes(carried), inner, "jax", names) if inner else [{}]:
            call = _of_tree(tree, loss, paired, own_state, kept)
            yield JaxSide(call, carried if inner else {}, words(paired) + words(kept))


def _of_function(loss: Callable[..., Any], like: Any, state: Any) -> Callable[..., tuple[Any, Named]]:
    def call(trained: Named, carried: Named, x: Any, y: Any) -> tuple[Any, Named]:
        tree = unflatten(trained, like)
        if state is None:
            return _scalar(loss(tree, x, y)), {}
        value, after = loss(tree, unflatten(carried, state), x, y)
        by_name = dict(_leaves(after))
        return _scalar(value), {n: by_name[n] for n in carried}

    return call


def _of_tree(
    tree: Any, loss: Callable[..., Any], paired: Pairing, own_state: Any, kept: Pairing
) -> Callable[..., tuple[Any, Named]]:
    short = arguments(loss, 3) == 2

    def call(trained: Named, carried: Named, x: Any, y: Any) -> tuple[Any, Named]:
        model = _filled(tree, paired, trained)
        if own_state is not None:
            value, after = loss(model, _filled(own_state, kept, carried), x, y)
            by_name = dict(_leaves(after))
            return _scalar(value), {
                n: jnp.transpose(by_name[p.name], np.argsort(p.axes).tolist()).reshape(carried[n].shape)
                for n, p in kept.items()
            }
        return _scalar(loss(model(x), y) if short else loss(model, x, y)), {}

    return call


def _filled(tree: Any, paired: Pairing, arrays: Named) -> Any:
    """Return the pytree with the common arrays in place of its own."""
    by_name = {pair.name: pair.out(arrays[n], jnp.transpose) for n, pair in paired.items()}
    like = next(iter(arrays.values())) if arrays else None

    def leaf(path: Any, value: Any) -> Any:
        name = _path(path)
        if name in by_name:
            return by_name[name]
        return jnp.asarray(value, like.dtype) if like is not None and _floating(value) else value

    return jax.tree_util.tree_map_with_path(leaf, tree)


def _leaves(tree: Any) -> list[tuple[str, Any]]:
    return [(_path(path), leaf) for path, leaf in jax.tree_util.tree_leaves_with_path(tree)]


def _path(path: Any) -> str:
    parts = (getattr(k, "key", getattr(k, "name", getattr(k, "idx", k))) for k in path)
    return ".".join(str(part) for part in parts)


def _floating(leaf: Any) -> bool:
    return isinstance(leaf, (jax.Array, np.ndarray)) and jnp.issubdtype(leaf.dtype, jnp.floating)


def _shapes(arrays: Arrays) -> dict[str, tuple[int, ...]]:
    return {n: tuple(a.shape) for n, a in arrays.items()}


def _scalar(value: Any) -> Any:
    if np.size(value) != 1:
        raise UserError(f"the jax loss returned an array of shape {np.shape(value)}: a scalar is needed")
    return jnp.reshape(value, ())
