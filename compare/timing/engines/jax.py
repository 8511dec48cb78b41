"""jax: device arrays, waiting, and the compiler's own account of its time and its program."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import jax_ref
from jax_ref import optimizers, steps

from ..contender import AbsentError, Contender, Prepared, Retraceable
from ..task import Task

EVENTS = {
    "trace_s": "/jax/core/compile/jaxpr_trace_duration",
    "lower_s": "/jax/core/compile/jaxpr_to_mlir_module_duration",
    "compile_s": "/jax/core/compile/backend_compile_duration",
}
_heard: list[tuple[str, float]] = []  # (event, seconds): jax keeps its listeners for the whole process


def _hear(event: str, duration_secs: float, **labels: str | int) -> None:
    _heard.append((event, duration_secs))


jax.monitoring.register_event_duration_secs_listener(_hear)


def prepared(task: Task, contender: Contender) -> Prepared:
    """Prepare the contender on the task's device. Raises AbsentError where jax sees no GPU."""
    if contender.epoch:
        # One batch again and again, as the other contenders see it; it travels as data, a copy for each step.
        xs, ys = (np.repeat(np.asarray(a)[None], task.epoch, axis=0) for a in (task.x, task.y))
        task = dataclasses.replace(task, x=xs, y=ys)
    net, optimizer, device = task.net.build("jax"), optimizers.SGD(task.rate), _device(task.device)

    def put(tree: Any) -> Any:
        return jax.device_put(jax_ref.from_numpy(tree), device)

    params, x, y = map(put, (task.params, task.x, task.y))
    arguments = (params, optimizer.init(params), x, y)
    jax.block_until_ready(arguments)
    _heard.clear()
    make = getattr(steps, contender.step)
    return Prepared(
        None if contender.built else make(net, optimizer),
        *arguments,
        sync=jax.block_until_ready,
        from_numpy=put,
        to_numpy=jax_ref.to_numpy,
        matmul=jax.jit(jnp.matmul),
        steps=task.epoch if contender.epoch else 1,
        build=(lambda: make(net, optimizer, *arguments)) if contender.built else None,
    )


def warm() -> None:
    """Compile something else first, so that XLA itself is there."""
    jax.jit(lambda a: jnp.sin(a) + 1)(jnp.ones(8)).block_until_ready()


def parts(contender: Contender) -> dict[str, float]:
    """Return the seconds jax reported since `prepared` for tracing, lowering to StableHLO and compiling by XLA."""
    return {
        part: sum(seconds for heard, seconds in _heard if heard == event) for part, event in EVENTS.items()
    }


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function jitted."""
    return jax.jit(function)


def compiles() -> int:
    """Return how many programs XLA has compiled."""
    return sum(event == EVENTS["compile_s"] for event, _ in _heard)


def precision() -> dict:
    """Return whether subnormals survive a compiled product, and the precision of products."""
    halved = jax.jit(lambda a: a * np.float32(0.5))(np.full(16, 1e-40, np.float32))
    return {
        "flush_to_zero": bool((np.asarray(halved) == 0).all()),
        "matmul_precision": jax.config.jax_default_matmul_precision or "default",  # type: ignore[attr-defined]
    }


def memory(contender: Contender, task: Task, ready: Prepared) -> tuple[int | None, str | None]:
    """Return the temporaries of the compiled program, by XLA's memory analysis."""
    executable = _executable(ready)
    if not hasattr(executable, "memory_analysis"):
        return None, None
    return executable.memory_analysis().temp_size_in_bytes, "temporaries, by XLA's memory analysis"


def flops(contender: Contender, ready: Prepared) -> tuple[float | None, str | None, int]:
    """Return the operations of the compiled program; XLA counts the body of a loop once, however often it runs."""
    executable = _executable(ready)
    if not hasattr(executable, "cost_analysis"):
        return None, None, ready.steps
    cost = executable.cost_analysis()
    return (cost[0] if isinstance(cost, list) else cost).get("flops"), "XLA's cost analysis", 1


def retraceable(task: Task) -> Retraceable:
    """Return jax.jit of a step whose rate is an argument."""
    net = task.net.build("jax")

    @jax.jit
    def update(params, x, y, rate):
        loss, grads = net.loss_and_grads(params, x, y)
        return jax.tree.map(lambda p, g: p - rate * g, params, grads), loss

    params, x, y = (jax_ref.from_numpy(tree) for tree in (task.params, task.x, task.y))
    return Retraceable(
        lambda *arguments: jax.block_until_ready(update(*arguments)),
        *(params, x, y),
        compiles=compiles,
        scalar=lambda v: jnp.array(v, "float32"),
        bfloat16=lambda a: a.astype("bfloat16") if np.dtype(a.dtype).kind == "f" else a,
    )


def _executable(ready: Prepared) -> Any:
    """Return XLA's compiled object of the step, or None."""
    step: Any = ready.step
    if hasattr(step, "memory_analysis"):
        return step
    if hasattr(step, "lower"):
        return step.lower(ready.params, ready.state, ready.x, ready.y).compile()
    return None


def _device(kind: str) -> Any:
    if kind == "cpu":
        return jax.devices("cpu")[0]
    jax.config.update("jax_default_matmul_precision", "highest")  # no TF32
    try:
        return jax.devices("cuda")[0]
    except RuntimeError as error:
        raise AbsentError("needs a GPU that jax sees: pip install 'jax[cuda12]'") from error
