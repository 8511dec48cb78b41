"""What makes a compiled step trace and compile again, and whether it happens again at the next new value.

Here the rate is an argument of the step, so that its type can change.
"""

import time

import numpy as np


def changes(framework, job):
    """[{change, calls: [{value, first_s, again_s, retraced}]}]; each change tries two new values in turn."""
    step, arguments, compiles, like = {"torch": _torch, "jax": _jax}[framework](job)
    params, x, y = arguments
    half, more = len(x) // 2, 3 * len(x) // 4

    def batch(n):
        return f"batch of {n}", lambda: step(params, x[:n], y[:n], 0.1)

    def rate(value, said):
        return said, lambda: step(params, x, y, value)

    plans = {
        "nothing new": [batch(len(x)), batch(len(x))],
        "new batch size": [batch(half), batch(more)],
        "rate, Python float": [rate(0.2, "0.2"), rate(0.3, "0.3")],
        "rate, NumPy scalar": [rate(np.float32(v), f"np.float32({v})") for v in (0.2, 0.3)],
        "rate, 0-d array": [rate(like(v), f"array({v})") for v in (0.2, 0.3)],
        "new dtype": [
            ("bfloat16", lambda: step(*_as_bfloat16(framework, params, x), y, 0.1)),
            ("back again", lambda: step(params, x, y, 0.1)),
        ],
    }
    step(params, x, y, 0.1)
    return [
        {"change": change, "calls": [_timed(*call, compiles) for call in calls]}
        for change, calls in plans.items()
    ]


def _timed(value, call, compiles):
    before, begin = compiles(), time.perf_counter()
    try:
        call()
    except Exception as error:  # a refusal is an answer, too
        return {
            "value": value,
            "error": f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"[:200],
        }
    first, retraced = time.perf_counter() - begin, compiles() - before
    begin = time.perf_counter()
    call()
    return {
        "value": value,
        "first_s": first,
        "again_s": time.perf_counter() - begin,
        "retraced": retraced > 0,
    }


def _jax(job):
    import jax

    import jax_ref

    net = job.build("jax_ref")

    @jax.jit
    def update(params, x, y, rate):
        loss, grads = net.loss_and_grads(params, x, y)
        return jax.tree.map(lambda p, g: p - rate * g, params, grads), loss

    def step(*arguments):
        return jax.block_until_ready(update(*arguments))

    arrays = tuple(jax_ref.from_numpy(tree) for tree in (job.params, job.x, job.y))
    compiled = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, seconds, **labels: event.endswith("backend_compile_duration") and compiled.append(event)
    )
    return step, arrays, lambda: len(compiled), lambda v: jax.numpy.array(v, "float32")


def _torch(job):
    import torch
    from torch._dynamo.utils import counters

    import torch_ref

    net = job.build("torch_ref")

    @torch.compile
    def update(params, x, y, rate):
        grads, loss = torch.func.grad_and_value(net.loss)(params, x, y)
        return {name: p - rate * grads[name] for name, p in params.items()}, loss

    arrays = tuple(torch_ref.from_numpy(tree) for tree in (job.params, job.x, job.y))
    return update, arrays, lambda: counters["stats"]["unique_graphs"], torch.tensor


def _as_bfloat16(framework, params, x):
    """Tokens stay integers."""
    if framework == "torch":
        import torch

        return {name: p.to(torch.bfloat16) for name, p in params.items()}, (
            x.to(torch.bfloat16) if x.is_floating_point() else x
        )
    floating = np.dtype(x.dtype).kind == "f"
    return {name: p.astype("bfloat16") for name, p in params.items()}, (
        x.astype("bfloat16") if floating else x
    )
