"""What torch.compile and torch.export do with Python: each function runs a small program.

torch.compile is run with the backend "eager": the graphs are captured as always, and no C++ compiler is needed.
"""

import contextlib
import io
import logging

import torch

from .observation import Observation, observed, refused


def branch_on_data():
    """Where Python must know, the graph is broken in two, and Python goes on in between."""

    def absolute(v):
        w = v * 2
        return w + 1 if w.sum() > 0 else w - 1

    found = _explained(absolute, torch.ones(3))
    return Observation(
        "if w.sum() > 0",
        found.graph_break_count == 1,
        f"{found.graph_count} graphs, {found.graph_break_count} break: {_reason(found)}",
    )


def branch_refused_whole():
    """fullgraph=True asks for one graph, and gets the error that jit gives."""

    def absolute(v):
        return v if v.sum() > 0 else -v

    compiled = torch.compile(absolute, backend="eager", fullgraph=True)
    return refused("the same with fullgraph=True", lambda: compiled(torch.ones(3)))


def branch_exported():
    """torch.export has no Python to go back to."""

    class Absolute(torch.nn.Module):
        def forward(self, v):
            return v if v.sum() > 0 else -v

    logging.disable(logging.CRITICAL)  # torch logs the whole graph beside the error, and prints it
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            return refused(
                "the same by torch.export", lambda: torch.export.export(Absolute(), (torch.ones(3),))
            )
    finally:
        logging.disable(logging.NOTSET)


def prints_when_run():
    """A print breaks the graph, so it is heard at every call."""
    heard = []

    @torch._dynamo.disable
    def say():
        heard.append("heard")

    def noisy(v):
        say()
        return v + 1

    compiled = torch.compile(noisy, backend="eager")
    for v in range(3):
        compiled(torch.tensor(float(v)))
    return Observation(
        "a side effect outside the graph", len(heard) == 3, f"3 calls, heard {len(heard)} times"
    )


def captured_value():
    """What is closed over is guarded: a change is noticed, and compiled again."""
    counts = torch._dynamo.testing.CompileCounter()
    scale = {"by": 2.0}

    def scaled(v):
        return v * scale["by"]

    compiled = torch.compile(scaled, backend=counts)
    first = float(compiled(torch.tensor(1.0)))
    scale["by"] = 10.0
    second = float(compiled(torch.tensor(1.0)))
    return Observation(
        "a captured value changes",
        second == 10.0,
        f"{first:g}, then {second:g}, after {counts.frame_count} captures",
    )


def new_shape():
    """A second size makes torch capture a graph for any size."""
    counts = torch._dynamo.testing.CompileCounter()
    total = torch.compile(lambda v: v.sum(), backend=counts)
    for n in (3, 4, 5, 6):
        total(torch.ones(n))
    return Observation("shapes 3, 4, 5, 6", counts.frame_count == 2, f"{counts.frame_count} captures")


def eager_branch():
    """The dynamic graph has none of this: what Python did is what is recorded."""
    v = torch.tensor(-2.0, requires_grad=True)
    (v if v > 0 else -v).backward()
    return Observation("eager: if v > 0", v.grad.item() == -1, f"d|v|/dv at -2 is {v.grad.item():g}")


def all_of_them():
    torch._dynamo.reset()
    compiled = (
        branch_on_data,
        branch_refused_whole,
        branch_exported,
        prints_when_run,
        captured_value,
        new_shape,
    )
    return [observed("torch.compile", function) for function in compiled] + [observed("torch", eager_branch)]


def _explained(function, *arguments):
    torch._dynamo.reset()
    return torch._dynamo.explain(function)(*arguments)


def _reason(found):
    return str(found.break_reasons[0].reason).strip().splitlines()[0] if found.break_reasons else "none"
