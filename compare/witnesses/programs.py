"""jax functions traced once and compiled, kept by what was traced.

A program is known by its jaxpr: the operations with their parameters, shapes, dtypes and literals. Arrays that the
function closes over are arguments of the compiled program. So a function that is defined anew is not compiled anew,
and one whose closure has changed never meets a program of its old values.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

import jax
import jax.extend.core as jex
import numpy as np

KEPT = 64
# XLA's optimiser takes longer than the few runs that a check makes of a program.
QUICKLY = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
Writer = Callable[[Any], object]


class Program:
    """A traced function: `closed`, its ClosedJaxpr, and `out`, the structure of what it returns.

    Two are equal where they compute the same; the arrays they close over may differ. quickly: compiled with little
    optimising; False for a user's own operation, which is to round as it does under jax.jit.
    """

    def __init__(self, function: Callable[..., Any], arguments: Sequence[Any], quickly: bool = True):
        self.quickly = quickly
        self.closed, shapes = jax.make_jaxpr(function, return_shape=True)(*arguments)
        self.out = jax.tree.structure(shapes)
        digest = sha256(bytes([quickly]))
        _write(self.closed.jaxpr, lambda part: digest.update(f"{part}\0".encode()))
        self.key = digest.digest()

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Program) and self.key == other.key

    def run(self, *arguments: Any) -> Any:
        """Return what the function returns, by the compiled program."""
        leaves = jax.tree.leaves(arguments)
        return jax.tree.unflatten(self.out, _compiled(self, None)(self.closed.consts, leaves))

    def rewritten(self, rewrite: Callable[..., list], *arguments: Any) -> list:
        """Return rewrite(jaxpr, consts, *arguments), compiled; `rewrite` is hashable, and pure."""
        return _compiled(self, rewrite)(self.closed.consts, *arguments)


@lru_cache(maxsize=KEPT)
def _compiled(program: Program, rewrite: Callable[..., list] | None) -> Callable[..., list]:
    jaxpr = program.closed.jaxpr

    def run(consts: list, leaves: list, *others: Any) -> list:
        if rewrite is not None:
            return rewrite(jaxpr, consts, leaves, *others)
        return jax.core.eval_jaxpr(jaxpr, consts, *leaves)

    return jax.jit(run, compiler_options=QUICKLY if program.quickly else None)


def _write(jaxpr: Any, write: Writer) -> None:
    """Write down a jaxpr, variables by number: whatever makes it another program makes it another text."""
    numbers: dict[Any, int] = {}

    def atom(a: Any) -> None:
        if isinstance(a, jex.Literal):
            _value(a.val, write)
            write(a.aval)
        else:
            write(f"%{numbers.setdefault(a, len(numbers))} {a.aval}")

    for variable in (*jaxpr.constvars, *jaxpr.invars):
        atom(variable)
    for equation in jaxpr.eqns:
        write(equation.primitive.name)
        for name, value in sorted(equation.params.items()):
            write(name)
            _value(value, write)
        for a in (*equation.invars, *equation.outvars):
            atom(a)
    for a in jaxpr.outvars:
        atom(a)


def _value(value: Any, write: Writer) -> None:
    """Write down a parameter or literal. A function is known by its address: the cache keeps it alive."""
    if hasattr(value, "jaxpr") and hasattr(value, "consts"):
        _write(value.jaxpr, write)
        _value(tuple(value.consts), write)
    elif hasattr(value, "eqns"):
        _write(value, write)
    elif isinstance(value, (tuple, list, dict)):
        items = [*value, *value.values()] if isinstance(value, dict) else value
        write(f"{type(value).__name__} of {len(items)}")
        for item in items:
            _value(item, write)
    elif isinstance(value, (np.ndarray, np.generic, jax.Array)):
        array = np.asarray(value)
        write(f"{array.dtype} {array.shape} {array.tobytes().hex()}")
    else:
        write(repr(value))
