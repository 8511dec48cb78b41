"""A contender: one way to execute a training step. Each stands in a file of its own in contenders/."""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from ..common.errors import UserError, nearest

INSTALL = {"torch": "pip install torch", "jax": "pip install jax optax", "numpy": "pip install numpy"}


class AbsentError(Exception):
    """This contender cannot run here. The message says why and what would change it."""


@dataclass(frozen=True)
class Contender:
    """What the parent process knows without importing any framework.

    kind: "static", "dynamic" or None where there is no graph.  says: one line for a newcomer.
    imports: the modules of the framework; compiler: those that only a compiled step needs, timed apart.
    prepare(job) -> Prepared, run in the child.  warm(): compile something else first.
    parts(): the first call's ledger in seconds, read after it.
    toolchain: whether it runs a C++ compiler.
    part: True where it is no way to train but a part of one, replayed to see where the time goes.
    retraces: whether a full run finds out what makes this framework's compiler start again.
    widths: whether a full run times it over a range of widths, too (each width compiles anew).
    """

    name: str
    framework: str
    kind: str | None
    says: str
    imports: tuple[str, ...]
    prepare: Callable
    warm: Callable | None = None
    compiler: tuple[str, ...] = ()
    parts: Callable = dict
    toolchain: bool = False
    part: bool = False
    widths: bool = False
    retraces: bool = False


@dataclass
class Prepared:
    """Everything outside the clock, done: what is left is to call `step` and to wait with `sync`.

    step(params, state, x, y) -> (params, state, loss): parameters are fed forward, data are arguments, nothing
    is closed over but hyperparameters.  sync(tree) returns when every value in it is there.
    matmul(a, b): the framework's own product, as it would be compiled.
    steps: optimiser steps that one call makes.  build() -> step, where the step is made by work that belongs
    to the first call.
    """

    step: Callable | None
    params: dict
    state: object
    x: object
    y: object
    sync: Callable
    from_numpy: Callable
    to_numpy: Callable
    matmul: Callable
    steps: int = 1
    build: Callable | None = None

    def call(self, params, state):
        """One call and the wait for all that it returns: run and sync."""
        out = self.step(params, state, self.x, self.y)
        self.sync(out)
        return out


def catalogue():
    """{name: Contender}, one for each file of contenders/, in the order they are shown."""
    from . import contenders

    found = []
    for module in pkgutil.iter_modules(contenders.__path__):
        if not module.name.startswith("_"):
            found.append(import_module(f"{contenders.__name__}.{module.name}").CONTENDER)
    frameworks, kinds = ("numpy", "torch", "jax"), (None, "dynamic", "static")
    found.sort(
        key=lambda c: (c.part, frameworks.index(c.framework), kinds.index(c.kind), len(c.name), c.name)
    )
    return {contender.name: contender for contender in found}


def chosen(names=None, parts=True):
    """The contenders called `names`, or all of them. Raises UserError for a name that is not there."""
    known = catalogue()
    if names is None:
        return [c for c in known.values() if parts or not c.part]
    for name in names:
        if name not in known:
            raise UserError(f"no contender {name!r}: {nearest(name, known)}")
    return [known[name] for name in dict.fromkeys(names)]
