"""The dynamic graph: what autograd recorded during one forward pass, walked from the loss to the leaves."""

from typing import Any

from .graph import Graph, Stage, stage


def stages(net: Any, params: dict, x: Any, y: Any) -> tuple[list[Stage], list[str]]:
    """Return one stage, which exists from this forward pass until its backward pass has used it up."""
    leaves = {name: p.detach().requires_grad_() for name, p in params.items()}
    names = {id(leaf): name for name, leaf in leaves.items()}
    loss = net.loss(leaves, x, y)
    graph, ids, todo = Graph(), {loss.grad_fn: "n0"}, [loss.grad_fn]
    while todo:
        function = todo.pop(0)
        graph.add(ids[function], *_described(function, names))
        for parent, _ in function.next_functions:
            if parent is None:
                continue
            if parent not in ids:
                ids[parent] = f"n{len(ids)}"
                todo.append(parent)
            graph.edges.append((ids[parent], ids[function]))
    graph.add("loss", "loss", "()", "output", parents=["n0"])
    text = "\n".join(f"{n.id:<5} {n.op:<28} {n.shape}" for n in graph.nodes)
    says = "recorded anew by each forward pass, freed by its backward pass; data and constants are not in it"
    return [stage("recorded", "dynamic", says, text, graph)], []


def _described(function: Any, names: dict[int, str]) -> tuple[str, str, str]:
    """Return operation, shape and kind."""
    variable = getattr(function, "variable", None)
    if variable is not None:
        return names.get(id(variable), "leaf"), str(tuple(variable.shape)), "input"
    saved = [key.removeprefix("_saved_") for key in dir(function) if key.startswith("_saved_")]
    held = [key for key in saved if hasattr(getattr(function, f"_saved_{key}"), "shape")]
    return function.name().split("::")[-1], f"saves {', '.join(held)}" if held else "", "op"
