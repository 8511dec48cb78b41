"""What torch.compile and torch.export do with Python: each function runs a small program.

torch.compile uses the backend "eager": it captures graphs as always, and needs no C++ compiler. Each function's
docstring is shown next to its observation.
"""

import contextlib
import io
import logging

import torch

from .attempt import Observation, observed, refused


def branch_on_data() -> Observation:
    """Where Python needs a value, the graph is broken in two, and Python goes on in between."""

    def absolute(v):
        w = v * 2
        return w + 1 if w.sum() > 0 else w - 1

    torch._dynamo.reset()
    found = torch._dynamo.explain(absolute)(torch.ones(3))
    reasons = found.break_reasons
    reason = str(reasons[0].reason).strip().splitlines()[0] if reasons else "none"
    seen = f"{found.graph_count} graphs, {found.graph_break_count} break: {reason}"
    return Observation("if w.sum() > 0", found.graph_break_count == 1, seen)


def branch_refused_whole() -> Observation:
    """fullgraph=True demands one graph, and raises the error that jit raises."""

    def absolute(v):
        return v if v.sum() > 0 else -v

    compiled = torch.compile(absolute, backend="eager", fullgraph=True)
    return refused("the same with fullgraph=True", lambda: compiled(torch.ones(3)))


def branch_exported() -> Observation:
    """torch.export has no Python to go back to."""

    class Absolute(torch.nn.Module):
        def forward(self, v):
            return v if v.sum() > 0 else -v

    def export() -> torch.export.ExportedProgram:
        return torch.export.export(Absolute(), (torch.ones(3),))

    logging.disable(logging.CRITICAL)  # torch logs and prints the whole graph with the error
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            return refused("the same by torch.export", export)
    finally:
        logging.disable(logging.NOTSET)


def prints_when_run() -> Observation:
    """A print breaks the graph, so it runs at every call."""
    printed = []

    @torch._dynamo.disable
    def say():
        printed.append("heard")

    def noisy(v):
        say()
        return v + 1

    compiled = torch.compile(noisy, backend="eager")
    for v in range(3):
        compiled(torch.tensor(float(v)))
    seen = f"3 calls, heard {len(printed)} times"
    return Observation("a side effect outside the graph", len(printed) == 3, seen)


def captured_value() -> Observation:
    """A value that is closed over is guarded: torch notices a change and compiles again."""
    counts = torch._dynamo.testing.CompileCounter()
    scale = {"by": 2.0}

    def scaled(v):
        return v * scale["by"]

    compiled = torch.compile(scaled, backend=counts)
    first = float(compiled(torch.tensor(1.0)))
    scale["by"] = 10.0
    second = float(compiled(torch.tensor(1.0)))
    seen = f"{first:g}, then {second:g}, after {counts.frame_count} captures"
    return Observation("a captured value changes", second == 10.0, seen)


def new_shape() -> Observation:
    """A second size makes torch capture a graph for any size."""
    counts = torch._dynamo.testing.CompileCounter()
    total = torch.compile(lambda v: v.sum(), backend=counts)
    for n in (3, 4, 5, 6):
        total(torch.ones(n))
    return Observation("shapes 3, 4, 5, 6", counts.frame_count == 2, f"{counts.frame_count} captures")


def eager_branch() -> Observation:
    """The dynamic graph refuses none of this: it records what Python did."""
    v = torch.tensor(-2.0, requires_grad=True)
    (v if v > 0 else -v).backward()
    assert v.grad is not None
    return Observation("eager: if v > 0", v.grad.item() == -1, f"d|v|/dv at -2 is {v.grad.item():g}")


def all_of_them() -> list[Observation]:
    """Make every observation, in the order they are shown."""
    torch._dynamo.reset()
    compiled = (
        *(branch_on_data, branch_refused_whole, branch_exported),
        *(prints_when_run, captured_value, new_shape),
    )
    return [observed("torch.compile", function) for function in compiled] + [observed("torch", eager_branch)]
