"""How a training step is executed: here there is one way, since NumPy has no graph.

A step is a function (params, state, x, y) -> (params, state, loss).
"""


def eager(net, optimizer):
    """One forward, one backward pass and the update, each operation run as it is reached."""

    def step(params, state, x, y):
        loss, grads = net.loss_and_grads(params, x, y)
        params, state = optimizer.update(params, grads, state)
        return params, state, loss

    return step
