"""The contenders, in the order they are shown. A new one is a row, and a function of its package's steps.py."""

from collections.abc import Iterable

from ..common.errors import UserError, nearest
from .contender import Contender

INDUCTOR = ("torch._dynamo", "torch._inductor.compile_fx")
FX = "torch.fx.experimental.proxy_tensor"

TABLE = (
    Contender("numpy", "numpy", None, "derivatives by hand, nothing recorded", "eager", widths=True),
    Contender("torch", "torch", "dynamic", "autograd records a graph at every call", "eager", widths=True),
    Contender(
        *("torch.export", "torch", "static", "a graph without a compiler: eager kernels in a fixed order"),
        *("exported", True, ("torch.export", FX)),
    ),
    Contender(
        *("torch.compile", "torch", "static", "the whole step captured once, compiled by inductor"),
        *("compiled", False, INDUCTOR),
        toolchain=True,
        widths=True,
        retraces=True,
    ),
    Contender(
        *("torch.cudagraph", "torch", "static", "kernels recorded once, replayed by one launch"),
        *("captured", True),
        gpu=True,
    ),
    Contender(
        *("torch.compile.loss", "torch", "static", "the loss compiled, autograd around it, the update eager"),
        *("compiled_loss", False, INDUCTOR),
        toolchain=True,
    ),
    # jax.disable_jit is no contender: it also takes apart the library's own jitted functions, a debugging aid.
    Contender("jax", "jax", "dynamic", "op by op, re-traced at every call; nobody trains so", "eager"),
    Contender(
        "jax.aot", "jax", "static", "the compiled executable called directly", "ahead_of_time", built=True
    ),
    Contender(
        *("jax.jit", "jax", "static", "the whole step traced once, compiled by XLA", "compiled"),
        widths=True,
        retraces=True,
    ),
    Contender(
        *("jax.scan", "jax", "static", "a whole epoch in one call, the loop inside the graph", "scanned"),
        epoch=True,
    ),
    Contender(
        *("torch.replay", "torch", None, "torch eager without autograd: dispatch and arithmetic"),
        *("traced", True, (FX,)),
        part=True,
    ),
    Contender(
        *("jax.replay", "jax", None, "jax op by op without the re-tracing: dispatch and arithmetic"),
        *("replayed", True),
        part=True,
    ),
)
CONTENDERS = {contender.name: contender for contender in TABLE}


def chosen(names: Iterable[str] | None = None, parts: bool = True) -> list[Contender]:
    """Return the contenders of these names, or all. Raises UserError for an unknown name."""
    if names is None:
        return [c for c in TABLE if parts or not c.part]
    for name in names:
        if name not in CONTENDERS:
            raise UserError(f"no contender {name!r}: {nearest(name, CONTENDERS)}")
    return [CONTENDERS[name] for name in dict.fromkeys(names)]
