"""torch: tensors, waiting, and the compiler's own account of its time."""

import sys
from collections.abc import Callable
from typing import Any

import torch

import torch_ref
from torch_ref import optimizers, steps

from ..contender import AbsentError, Contender, Prepared, Retraceable
from ..task import Task


def prepared(task: Task, contender: Contender) -> Prepared:
    """Prepare the contender on the task's device. Raises AbsentError without the GPU or compiler it needs."""
    if (contender.gpu or task.device == "cuda") and not torch.cuda.is_available():
        raise AbsentError("needs a GPU that torch sees")
    if contender.gpu and task.device != "cuda":
        raise AbsentError("records what runs on a GPU: --device cuda")
    if contender.toolchain:
        _needs_compiler()
    torch.set_num_threads(task.threads)
    torch.backends.cuda.matmul.allow_tf32 = False
    net, optimizer = task.net.build("torch"), optimizers.SGD(task.rate)

    def put(tree: Any) -> Any:
        tree = torch_ref.from_numpy(tree)
        if isinstance(tree, dict):
            return {name: tensor.to(task.device) for name, tensor in tree.items()}
        return tree.to(task.device)

    params, x, y = map(put, (task.params, task.x, task.y))
    arguments = (params, optimizer.init(params), x, y)
    make = getattr(steps, contender.step)
    return Prepared(
        None if contender.built else make(net, optimizer),
        *arguments,
        sync=(lambda tree: torch.cuda.synchronize()) if task.device == "cuda" else (lambda tree: None),
        from_numpy=put,
        to_numpy=torch_ref.to_numpy,
        matmul=torch.matmul,
        build=(lambda: make(net, optimizer, *arguments)) if contender.built else None,
    )


def warm() -> None:
    """Compile something else first, so that the toolchain and the compiler itself are there."""
    from torch._dynamo.utils import compilation_time_metrics

    _needs_compiler()
    torch.compile(lambda a: torch.sin(a) + 1)(torch.ones(8))
    torch._dynamo.reset()
    compilation_time_metrics.clear()


def parts(contender: Contender) -> dict[str, float]:
    """Return the first call by torch's own timers: dynamo traces, AOT lowers, inductor and g++ compile."""
    if not contender.toolchain:
        return {}
    from torch._dynamo.utils import compilation_time_metrics

    def total(name: str) -> float:
        return sum(compilation_time_metrics.get(name, ()))

    # Where only the loss is compiled, its backward graph is compiled when it is first needed: by no frame of dynamo's.
    backward = total("backward._backward_impl")
    whole = total("_compile.compile_inner") + backward
    backend = total("OutputGraph.call_user_compiler") + backward
    inductor = total("compile_fx_inner") + total("AOTAutogradCache.inductor_load")
    toolchain = total("compile_file")
    return {
        "trace_s": whole - backend,
        "lower_s": backend - inductor,
        "compile_s": inductor - toolchain,
        "toolchain_s": toolchain,
    }


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function as it is."""
    return function


def compiles() -> int:
    """Return how many graphs dynamo has captured; 0 where it was never needed."""
    dynamo = sys.modules.get("torch._dynamo.utils")
    return dynamo.counters["stats"]["unique_graphs"] if dynamo else 0


def precision() -> dict:
    """Return whether subnormals survive, whether TF32 is allowed, and the precision of products."""
    product = torch.full((16,), 1e-40, dtype=torch.float32) * 0.5
    return {
        "flush_to_zero": bool((product == 0).all()),
        "tf32": torch.backends.cuda.matmul.allow_tf32,
        "matmul_precision": torch.get_float32_matmul_precision(),
    }


def memory(contender: Contender, task: Task, ready: Prepared) -> tuple[int | None, str | None]:
    """Return the tensors autograd saves, or on a GPU the peak of a static step."""
    if contender.kind == "dynamic":
        return _saved_tensors(task, ready), "tensors autograd saved for the backward pass"
    if task.device != "cuda":
        return None, None
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    ready.call(ready.params, ready.state)
    peak = torch.cuda.max_memory_allocated() - before
    return peak, "peak of torch's allocations on the GPU during a step"


def flops(contender: Contender, ready: Prepared) -> tuple[float | None, str | None, int]:
    """Return how many floating-point operations the matrix products take, whose count it is, and the steps.

    The first two are None for a static graph: torch's FlopCounterMode sees no operation of it.
    """
    if contender.kind == "static":
        return None, None, ready.steps
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        ready.call(ready.params, ready.state)
    return counter.get_total_flops(), "torch's FlopCounterMode (products only)", 1


def retraceable(task: Task) -> Retraceable:
    """Return torch.compile of a step whose rate is an argument."""
    from torch._dynamo.utils import counters

    net = task.net.build("torch")

    @torch.compile
    def update(params, x, y, rate):
        grads, loss = torch.func.grad_and_value(net.loss)(params, x, y)
        return {name: p - rate * grads[name] for name, p in params.items()}, loss

    params, x, y = (torch_ref.from_numpy(tree) for tree in (task.params, task.x, task.y))
    return Retraceable(
        *(update, params, x, y),
        compiles=lambda: counters["stats"]["unique_graphs"],
        scalar=torch.tensor,
        bfloat16=lambda a: a.to(torch.bfloat16) if a.is_floating_point() else a,
    )


def _needs_compiler() -> None:
    """Raise AbsentError where torch.compile would find no C++ compiler."""
    from torch._inductor import config, cpp_builder

    try:
        cpp_builder.get_cpp_compiler()
    except Exception as error:
        raise AbsentError(
            f"torch.compile needs a C++ compiler and found none of {config.cpp.cxx}: install g++"
        ) from error


def _saved_tensors(task: Task, ready: Prepared) -> int:
    """Return the bytes of the storages that autograd saves in a forward pass, each counted once."""
    seen = {}

    def saved(tensor: torch.Tensor) -> torch.Tensor:
        seen[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    net = task.net.build("torch")
    leaves = {name: p.detach().requires_grad_() for name, p in ready.params.items()}
    with torch.autograd.graph.saved_tensors_hooks(saved, lambda tensor: tensor):
        net.loss(leaves, ready.x, ready.y)
    return sum(seen.values())
