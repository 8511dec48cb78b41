"""How a training step is executed: eager (op by op) or compiled (a static graph).

A step is a function (params, state, x, y) -> (params, state, loss).
"""

from collections.abc import Callable
from typing import Any

import jax

from .arrays import Array, Params, Scalar
from .optimizers import Optimizer, State

Step = Callable[..., tuple[Params, State, Scalar]]


def eager(net: Any, optimizer: Optimizer) -> Step:
    """Return the step: one forward, one backward pass and the update; jax traces and dispatches anew at every call."""

    def step(params: Params, state: State, x: Array, y: Array) -> tuple[Params, State, Scalar]:
        loss, grads = net.loss_and_grads(params, x, y)
        params, state = optimizer.update(params, grads, state)
        return params, state, loss

    return step


def compiled(net: Any, optimizer: Optimizer) -> Step:
    """Return the same step traced once and compiled by XLA."""
    return jax.jit(eager(net, optimizer))


def ahead_of_time(net: Any, optimizer: Optimizer, params: Params, state: State, x: Array, y: Array) -> Step:
    """Return the executable for these shapes and no others: a call looks up no cache."""
    return jax.jit(eager(net, optimizer)).trace(params, state, x, y).lower().compile()


def scanned(net: Any, optimizer: Optimizer) -> Step:
    """Return a function that runs an epoch in one call: xs (steps, N, M_0), ys (steps, ...); returns the last loss."""
    step = eager(net, optimizer)

    def epoch(params: Params, state: State, xs: Array, ys: Array) -> tuple[Params, State, Scalar]:
        def body(carry: tuple[Params, State], batch: tuple[Array, Array]) -> Any:
            params, state, loss = step(*carry, *batch)
            return (params, state), loss

        (params, state), losses = jax.lax.scan(body, (params, state), (xs, ys))
        return params, state, losses[-1]

    return jax.jit(epoch)


def replayed(net: Any, optimizer: Optimizer, params: Params, state: State, x: Array, y: Array) -> Step:
    """Return the step's operations, traced once for these shapes and dispatched one by one, without a compiler."""
    traced, out = jax.make_jaxpr(eager(net, optimizer), return_shape=True)(params, state, x, y)
    form = jax.tree.structure(out)

    def step(*arguments: Any) -> Any:
        flat = jax.core.eval_jaxpr(traced.jaxpr, traced.consts, *jax.tree.leaves(arguments))
        return jax.tree.unflatten(form, flat)

    return step
