"""Gradients and error terms of every network, by torch.autograd."""

from collections.abc import Callable
from typing import Any

import torch

from .arrays import Array, Params

Tap = Callable[[str, Array], Array]


def untouched(name: str, z: Array) -> Array:
    """Return z as it is: the tap of an ordinary forward pass."""
    return z


def loss_and_grads(net: Any, params: Params, x: Array, y: Array) -> tuple[Array, Params]:
    """Return the loss and {name: dL/dp} for each parameter p."""
    leaves = {name: p.detach().requires_grad_() for name, p in params.items()}
    loss = net.loss(leaves, x, y)
    return loss.detach(), dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True))


def deltas(net: Any, params: Params, x: Array, y: Array) -> dict[str, Array]:
    """Return dL/dz of every intermediate z that the forward pass taps: the derivative by a zero added to it."""
    zeros: dict[str, Array] = {}

    def add_zero(name: str, z: Array) -> Array:
        zeros[name] = torch.zeros_like(z, requires_grad=True)
        return z + zeros[name]

    loss = net.loss(params, x, y, add_zero)
    return dict(zip(zeros, torch.autograd.grad(loss, list(zeros.values())), strict=True))
