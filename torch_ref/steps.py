"""How a training step is executed: eager (a dynamic graph) or compiled (a static one).

A step is a function (params, state, x, y) -> (params, state, loss).
"""

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._pytree import tree_map

from .arrays import Array, Params, Scalar
from .optimizers import Optimizer, State

Step = Callable[..., tuple[Params, State, Scalar]]


def eager(net: Any, optimizer: Optimizer) -> Step:
    """Return the step: one forward, one backward pass and the update; autograd records a new graph at every call."""

    def step(params: Params, state: State, x: Array, y: Array) -> tuple[Params, State, Scalar]:
        loss, grads = net.loss_and_grads(params, x, y)
        with torch.no_grad():
            params, state = optimizer.update(params, grads, state)
        return params, state, loss

    return step


def functional(net: Any, optimizer: Optimizer, seen: Callable[[Array], Array] = lambda g: g) -> Step:
    """Return the step as a function of tensors alone, for the tracers below; `seen` maps g to what the update gets.

    The derivative goes through torch.func: autograd.grad is refused inside a compiled function.
    """

    def step(params: Params, state: State, x: Array, y: Array) -> tuple[Params, State, Scalar]:
        # grad_and_value gives (grads, loss), the reverse of what its name suggests to a jax user.
        grads, loss = torch.func.grad_and_value(net.loss)(params, x, y)
        params, state = optimizer.update(params, {name: seen(g) for name, g in grads.items()}, state)
        return params, state, loss

    return step


def compiled(net: Any, optimizer: Optimizer) -> Step:
    """Return the same step captured once by torch.compile."""
    return compiled_by(net, optimizer, "inductor")


def compiled_by(net: Any, optimizer: Optimizer, backend: str) -> Step:
    """Return the same step captured once by torch.compile, with another backend than its own."""
    # Times one: of W.add_(g, alpha=-rate) and the product that is g, inductor (torch 2.13) makes an addmm and drops
    # the alpha, so that W moves by +g. A factor in between keeps the two apart, and is fused into the update.
    return torch.compile(functional(net, optimizer, seen=lambda g: 1.0 * g), backend=backend)


def compiled_loss(net: Any, optimizer: Optimizer, backend: str = "inductor") -> Step:
    """Return the step with only the loss captured by torch.compile, backward graph included; the update is eager."""
    loss_of = torch.compile(net.loss, backend=backend)

    def step(params: Params, state: State, x: Array, y: Array) -> tuple[Params, State, Scalar]:
        leaves = {name: p.detach().requires_grad_() for name, p in params.items()}
        loss = loss_of(leaves, x, y)
        grads = dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True))
        with torch.no_grad():
            params, state = optimizer.update(params, grads, state)
        return params, state, loss.detach()

    return step


def traced(
    net: Any, optimizer: Optimizer, params: Params, state: State, x: Array, y: Array
) -> torch.fx.GraphModule:
    """Return the step's operations, recorded once for these shapes by make_fx and run one after the other."""
    # Slow to import, and an eager step needs none of it.
    from torch.fx.experimental.proxy_tensor import make_fx

    return make_fx(functional(net, optimizer))(params, state, x, y)


def exported(net: Any, optimizer: Optimizer, params: Params, state: State, x: Array, y: Array) -> Step:
    """Return the step as torch.export's program for these shapes: a static graph, run by the eager kernels.

    The derivative is traced first: otherwise torch.export captures torch.func's intermediates as
    constants, and the program would return the same gradient for every batch.
    """
    graph = traced(net, optimizer, params, state, x, y)
    return torch.export.export(_Traced(graph), (params, state, x, y)).module()


class _Traced(torch.nn.Module):
    def __init__(self, graph: torch.fx.GraphModule) -> None:
        super().__init__()
        self.graph = graph

    def forward(self, params: Params, state: State, x: Array, y: Array) -> Any:
        return self.graph(params, state, x, y)


def captured(net: Any, optimizer: Optimizer, params: Params, state: State, x: Array, y: Array) -> Step:
    """Return the step recorded as one CUDA graph: a call copies its arguments in and replays the kernels."""
    held = [tree_map(torch.clone, tree) for tree in (params, state, x, y)]
    step = functional(net, optimizer)
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):  # lazy initialisation must not be recorded
        for _ in range(3):
            step(*held)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        out = step(*held)

    def replay(*arguments: Any) -> Any:
        tree_map(lambda there, here: there.copy_(here), held, list(arguments))
        graph.replay()
        return out

    return replay
