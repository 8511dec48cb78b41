"""The messages between a timing process and its parent; this file imports no framework."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

INSTALL = {"torch": "pip install torch", "jax": "pip install jax optax", "numpy": "pip install numpy"}
IMPORTS = {
    "numpy": ("numpy", "scipy.special", "manual.steps", "manual.optimizers"),
    "torch": ("torch", "torch_ref.steps", "torch_ref.optimizers"),
    "jax": ("jax", "jax.numpy", "jax_ref.steps", "jax_ref.optimizers"),
}


class AbsentError(Exception):
    """This contender cannot run here; the message says why and what would change it."""


@dataclass(frozen=True)
class Contender:
    """One way to execute a training step.

    kind: "static", "dynamic", or None without a graph.
    step: the function of the framework's steps.py that makes the step.
    built: that function takes the arrays too, and its work belongs to the first call.
    compiler: modules that only a compiled step needs; their import is timed apart.
    toolchain: needs a C++ compiler.  gpu: needs a GPU.  epoch: one call makes the steps of an epoch.
    part: no way to train but a part of one, replayed to see where the time goes.
    widths: a full run also times it over a range of widths (each width compiles anew).
    retraces: a full run finds out what makes its compiler start again.
    says: one line for a newcomer.
    """

    name: str
    framework: str
    kind: str | None
    step: str
    built: bool = False
    compiler: tuple[str, ...] = ()
    toolchain: bool = False
    gpu: bool = False
    epoch: bool = False
    part: bool = False
    widths: bool = False
    retraces: bool = False
    says: str = ""


@dataclass
class Prepared:
    """A contender ready to be timed: outside the clock everything is done.

    step(params, state, x, y) -> (params, state, loss): parameters are fed forward, data are arguments, only
    hyperparameters are closed over.  sync(tree) returns when every value in it is there.
    from_numpy, to_numpy: the framework's own.  matmul(a, b): its product, as it would be compiled.
    steps: optimiser steps of one call.  build() -> step, where making the step belongs to the first call.
    """

    step: Callable | None
    params: dict
    state: Any
    x: Any
    y: Any
    sync: Callable[[Any], Any]
    from_numpy: Callable[[Any], Any]
    to_numpy: Callable[[Any], Any]
    matmul: Callable[[Any, Any], Any]
    steps: int = 1
    build: Callable[[], Callable] | None = None

    def call(self, params: Any, state: Any) -> tuple:
        """Make one call and wait for all that it returns."""
        assert self.step is not None
        out = self.step(params, state, self.x, self.y)
        self.sync(out)
        return out


@dataclass(frozen=True)
class Retraceable:
    """A compiled step whose rate is an argument, to see which changed argument compiles it again.

    compiles(): how often it was compiled so far.  scalar(v): a 0-d array.  bfloat16(array): tokens stay integers.
    """

    step: Callable
    params: dict
    x: Any
    y: Any
    compiles: Callable[[], int]
    scalar: Callable[[float], Any]
    bfloat16: Callable[[Any], Any]
