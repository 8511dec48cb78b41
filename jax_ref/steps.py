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


def ahead_of_time(net, optimizer, params, state, x, y):
    """The executable itself, for these shapes and no others: no cache is looked up at a call."""
    return compiled(net, optimizer).trace(params, state, x, y).lower().compile()


def scanned(net, optimizer):
    """An epoch in one call: xs is (steps, N, M_0), ys is (steps, ...); the loss returned is the last step's."""
    step = eager(net, optimizer)

    def epoch(params, state, xs, ys):
        def body(carry, batch):
            params, state, loss = step(*carry, *batch)
            return (params, state), loss

        (params, state), losses = jax.lax.scan(body, (params, state), (xs, ys))
        return params, state, losses[-1]

    return jax.jit(epoch)


def replayed(net, optimizer, params, state, x, y):
    """The step's operations, traced once for these shapes, dispatched one after the other without a compiler."""
    traced, out = jax.make_jaxpr(eager(net, optimizer), return_shape=True)(params, state, x, y)
    form = jax.tree.structure(out)

    def step(*arguments):
        flat = jax.core.eval_jaxpr(traced.jaxpr, traced.consts, *jax.tree.leaves(arguments))
        return jax.tree.unflatten(form, flat)

    return step
