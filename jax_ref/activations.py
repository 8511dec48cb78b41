"""Activation functions a = f(z); jax derives them."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from .arrays import Array

LEAKY_SLOPE = 0.01


def leaky_relu(z: Array) -> Array:
    return jax.nn.leaky_relu(z, LEAKY_SLOPE)


def softplus(z: Array) -> Array:
    """Return log(1 + e^z)"""
    return jnp.logaddexp(z, 0)


def gelu(z: Array) -> Array:
    """Return the exact form; jax.nn.gelu approximates by tanh by default."""
    return jax.nn.gelu(z, approximate=False)


def gelu_tanh(z: Array) -> Array:
    """Return gelu as in GPT-2, z sigmoid(2 u); the derivative of jax.nn.gelu loses six digits at z = -4.6."""
    return z * jax.nn.sigmoid(1.5957691216057308 * (z + 0.044715 * z**3))


def identity(z: Array) -> Array:
    return z


def softmax(z: Array) -> Array:
    return jax.nn.softmax(z, axis=-1)


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "leaky_relu": leaky_relu,
    "softplus": softplus,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "silu": jax.nn.silu,
    "identity": identity,
    "softmax": softmax,
}
