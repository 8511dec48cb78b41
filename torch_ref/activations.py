"""Activation functions a = f(z); torch derives them."""

from collections.abc import Callable

import torch
from torch.nn import functional as F

from .arrays import Array

LEAKY_SLOPE = 0.01


def leaky_relu(z: Array) -> Array:
    return F.leaky_relu(z, LEAKY_SLOPE)


def softplus(z: Array) -> Array:
    """Return log(1 + e^z); F.softplus turns linear at z = 20 and is off by 2e-9 there."""
    return torch.logaddexp(z, torch.zeros_like(z))


def gelu_tanh(z: Array) -> Array:
    """Return gelu as in GPT-2, z sigmoid(2 u); the derivative of F.gelu loses six digits at z = -4.6."""
    return z * torch.sigmoid(1.5957691216057308 * (z + 0.044715 * z**3))


def identity(z: Array) -> Array:
    return z


def softmax(z: Array) -> Array:
    return torch.softmax(z, dim=-1)


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": leaky_relu,
    "softplus": softplus,
    "gelu": F.gelu,
    "gelu_tanh": gelu_tanh,
    "silu": F.silu,
    "identity": identity,
    "softmax": softmax,
}
