"""The contenders, in the order they are shown. A new one is a row, and a function of its package's steps.py."""

from collections.abc import Iterable
from typing import Any

from ..common.errors import UserError, nearest
from .contender import Contender

COMPILED: dict[str, Any] = {"toolchain": True, "compiler": ("torch._dynamo", "torch._inductor.compile_fx")}
FX = "torch.fx.experimental.proxy_tensor"
# jax.disable_jit is no contender: it also takes apart the library's own jitted functions, a debugging aid.
# fmt: off
TABLE = (
    Contender("numpy", "numpy", None, "eager", widths=True,
              says="derivatives by hand, nothing recorded"),
    Contender("torch", "torch", "dynamic", "eager", widths=True,
              says="autograd records a graph at every call"),
    Contender("torch.export", "torch", "static", "exported", built=True, compiler=("torch.export", FX),
              says="a graph without a compiler: eager kernels in a fixed order"),
    Contender("torch.compile", "torch", "static", "compiled", widths=True, retraces=True, **COMPILED,
              says="the whole step captured once, compiled by inductor"),
    Contender("torch.cudagraph", "torch", "static", "captured", built=True, gpu=True,
              says="kernels recorded once, replayed by one launch"),
    Contender("torch.compile.loss", "torch", "static", "compiled_loss", **COMPILED,
              says="the loss compiled, autograd around it, the update eager"),
    Contender("jax", "jax", "dynamic", "eager",
              says="op by op, re-traced at every call; no training uses it"),
    Contender("jax.aot", "jax", "static", "ahead_of_time", built=True,
              says="the compiled executable called directly"),
    Contender("jax.jit", "jax", "static", "compiled", widths=True, retraces=True,
              says="the whole step traced once, compiled by XLA"),
    Contender("jax.scan", "jax", "static", "scanned", epoch=True,
              says="a whole epoch in one call, the loop inside the graph"),
    Contender("torch.replay", "torch", None, "traced", built=True, compiler=(FX,), part=True,
              says="torch eager without autograd: dispatch and arithmetic"),
    Contender("jax.replay", "jax", None, "replayed", built=True, part=True,
              says="jax op by op without the re-tracing: dispatch and arithmetic"),
)
# fmt: on
CONTENDERS = {contender.name: contender for contender in TABLE}


def chosen(names: Iterable[str] | None = None, parts: bool = True) -> list[Contender]:
    """Return the contenders of these names, or all. Raises UserError for an unknown name."""
    if names is None:
        return [c for c in TABLE if parts or not c.part]
    for name in names:
        if name not in CONTENDERS:
            raise UserError(f"no contender {name!r}: {nearest(name, CONTENDERS)}")
    return [CONTENDERS[name] for name in dict.fromkeys(names)]
