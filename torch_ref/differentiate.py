"""Gradients, error terms and Hessian-vector products of every network, by torch.autograd."""

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


def hessian_vector(net: Any, params: Params, x: Array, y: Array, v: Params) -> Params:
    """Return the Hessian times v, forward over reverse: the derivative of the gradient along v."""
    gradient = torch.func.grad(lambda p: net.loss(p, x, y))
    return torch.func.jvp(gradient, (params,), (v,))[1]


def slope_along(net: Any, params: Params, x: Array, y: Array, v: Params, tap: Tap = untouched) -> Array:
    """Return <dL/dp, v>, a scalar: the derivative of the loss along v."""
    grads = torch.func.grad(lambda p: net.loss(p, x, y, tap))(params)
    return sum((grads[name] * v[name]).sum() for name in v)
