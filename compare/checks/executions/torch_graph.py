"""torch: the operations of a step, and the first whose result a compiler gets wrong."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._pytree import tree_flatten, tree_unflatten

from torch_ref import steps

from ...witnesses.torch import PerturbTypes
from .graphs import DRAWS, Operation, Values, bisected, first
from .graphs import stale as differing

Compile = Callable[[torch.fx.GraphModule, tuple], Callable[..., Any]]


def compiler(form: str, backend: str) -> Compile:
    """Return how a graph is executed in the way of a step: compiled, exported, or as it is."""
    if form == "exported":
        return lambda graph, leaves: torch.export.export(graph, leaves).module()
    if form.startswith("compiled"):
        return lambda graph, leaves: torch.compile(graph, backend=backend)
    return lambda graph, leaves: graph


def first_difference(net: Any, rule: Any, arguments: tuple, dtype: str, make: Compile) -> Operation | None:
    """Return the first operation of the step whose result `make` gets wrong at these arguments, or None.

    All results are returned at once, then, where that hides the fault since nothing is fused any more, the outputs of
    the graph's beginning, halved and halved again.
    """
    graph, leaves = traced(net, rule, arguments)
    nodes = [n for n in graph.graph.nodes if n.op == "call_function" and _floating(n)]
    names = [_name(n) for n in nodes]
    whole = returning(graph, nodes)
    right = _values(whole(*leaves))
    noise = []
    for seed in range(DRAWS):
        with PerturbTypes(seed):
            noise.append(_values(whole(*leaves)))
    found = first(names, right, noise, _values(make(whole, leaves)(*leaves)), dtype)
    if found:
        return found

    def differs(count: int) -> Operation | None:
        before = set(nodes[:count])
        live = [k for k, n in enumerate(nodes[:count]) if k == count - 1 or not set(n.users) <= before]
        part = returning(graph, [nodes[k] for k in live])
        there = first(
            [names[k] for k in live],
            [right[k] for k in live],
            [[draw[k] for k in live] for draw in noise],
            _values(make(part, leaves)(*leaves)),
            dtype,
            alone=False,
        )
        return there and Operation(
            names[count - 1], count, len(nodes), there.entry, there.value, there.right, there.ratio, False
        )

    return bisected(len(nodes), differs)


def stale(net: Any, rule: Any, before: tuple, now: Callable[[], tuple]) -> Operation | None:
    """Return the operation with a constant that is another one when the step is traced on another batch."""
    one = _constants(traced(net, rule, before)[0])
    return differing(one, _constants(traced(net, rule, now())[0]))


def traced(net: Any, rule: Any, arguments: tuple) -> tuple[torch.fx.GraphModule, tuple]:
    """Return the step's operations as a graph of flat arguments, and these."""
    leaves, form = tree_flatten(arguments)

    def flat(*arrays: Any) -> tuple:
        return tuple(tree_flatten(steps.functional(net, rule)(*tree_unflatten(list(arrays), form)))[0])

    return make_fx(flat)(*leaves), tuple(leaves)


def returning(graph: torch.fx.GraphModule, nodes: list) -> torch.fx.GraphModule:
    """Return the graph with these nodes as its outputs, and without what they do not need."""
    copied: dict[Any, Any] = {}
    other = torch.fx.Graph()
    other.graph_copy(graph.graph, copied)
    other.output(tuple(copied[n] for n in nodes))
    for node in reversed(list(other.nodes)):
        if node.op not in ("placeholder", "output") and not node.users:
            other.erase_node(node)
    return torch.fx.GraphModule(graph, other)


def _constants(graph: torch.fx.GraphModule) -> list[tuple[str, list]]:
    """Return of each operation its name, and the numbers and tensors that it holds."""
    held = {n: getattr(graph, n.target) for n in graph.graph.nodes if n.op == "get_attr"}
    found = []
    for node in graph.graph.nodes:
        if node.op == "call_function":
            values = [
                held[a].detach().cpu().double().numpy() if a in held else a
                for a in tree_flatten((node.args, node.kwargs))[0]
                if a in held or isinstance(a, (int, float))
            ]
            found.append((_name(node), values))
    return found


def _floating(node: Any) -> bool:
    value = node.meta.get("val")
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _name(node: Any) -> str:
    return str(node.target).removesuffix(".default")


def _values(tensors: Any) -> Values:
    return [np.asarray(t.detach().double().numpy()) for t in tensors]
