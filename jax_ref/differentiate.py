"""Gradients, error terms and Hessian-vector products of every network, by jax.grad."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .arrays import Array, Params

Tap = Callable[[str, Array], Array]


def untouched(name: str, z: Array) -> Array:
    """Return z as it is: the tap of an ordinary forward pass."""
    return z


def loss_and_grads(net: Any, params: Params, x: Array, y: Array) -> tuple[Array, Params]:
    """Return the loss and {name: dL/dp} for each parameter p."""
    return jax.value_and_grad(net.loss)(params, x, y)


def deltas(net: Any, params: Params, x: Array, y: Array) -> dict[str, Array]:
    """Return dL/dz of every intermediate z that the forward pass taps: the derivative by a zero added to it."""
    shapes: dict[str, jax.ShapeDtypeStruct] = {}

    def note_shape(name: str, z: Array) -> Array:
        shapes[name] = jax.ShapeDtypeStruct(z.shape, z.dtype)
        return z

    jax.eval_shape(lambda: net.loss(params, x, y, note_shape))
    zeros = {name: jnp.zeros(z.shape, z.dtype) for name, z in shapes.items()}
    found = jax.grad(lambda zeros: net.loss(params, x, y, lambda name, z: z + zeros[name]))(zeros)
    return {name: found[name] for name in zeros}  # jax orders a dict by its keys


def hessian_vector(net: Any, params: Params, x: Array, y: Array, v: Params) -> Params:
    """Return the Hessian times v, forward over reverse: the derivative of the gradient along v."""
    gradient = jax.grad(lambda p: net.loss(p, x, y))
    return jax.jvp(gradient, (params,), (v,))[1]


def slope_along(net: Any, params: Params, x: Array, y: Array, v: Params, tap: Tap = untouched) -> Array:
    """Return <dL/dp, v>, a scalar: the derivative of the loss along v."""
    grads = jax.grad(lambda p: net.loss(p, x, y, tap))(params)
    return sum((grads[name] * v[name]).sum() for name in v)
