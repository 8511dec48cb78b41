"""How a training step is executed: eager (op by op) or compiled (a static graph).

A step is a function (params, state, x, y) -> (params, state, loss).
"""

import jax


def eager(net, optimizer):
    """One forward, one backward pass and the update; jax traces and dispatches anew at every call."""

    def step(params, state, x, y):
        loss, grads = net.loss_and_grads(params, x, y)
        params, state = optimizer.update(params, grads, state)
        return params, state, loss

    return step


def compiled(net, optimizer):
    """The same step traced once and compiled by XLA."""
    return jax.jit(eager(net, optimizer))
