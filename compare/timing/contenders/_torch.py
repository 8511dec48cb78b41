"""What the torch contenders share: tensors, waiting, and the compiler's own account of its time."""

from ..contender import AbsentError, Prepared

IMPORTS = ("torch", "torch_ref.steps", "torch_ref.optimizers")
COMPILER = ("torch._dynamo", "torch._inductor.compile_fx")


def prepared(job, make_step=None, build=None):
    """make_step(net, optimizer) -> step, on tensors of the job's device.

    Or build(net, optimizer, params, state, x, y) -> step, which is work that belongs to the first call.
    """
    import torch

    import torch_ref
    from torch_ref import optimizers

    if job.device == "cuda" and not torch.cuda.is_available():
        raise AbsentError("needs a GPU that torch sees")
    torch.set_num_threads(job.threads)
    torch.backends.cuda.matmul.allow_tf32 = False
    net, optimizer = job.build("torch_ref"), optimizers.SGD(job.rate)
    params, x, y = (_on(job.device, torch_ref.from_numpy(tree)) for tree in (job.params, job.x, job.y))
    arguments = (params, optimizer.init(params), x, y)
    return Prepared(
        make_step and make_step(net, optimizer),
        *arguments,
        sync=_wait(job.device),
        from_numpy=lambda tree: _on(job.device, torch_ref.from_numpy(tree)),
        to_numpy=torch_ref.to_numpy,
        matmul=torch.matmul,
        build=build and (lambda: build(net, optimizer, *arguments)),
    )


def warm():
    """Compile something else first, so that the toolchain and the compiler itself are there."""
    import torch
    from torch._dynamo.utils import compilation_time_metrics

    needs_compiler()
    torch.compile(lambda a: torch.sin(a) + 1)(torch.ones(8))
    torch._dynamo.reset()
    compilation_time_metrics.clear()


def needs_compiler():
    """Raise AbsentError where torch.compile would find no C++ compiler."""
    from torch._inductor import config, cpp_builder

    try:
        cpp_builder.get_cpp_compiler()
    except Exception as error:
        raise AbsentError(
            f"torch.compile needs a C++ compiler and found none of {config.cpp.cxx}: install g++"
        ) from error


def compile_parts():
    """The first call by torch's own timers, in seconds: dynamo traces, AOT lowers, inductor and g++ compile."""
    from torch._dynamo.utils import compilation_time_metrics

    def total(name):
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


def _on(device, tree):
    return (
        {name: value.to(device) for name, value in tree.items()}
        if isinstance(tree, dict)
        else tree.to(device)
    )


def _wait(device):
    import torch

    return (lambda tree: torch.cuda.synchronize()) if device == "cuda" else (lambda tree: None)
