"""jax's traced graph: the jaxpr of the loss and its gradients."""

from typing import Any

import jax

from .graph import Edge, Node, Stage, stage


def stages(net: Any, params: dict, x: Any, y: Any) -> tuple[list[Stage], list[str]]:
    """Return one stage: operations on shapes, written down once, without Python."""
    traced = jax.make_jaxpr(net.loss_and_grads)(params, x, y)
    names = [str(path[-1]).strip("[]'\"") for path, _ in jax.tree_util.tree_leaves_with_path((params, x, y))]
    labels = [*sorted(params), "x", "y"]
    names = labels if len(labels) == len(names) else names
    nodes: list[Node] = []
    edges: list[Edge] = []
    origin: dict[Any, str] = {}
    for name, variable in zip(names, traced.jaxpr.invars, strict=True):
        origin[variable] = f"in_{name}"
        nodes.append(Node(f"in_{name}", name, _shape(variable), "input"))
    _walk(traced.jaxpr, origin, nodes, edges)
    for i, variable in enumerate(traced.jaxpr.outvars):
        name = f"out{i}"
        nodes.append(
            Node(name, "loss" if i == 0 else f"d{sorted(params)[i - 1]}", _shape(variable), "output")
        )
        _connect(variable, name, origin, edges)
    says = "the loss and its gradients, traced once for these shapes; nested functions inlined"
    return [stage("traced", "static", says, str(traced), nodes, edges)], []


def _walk(jaxpr: Any, origin: dict[Any, str], nodes: list[Node], edges: list[Edge]) -> None:
    """Add the equations of a jaxpr; those of nested calls are inlined, so that every operation counts."""
    for equation in jaxpr.eqns:
        inner = equation.params.get("jaxpr") or equation.params.get("call_jaxpr")
        inner = getattr(inner, "jaxpr", inner)
        if (
            equation.primitive.name in ("jit", "pjit", "custom_jvp_call", "custom_vjp_call")
            and inner is not None
        ):
            inside = {
                v: origin[outer]
                for v, outer in zip(inner.invars, equation.invars, strict=True)
                if not _literal(outer) and outer in origin
            }
            _walk(inner, inside, nodes, edges)
            for outer, v in zip(equation.outvars, inner.outvars, strict=True):
                if not _literal(v) and v in inside:
                    origin[outer] = inside[v]
            continue
        name = f"n{len(nodes)}"
        nodes.append(Node(name, equation.primitive.name, _shape(equation.outvars[0])))
        for variable in equation.invars:
            _connect(variable, name, origin, edges)
        for variable in equation.outvars:
            origin[variable] = name


def _connect(variable: Any, name: str, origin: dict[Any, str], edges: list[Edge]) -> None:
    if not _literal(variable) and variable in origin:
        edges.append((origin[variable], name))


def _literal(variable: Any) -> bool:
    return hasattr(variable, "val")


def _shape(variable: Any) -> str:
    return variable.aval.str_short(short_dtypes=True)
