"""What the jax contenders share: arrays, waiting, and the compiler's own account of its time."""

from ..contender import AbsentError, Prepared

IMPORTS = ("jax", "jax.numpy", "jax_ref.steps", "jax_ref.optimizers")
EVENTS = {
    "trace_s": "/jax/core/compile/jaxpr_trace_duration",
    "lower_s": "/jax/core/compile/jaxpr_to_mlir_module_duration",
    "compile_s": "/jax/core/compile/backend_compile_duration",
}
_seconds: dict[str, float] = {}


def prepared(job, make_step=None, build=None):
    """make_step(net, optimizer) -> step, on arrays of the job's device; starts to listen to jax's events.

    Or build(net, optimizer, params, state, x, y) -> step, which is work that belongs to the first call.
    """
    import jax

    import jax_ref
    from jax_ref import optimizers

    net, optimizer = job.build("jax_ref"), optimizers.SGD(job.rate)
    device = _device(job.device)
    params, x, y = (jax.device_put(jax_ref.from_numpy(tree), device) for tree in (job.params, job.x, job.y))
    state = optimizer.init(params)
    jax.block_until_ready((params, state, x, y))
    _listen()
    return Prepared(
        make_step and make_step(net, optimizer),
        params,
        state,
        x,
        y,
        sync=jax.block_until_ready,
        from_numpy=lambda tree: jax.device_put(jax_ref.from_numpy(tree), device),
        to_numpy=jax_ref.to_numpy,
        matmul=jax.jit(jax.numpy.matmul),
        build=build and (lambda: build(net, optimizer, params, state, x, y)),
    )


def warm():
    """Compile something else first, so that XLA itself is there."""
    import jax
    import jax.numpy as jnp

    jax.jit(lambda a: jnp.sin(a) + 1)(jnp.ones(8)).block_until_ready()


def compile_parts():
    """Seconds jax reported since `prepared` for tracing, lowering to StableHLO and compiling by XLA."""
    return {part: _seconds.get(event, 0.0) for part, event in EVENTS.items()}


def _device(kind):
    """The first device of that kind. Raises AbsentError where jax sees no GPU."""
    import jax

    if kind == "cpu":
        return jax.devices("cpu")[0]
    jax.config.update("jax_default_matmul_precision", "highest")  # no TF32
    try:
        return jax.devices("cuda")[0]
    except RuntimeError as error:
        raise AbsentError("needs a GPU that jax sees: pip install 'jax[cuda12]'") from error


def _listen():
    import jax

    _seconds.clear()
    jax.monitoring.register_event_duration_secs_listener(_heard)


def _heard(event, seconds, **labels):
    _seconds[event] = _seconds.get(event, 0.0) + seconds
