"""What a child finds out beside the clock: its answers, memory, operations, and what makes it trace again.

Each study takes (contender, job, prepared, folder) and returns a plain dict.
"""

import sys
import time

from . import clock
from .statistics import median

PRODUCT_SIZE = 512
SLOPE_PAIRS = 9


def answers(contender, job, prepared, folder):
    """The gradient as the executed step used it, (p_before - p_after) / rate, saved as an .npz for the parent."""
    import numpy as np

    params, _, loss = prepared.call(prepared.params, prepared.state)
    after = prepared.to_numpy(params)
    path = folder / f"answers-{contender.name}.npz"
    np.savez(path, **after)
    return {
        "path": str(path),
        "loss": float(np.asarray(prepared.to_numpy(loss))),
        **precision(contender.framework),
    }


def precision(framework):
    """The settings that change digits: whether subnormals survive, TF32, matmul precision."""
    import numpy as np

    found = {
        "flush_to_zero": bool(np.float32(1e-40) * np.float32(0.5) == 0),
        "tf32": False,
        "matmul_precision": None,
    }
    if framework == "torch":
        torch = sys.modules["torch"]
        product = torch.full((16,), 1e-40, dtype=torch.float32) * 0.5
        found |= {
            "flush_to_zero": bool((product == 0).all()),
            "tf32": torch.backends.cuda.matmul.allow_tf32,
            "matmul_precision": torch.get_float32_matmul_precision(),
        }
    elif framework == "jax":
        jax = sys.modules["jax"]
        halved = jax.jit(lambda a: a * np.float32(0.5))(np.full(16, 1e-40, np.float32))
        found |= {
            "flush_to_zero": bool((np.asarray(halved) == 0).all()),
            "matmul_precision": jax.config.jax_default_matmul_precision or "default",
        }
    return found


def memory(contender, job, prepared, folder):
    """Bytes that a step needs beside its arguments, by whoever can tell, and the process's peak."""
    found = {"bytes": None, "how": None, "peak_process_bytes": clock.peak_memory()}
    if contender.framework == "numpy":
        found |= {"bytes": _traced_peak(prepared), "how": "peak of what NumPy allocated during a step"}
    elif contender.framework == "torch" and contender.kind == "dynamic":
        found |= {
            "bytes": _saved_tensors(job, prepared),
            "how": "tensors autograd saved for the backward pass",
        }
    elif contender.framework == "torch" and job.device == "cuda":
        found |= {
            "bytes": _cuda_peak(prepared),
            "how": "peak of what torch allocated on the GPU during a step",
        }
    elif hasattr(_executable(prepared), "memory_analysis"):
        analysis = _executable(prepared).memory_analysis()
        found |= {"bytes": analysis.temp_size_in_bytes, "how": "temporaries, by XLA's memory analysis"}
    return found


def flops(contender, job, prepared, folder):
    """Floating-point operations of a call as the framework's own cost analysis counts them, or None."""
    executable = _executable(prepared)
    if hasattr(executable, "cost_analysis"):
        cost = executable.cost_analysis()
        cost = cost[0] if isinstance(cost, list) else cost
        # XLA counts the body of a loop once, however often it runs.
        return {"flops": cost.get("flops"), "how": "XLA's cost analysis", "steps": 1}
    if contender.framework == "torch" and contender.kind != "static":
        from torch.utils.flop_counter import FlopCounterMode

        with FlopCounterMode(display=False) as counter:
            prepared.call(prepared.params, prepared.state)
        return {
            "flops": counter.get_total_flops(),
            "how": "torch's FlopCounterMode (products only)",
            "steps": 1,
        }
    return {"flops": None, "how": None, "steps": prepared.steps}


def slope(contender, job, prepared, folder):
    """The time of 2k calls over that of k: near 2, or something was computed once and for all."""
    calls = clock.calibrate(prepared, 0.01)
    ratios = []
    for _ in range(SLOPE_PAIRS):
        one, two = clock.block(prepared, calls), clock.block(prepared, 2 * calls)
        ratios.append(two.cpu_s / one.cpu_s if job.device == "cpu" else two.wall_s / one.wall_s)
    return {"ratio": median(ratios), "calls": calls}


def product(contender, job, prepared, folder):
    """FLOP/s of a plain matrix product in this process."""
    import numpy as np

    n, dtype = PRODUCT_SIZE, next(iter(job.params.values())).dtype
    a, b = (
        prepared.from_numpy(np.random.default_rng(s).standard_normal((n, n)).astype(dtype)) for s in (0, 1)
    )
    prepared.sync(prepared.matmul(a, b))
    seconds = []
    for _ in range(9):
        begin = time.perf_counter()
        prepared.sync(prepared.matmul(a, b))
        seconds.append(time.perf_counter() - begin)
    return {"size": n, "flops_per_s": 2 * n**3 / median(seconds)}


def retrace(contender, job, prepared, folder):
    """What a changed argument costs; only for those that compile."""
    from . import retracing

    return {"changes": retracing.changes(contender.framework, job)}


def _executable(prepared):
    """XLA's compiled object of a jax contender, or None."""
    step = prepared.step
    if hasattr(step, "memory_analysis"):
        return step
    if hasattr(step, "lower"):
        return step.lower(prepared.params, prepared.state, prepared.x, prepared.y).compile()
    return None


def _traced_peak(prepared):
    import tracemalloc

    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    prepared.call(prepared.params, prepared.state)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return peak


def _cuda_peak(prepared):
    import torch

    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    prepared.call(prepared.params, prepared.state)
    return torch.cuda.max_memory_allocated() - before


def _saved_tensors(job, prepared):
    import torch

    seen = {}

    def saved(tensor):
        seen[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    net = job.build("torch_ref")
    leaves = {name: p.detach().requires_grad_() for name, p in prepared.params.items()}
    with torch.autograd.graph.saved_tensors_hooks(saved, lambda tensor: tensor):
        net.loss(leaves, prepared.x, prepared.y)
    return sum(seen.values())
