"""How a training step is executed: eager (a dynamic graph) or compiled (a static one).

A step is a function (params, state, x, y) -> (params, state, loss).
"""

import torch


def eager(net, optimizer):
    """One forward, one backward pass and the update; autograd records a new graph at every call."""

    def step(params, state, x, y):
        loss, grads = net.loss_and_grads(params, x, y)
        with torch.no_grad():
            params, state = optimizer.update(params, grads, state)
        return params, state, loss

    return step


def compiled(net, optimizer):
    """The same step captured once by torch.compile.

    The derivative goes through torch.func: autograd.grad is refused inside a compiled function.
    """

    def step(params, state, x, y):
        # grad_and_value gives (grads, loss), the reverse of what its name suggests to a jax user.
        grads, loss = torch.func.grad_and_value(net.loss)(params, x, y)
        params, state = optimizer.update(params, grads, state)
        return params, state, loss

    return torch.compile(step)
