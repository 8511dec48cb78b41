"""jax's traced graph: the jaxpr of the loss and its gradients."""

from collections.abc import Iterable
from typing import Any

import jax

from .graph import Graph, Stage, stage

CALLS = ("jit", "pjit", "custom_jvp_call", "custom_vjp_call")


def stages(net: Any, params: dict, x: Any, y: Any) -> tuple[list[Stage], list[str]]:
    """Return one stage: operations on shapes, written down once, without Python."""
    traced = jax.make_jaxpr(net.loss_and_grads)(params, x, y)
    names = [str(path[-1]).strip("[]'\"") for path, _ in jax.tree_util.tree_leaves_with_path((params, x, y))]
    labels = [*sorted(params), "x", "y"]
    names = labels if len(labels) == len(names) else names
    graph, origin = Graph(), {}
    for name, variable in zip(names, traced.jaxpr.invars, strict=True):
        origin[variable] = graph.add(f"in_{name}", name, _shape(variable), "input")
    _walk(traced.jaxpr, origin, graph)
    outputs = ["loss", *(f"d{name}" for name in sorted(params))]
    for i, (name, variable) in enumerate(zip(outputs, traced.jaxpr.outvars, strict=True)):
        graph.add(f"out{i}", name, _shape(variable), "output", _parents([variable], origin))
    says = "the loss and its gradients, traced once for these shapes; nested functions inlined"
    return [stage("traced", "static", says, str(traced), graph)], []


def _walk(jaxpr: Any, origin: dict[Any, str], graph: Graph) -> None:
    """Add the equations of a jaxpr; those of nested calls are inlined, so that every operation counts."""
    for equation in jaxpr.eqns:
        inner = equation.params.get("jaxpr") or equation.params.get("call_jaxpr")
        inner = getattr(inner, "jaxpr", inner)
        if equation.primitive.name in CALLS and inner is not None:
            inside = {
                v: origin[outer]
                for v, outer in zip(inner.invars, equation.invars, strict=True)
                if not _literal(outer) and outer in origin
            }
            _walk(inner, inside, graph)
            for outer, v in zip(equation.outvars, inner.outvars, strict=True):
                if not _literal(v) and v in inside:
                    origin[outer] = inside[v]
            continue
        parents = _parents(equation.invars, origin)
        shape = _shape(equation.outvars[0])
        name = graph.add(f"n{len(graph.nodes)}", equation.primitive.name, shape, parents=parents)
        origin |= dict.fromkeys(equation.outvars, name)


def _parents(variables: Iterable[Any], origin: dict[Any, str]) -> list[str]:
    return [origin[v] for v in variables if not _literal(v) and v in origin]


def _literal(variable: Any) -> bool:
    return hasattr(variable, "val")


def _shape(variable: Any) -> str:
    return variable.aval.str_short(short_dtypes=True)
