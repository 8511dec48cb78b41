"""torch's static graph: ATen operations as traced, and the kernels inductor makes of them."""

import re
from collections.abc import Callable
from typing import Any

import torch
from torch.fx.experimental.proxy_tensor import make_fx

from .graph import Graph, Stage, stage

KERNEL = re.compile(
    r"^\s*(?P<kernel>extern_kernels\.\w+|cpp_fused\w*|triton_\w+\.run|torch\.ops\.\S+?)\((?P<rest>.*)\)"
)
ALIAS = re.compile(r"^\s*(buf\d+) = (buf\d+);")
BUFFER = re.compile(r"\b(?:buf\d+|arg\d+_1)\b")


def stages(net: Any, params: dict, x: Any, y: Any) -> tuple[list[Stage], list[str]]:
    """Return the graph as traced, and after inductor where there is a C++ compiler."""

    def gradients(params, x, y):
        return torch.func.grad_and_value(net.loss)(params, x, y)

    traced = make_fx(gradients)(params, x, y)
    traced.graph.eliminate_dead_code()
    says = "the loss and its gradients, traced once for these shapes"
    found = [stage("traced", "static", says, traced.code.strip(), _traced(traced.graph))]
    try:
        code = _inductor(gradients, params, x, y)
    except Exception as error:
        return found, [f"no graph after inductor: {str(error).strip().splitlines()[0][:120]}"]
    body = code[code.index("def call(") :].split("\nrunner", 1)[0]
    says = "one node per kernel: what inductor leaves after fusing the rest"
    return [*found, stage("compiled", "static", says, body, _kernels(body))], []


def _traced(traced: torch.fx.Graph) -> Graph:
    graph = Graph()
    for n in traced.nodes:
        value = n.meta.get("val")
        shape = str(tuple(value.shape)) if hasattr(value, "shape") else ""
        kind = {"placeholder": "input", "output": "output"}.get(n.op, "op")
        name = n.target if kind == "input" else str(n.target).removeprefix("aten.").removesuffix(".default")
        op = "getitem" if "getitem" in str(name) else str(name)
        graph.add(n.name, op, shape, kind, (parent.name for parent in n.all_input_nodes))
    return graph


def _inductor(function: Callable, *arguments: Any) -> str:
    from torch._inductor.utils import run_and_get_code

    torch._dynamo.reset()
    return run_and_get_code(torch.compile(function), *arguments)[1][0]


def _kernels(body: str) -> Graph:
    """Return the kernels in the order they are called; an edge joins two that touch one buffer in turn."""
    graph = Graph()
    last: dict[str, str] = {}
    alias: dict[str, str] = {}
    for line in body.splitlines():
        if renamed := ALIAS.match(line):
            alias[renamed[1]] = alias.get(renamed[2], renamed[2])
        elif called := KERNEL.match(line):
            buffers = [alias.get(b, b) for b in dict.fromkeys(BUFFER.findall(called["rest"]))]
            touched = [last[buffer] for buffer in buffers if buffer in last]
            op = called["kernel"].removeprefix("extern_kernels.")
            name = graph.add(f"k{len(graph.nodes)}", op, "", parents=touched)
            last |= {buffer: name for buffer in buffers if buffer.startswith("buf")}
    return graph
