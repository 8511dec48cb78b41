"""jax: the operations of a step, and the first whose result XLA gets wrong."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.extend.core as jex
import jax.numpy as jnp
import numpy as np

from jax_ref import steps

from ...user.jax_program import PerturbTypes
from ...witnesses.jax import INLINED, Perturb
from .graphs import DRAWS, Operation, Values, bisected, first
from .graphs import stale as differing


class Recorded(Perturb):
    """Runs a jaxpr and keeps each floating result with the name of its operation; nothing is moved."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.values: list[Any] = []

    def moved(self, array: Any, size: Any = None) -> Any:
        """Return the array as it is."""
        return array

    def run_scan(self, parameters: dict, arguments: list) -> list:
        """Run a scan as one operation."""
        equation = self.scanning
        return equation.primitive.bind(*arguments, **equation.params)

    def run_equation(self, equation: Any, arguments: list) -> list:
        """Run an operation and keep its results."""
        self.scanning = equation
        found = super().run_equation(equation, arguments)
        if equation.primitive.name not in INLINED:
            self.keep(equation, found)
        return found

    def keep(self, equation: Any, results: list) -> None:
        """Keep the floating results."""
        for value in results:
            if jnp.issubdtype(jnp.result_type(value), jnp.floating):
                self.names.append(equation.primitive.name)
                self.values.append(value)


class Noisy(PerturbTypes):
    """Does the same with each result moved by an ulp of its type."""

    def __init__(self, key: Any):
        super().__init__(None, key)
        self.kept = Recorded()

    def run_equation(self, equation: Any, arguments: list) -> list:
        """Run an operation, and keep its moved results."""
        found = super().run_equation(equation, arguments)
        if equation.primitive.name not in INLINED:
            self.kept.keep(equation, found)
        return found


def first_difference(net: Any, rule: Any, arguments: tuple, dtype: str) -> Operation | None:
    """Return the first operation of the step whose result the compiled program gets wrong, or None.

    All results are returned at once, then those at the end of the program's beginning, halved and halved again.
    """
    closed, leaves = traced(net, rule, arguments)
    names: list[str] = []

    def run(where: Sequence[int] | None, *flat: Any) -> list:
        recorded = Recorded()
        recorded.run(closed.jaxpr, closed.consts, flat)
        names[:] = recorded.names
        return recorded.values if where is None else [recorded.values[k] for k in where]

    with jax.disable_jit():
        right = _numpy(run(None, *leaves))
        noise = []
        for draw in range(DRAWS):
            key = np.random.default_rng(draw).integers(2**32, dtype=np.uint32)
            noisy = Noisy(jnp.asarray(key))  # an integer of NumPy would warn where it wraps around
            noisy.run(closed.jaxpr, closed.consts, list(leaves))
            noise.append(_numpy(noisy.kept.values))
    found = first(names, right, noise, _numpy(jax.jit(lambda *flat: run(None, *flat))(*leaves)), dtype)
    if found:
        return found

    def differs(count: int) -> Operation | None:
        there = _numpy(jax.jit(lambda *flat: run([count - 1], *flat))(*leaves))
        one = [[draw[count - 1]] for draw in noise]
        off = first([names[count - 1]], [right[count - 1]], one, there, dtype, alone=False)
        return off and Operation(
            off.name, count, len(names), off.entry, off.value, off.right, off.ratio, False
        )

    return bisected(len(right), differs)


def stale(net: Any, rule: Any, before: tuple, now: Callable[[], tuple]) -> Operation | None:
    """Return the operation with a constant that is another one when the step is traced on another batch."""
    one = _constants(traced(net, rule, before)[0])
    return differing(one, _constants(traced(net, rule, now())[0]))


def traced(net: Any, rule: Any, arguments: tuple) -> tuple[Any, list]:
    """Return the step's jaxpr, and its flat arguments. Traced anew at each call."""
    step = steps.eager(net, rule)
    return jax.make_jaxpr(lambda *a: step(*a))(*arguments), jax.tree.leaves(arguments)


def _constants(closed: Any) -> list[tuple[str, list]]:
    """Return of each operation its name, and the numbers and arrays that it holds."""
    found: list[tuple[str, list]] = []

    def walk(jaxpr: Any, known: dict) -> None:
        for equation in jaxpr.eqns:
            inner = equation.params.get("jaxpr", equation.params.get("call_jaxpr"))
            if equation.primitive.name in INLINED and inner is not None:
                body = getattr(inner, "jaxpr", inner)
                given = {
                    v: known[a] for v, a in zip(body.invars, equation.invars, strict=False) if _in(a, known)
                }
                walk(body, given | dict(zip(body.constvars, getattr(inner, "consts", []), strict=False)))
                continue
            values = [
                np.asarray(a.val if isinstance(a, jex.Literal) else known[a], np.float64)
                for a in equation.invars
                if isinstance(a, jex.Literal) or _in(a, known)
            ]
            found.append((equation.primitive.name, values))

    walk(closed.jaxpr, dict(zip(closed.jaxpr.constvars, closed.consts, strict=True)))
    return found


def _in(atom: Any, known: dict) -> bool:
    return not isinstance(atom, jex.Literal) and atom in known


def _numpy(values: Any) -> Values:
    return [np.asarray(v).astype(np.float64) for v in values]
