"""XLA's graph before and after optimisation, read from its text."""

import re
from typing import Any

import jax

from .graph import Graph, Stage, stage

INSTRUCTION = re.compile(
    r"^\s*(?P<root>ROOT )?%?(?P<name>[\w.\-]+) = (?P<shape>\([^=]*?\)|\S+) (?P<op>[\w\-]+)\((?P<rest>.*)$"
)
CALLED = re.compile(r"(?:calls|to_apply)=%?([\w.\-]+)")


def stages(net: Any, params: dict, x: Any, y: Any) -> tuple[list[Stage], list[str]]:
    """Return the module jax hands to XLA, and what XLA compiles."""
    lowered = jax.jit(net.loss_and_grads).lower(params, x, y)
    before, after = lowered.as_text("hlo"), _without_locations(lowered.compile().as_text() or "")
    return [
        stage("lowered", "static", "what jax hands to XLA, called functions inlined", before, _graph(before)),
        stage("optimised", "static", "what XLA runs: a fusion is one loop over memory", after, _graph(after)),
    ], []


def computations(text: str) -> dict[str, list[re.Match]]:
    """Return {name: [match of an instruction]} of a module; the entry's name is "ENTRY"."""
    found: dict[str, list[re.Match]] = {}
    current: list[re.Match] | None = None
    text = re.sub(r"/\*index=\d+\*/", "", text)  # counted in long tuples; its = is no assignment
    for line in text.splitlines():
        opened = re.match(r"^(ENTRY )?%?([\w.\-]+)[^=]*\{\s*$", line)
        if opened:
            current = found.setdefault("ENTRY" if opened[1] else opened[2], [])
        elif line.strip() == "}":
            current = None
        elif current is not None and (instruction := INSTRUCTION.match(line)):
            current.append(instruction)
    return found


def _graph(text: str) -> Graph:
    graph = Graph()
    _walk(computations(text), "ENTRY", graph, "", {})
    return graph


def _walk(
    found: dict[str, list[re.Match]], computation: str, graph: Graph, prefix: str, given: dict[int, str]
) -> str:
    """Add a computation's instructions and return its root's node. given: its arguments where it is called."""
    place: dict[str, str] = {}
    for m in found[computation]:
        operands = [place[o] for o in re.findall(r"%?([\w.\-]+)", _operands(m["rest"])) if o in place]
        if m["op"] == "parameter" and prefix:
            place[m["name"]] = given[int(_operands(m["rest"]))]
        elif m["op"] == "call" and (called := CALLED.search(m["rest"])):
            inner = f"{prefix}{m['name']}/"
            place[m["name"]] = _walk(found, called[1], graph, inner, dict(enumerate(operands)))
        else:
            kind = "input" if m["op"] == "parameter" else "output" if m["root"] and not prefix else "op"
            label = m["op"] + (_inside(found, m) if m["op"] == "fusion" else "")
            shape = re.sub(r"\{[^}]*\}", "", m["shape"])
            place[m["name"]] = graph.add(prefix + m["name"], label, shape, kind, operands)
        root = place[m["name"]]
    return root


def _inside(found: dict[str, list[re.Match]], fusion: re.Match) -> str:
    """Return ' of 3' for three operations, without those that name or repeat a value; ' (dot)' for one."""
    called = CALLED.search(fusion["rest"])
    body = [m["op"] for m in found.get(called[1], ())] if called else []
    worked = [op for op in body if op not in ("parameter", "constant", "broadcast", "bitcast", "tuple")]
    return f" of {len(worked)}" if len(worked) > 1 else f" ({(worked or body or ['empty'])[-1]})"


def _operands(rest: str) -> str:
    """Return the text inside the instruction's own parentheses."""
    depth = 1
    for i, character in enumerate(rest):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return rest[:i]
    return rest


def _without_locations(text: str) -> str:
    """Remove the source files and stack frames that XLA lists: they name folders of the machine."""
    text = re.sub(r"\n(FileNames|FunctionNames|FileLocations|StackFrames)\n(?:\d+ .*\n)*", "\n", text)
    return re.sub(r", metadata=\{[^}]*\}", "", text)
