"""A graph as plain data, and the result of `threeways graph`."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import import_module

import numpy as np

from ...common.errors import UserError, nearest
from ...common.results import Displayed, environment
from ...networks import PACKAGES, Network
from ...user.trio.trio import Trio, as_floating
from ...witnesses import absent

SCHEMA = "threeways/graph/1"
FORMS = {"autograd": "torch", "fx": "torch", "jaxpr": "jax", "hlo": "jax", "tape": "hand"}


@dataclass(frozen=True)
class Node:
    """One operation, input or output. kind: "input", "op" or "output"."""

    id: str
    op: str
    shape: str
    kind: str = "op"


@dataclass
class Graph:
    """Nodes and the edges between their ids, in the order they are found."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[tuple[str, str]] = field(default_factory=list)

    def add(self, id: str, op: str, shape: str, kind: str = "op", parents: Iterable[str] = ()) -> str:
        """Add a node with the edges from its parents; return its id."""
        self.nodes.append(Node(id, op, shape, kind))
        self.edges += [(parent, id) for parent in parents]
        return id


@dataclass(frozen=True)
class Stage:
    """One graph: when it exists and of which kind, its text, its nodes and the edges between their ids."""

    name: str
    kind: str
    says: str
    text: str
    nodes: list[Node]
    edges: list[tuple[str, str]]
    operations: int
    counts: dict[str, int]


@dataclass(frozen=True)
class GraphResult(Displayed):
    """All of `threeways graph`, as its JSON file has it."""

    schema: str
    environment: dict
    network: str
    form: str
    framework: str
    batch: int
    stages: list[Stage]
    warnings: list[str]
    exit_code: int = 0
    parameters: dict = field(default_factory=dict)


def stage(name: str, kind: str, says: str, text: str, graph: Graph) -> Stage:
    """Return a Stage with its operations counted, without edges to nodes that it has not."""
    known = {n.id for n in graph.nodes}
    counts = Counter(n.op for n in graph.nodes if n.kind == "op")
    inside = list(dict.fromkeys((a, b) for a, b in graph.edges if a in known and b in known))
    return Stage(name, kind, says, text, graph.nodes, inside, counts.total(), dict(counts.most_common()))


def drawn(
    net: Network | Trio, form: str, params: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray, seed: int = 0
) -> GraphResult:
    """Return the graphs of `net`'s loss and gradients in `form`, a name of FORMS.

    Raises UserError for an unknown form or an absent framework.
    """
    if form not in FORMS:
        raise UserError(f"--form {form}: {nearest(form, FORMS)}")
    framework = FORMS[form]
    why_not = net.absent.get(framework) if isinstance(net, Trio) else absent(framework)
    if why_not:
        raise UserError(f"--form {form} needs {framework}: {why_not}")
    package = import_module(PACKAGES[framework])
    arguments = [package.from_numpy(tree) for tree in (params, x, y)]
    stages, warnings = import_module(f"{__package__}.{form}").stages(net.build(framework), *arguments)
    warnings = [*warnings, *(net.said() if isinstance(net, Trio) else ())]
    shapes = {name: p.shape for name, p in params.items()}
    about = (SCHEMA, environment(seed), net.describe(), form, framework, len(x))
    return GraphResult(*about, stages, warnings, parameters=shapes)


def of_trio(trio: Trio, form: str | None = None, batch: int = 32, seed: int = 0) -> GraphResult:
    """Return the graphs of a user's network; form: by default jaxpr, or fx where there is no jax version."""
    form = form or ("fx" if "jax" in trio.absent else "jaxpr")
    size = len(trio.x) if callable(trio.batch) else min(batch, len(trio.x))
    params = {n: a.astype("float32") for n, a in trio.params.items()}
    x, y = as_floating((trio.x[:size], trio.y[:size]), "float32")
    return drawn(trio, form, params, x, y, seed)
