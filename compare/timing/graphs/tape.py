"""The graph of the derivation by hand: the operations that NumPy ran in one forward and backward pass, as recorded."""

from typing import Any

import numpy as np

from ...trace.derivatives.run import record
from ...trace.derivatives.slices import Origins
from ...trace.recording.memory import Value
from ...user.subject import Subject
from .graph import Graph, Stage, stage


def stages(net: Any, params: dict, x: Any, y: Any) -> tuple[list[Stage], list[str]]:
    """Return one stage: what ran for this batch; a view of an array is no operation of its own."""
    run = record(Subject(net.loss_and_grads, params, x, y))
    origins, graph = Origins(run.tape), Graph()
    held = {value.region.buffer.serial: name for name, value in run.parameters.items() if value.region}
    for name, value in run.parameters.items():
        graph.add(f"in_{name}", name, _shape(value.array), "input")
    views: dict[int, list[str]] = {}  # of an operation that makes a view: the nodes it shows

    def parents(value: Value, written: tuple[int, ...]) -> list[str]:
        own = held.get(value.region.buffer.serial) if value.region else None
        made = [each for i in written if i >= 0 for each in views.get(i, [f"n{i}"])]
        return made or ([f"in_{own}"] if own else [])

    for operation in run.tape.operations:
        read = zip(operation.reads, origins.read[operation.index], strict=True)
        before = list(dict.fromkeys(p for value, written in read for p in parents(value, written)))
        if operation.method == "view":
            views[operation.index] = before
        else:
            shape = _shape(operation.writes[0].array) if operation.writes else ""
            graph.add(f"n{operation.index}", operation.name, shape, parents=before)
    outputs = {"loss": run.loss} | {f"d{name}": value for name, value in run.gradients.items()}
    for name, value in outputs.items():
        graph.add(
            f"out_{name}",
            name,
            _shape(value.array),
            "output",
            parents(value, tuple(origins.of(value.region))),
        )
    text = "\n".join(f"{n.id:<8} {n.op:<24} {n.shape}" for n in graph.nodes)
    says = "the derivation by hand, forward and backward: Python decides at each call what runs next"
    return [stage("recorded", "dynamic", says, text, graph)], []


def _shape(array: Any) -> str:
    return str(tuple(np.shape(array)))
