"""Changes of one operation in a jax run, made in the jaxpr of the loss."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.extend.core as jex
import jax.numpy as jnp
import numpy as np

from .conventions import EPSILONS, SMALL, Change, change

CALLS = {"jit", "pjit", "closed_call", "core_call", "remat2", "checkpoint"}
SPREADS = ("_var", "var", "_std", "std")
Instead = Callable[[Any, list], list | None]  # (equation, its arguments) -> results, or None: as it is


def run(jaxpr: Any, consts: Sequence, arguments: Sequence, instead: Instead) -> list:
    """Run a jaxpr with some equations replaced; nested calls are entered."""
    known = dict(zip(jaxpr.constvars, consts, strict=True)) | dict(zip(jaxpr.invars, arguments, strict=True))
    for equation in jaxpr.eqns:
        given = [a.val if isinstance(a, jex.Literal) else known[a] for a in equation.invars]
        found = instead(equation, given)
        if found is None:
            inner = equation.params.get("jaxpr") if equation.primitive.name in CALLS else None
            if inner is not None:
                found = run(getattr(inner, "jaxpr", inner), getattr(inner, "consts", []), given, instead)
            else:
                found = bound(equation, given)
        known.update(zip(equation.outvars, found, strict=True))
    return [a.val if isinstance(a, jex.Literal) else known[a] for a in jaxpr.outvars]


def bound(equation: Any, given: list) -> list:
    """Run one equation as it is."""
    parameters = equation.primitive.get_bind_params(equation.params)
    functions, parameters = parameters if isinstance(parameters, tuple) else ((), parameters)
    found = equation.primitive.bind(*functions, *given, **parameters)
    return list(found) if equation.primitive.multiple_results else [found]


def changes(jaxpr: Any) -> Iterator[Change]:
    """Yield what may be tried on a run of this jaxpr; `run` of each is an Instead."""
    equations = list(_equations(jaxpr))
    called = {e.params.get("name") for e in equations if e.primitive.name in CALLS}
    if "gelu" in called:
        inner = next(e for e in equations if e.params.get("name") == "gelu")
        tanh = any(e.primitive.name == "tanh" for e in _equations(inner.params["jaxpr"].jaxpr))
        mine, its = ("the tanh approximation", "exact") if tanh else ("exact", "the tanh approximation")
        yield change("gelu-approximate", _gelu(not tanh), mine=mine, its=its)
    if called & set(SPREADS):
        yield change("std-correction", _spread(1), mine="n", its="n-1")
        yield change("std-correction", _spread(-1), mine="n-1", its="n")
    for kinds, id in ((("mul", "div"), "factor-missing"), (("add", "max"), "constant")):
        yield from _literals(equations, kinds, id)
    if any(e.primitive.name == "select_n" for e in equations):
        for which in (1, 2):
            yield change("mask-missing", _unmasked(which), what="where")


def _literals(equations: Sequence[Any], kinds: Sequence[str], id: str) -> Iterator[Change]:
    """Yield other values of the numbers written in the code, one at a time."""
    values = {
        float(a.val)
        for e in equations
        if e.primitive.name in kinds
        for a in e.invars
        if isinstance(a, jex.Literal) and np.ndim(a.val) == 0 and np.asarray(a.val).dtype.kind == "f"
    } - {0.0, 1.0}
    for number in sorted(values):
        if id == "factor-missing":
            run = _literal(kinds, number, 1.0)
            yield change(id, run, mine=number, what="times or divided by a constant")
        for other in EPSILONS if id == "constant" and 0 < number < SMALL else ():
            if not np.isclose(other, number):
                yield change(id, _literal(kinds, number, other), mine=number, its=other, what="a sum")


def _equations(jaxpr: Any) -> Iterator[Any]:
    for equation in jaxpr.eqns:
        yield equation
        if equation.primitive.name in CALLS:
            inner = equation.params.get("jaxpr")
            yield from _equations(getattr(inner, "jaxpr", inner))


def _gelu(approximate: bool) -> Instead:
    def instead(equation: Any, given: list) -> list | None:
        if equation.params.get("name") != "gelu" or equation.primitive.name not in CALLS:
            return None
        return [jax.nn.gelu(given[0], approximate=approximate)]

    return instead


def _spread(way: int) -> Instead:
    def instead(equation: Any, given: list) -> list | None:
        if equation.params.get("name") not in SPREADS or equation.primitive.name not in CALLS:
            return None
        inner = equation.params["jaxpr"]
        found = run(inner.jaxpr, inner.consts, given, lambda e, g: None)
        n = given[0].size / found[0].size
        factor = ((n - 1) / n) ** -way
        return [found[0] * (factor**0.5 if "std" in equation.params["name"] else factor)]

    return instead


def _literal(kinds: Sequence[str], mine: float, its: float) -> Instead:
    def instead(equation: Any, given: list) -> list | None:
        if equation.primitive.name not in kinds:
            return None
        here = [
            isinstance(a, jex.Literal) and np.ndim(a.val) == 0 and float(a.val) == mine
            for a in equation.invars
        ]
        if not any(here):
            return None
        dtype = equation.outvars[0].aval.dtype
        return bound(
            equation, [jnp.asarray(its, dtype) if h else g for h, g in zip(here, given, strict=True)]
        )

    return instead


def _unmasked(which: int) -> Instead:
    def instead(equation: Any, given: list) -> list | None:
        return [given[which]] if equation.primitive.name == "select_n" else None

    return instead
