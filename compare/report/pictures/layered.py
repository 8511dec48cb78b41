"""Place the boxes and lines of a graph in Sugiyama's layers, by grandalf.

A line that passes a row of boxes goes through it upright in a place of its own, so that it crosses no box.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GAP, ROW = 22.0, 34.0  # between two boxes of a row, and between two rows

Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """The middle of each box {id: (x, y)}, the points of each line by the number of its edge, and the whole's size."""

    boxes: dict[str, Point]
    lines: dict[int, list[Point]]
    width: float
    height: float


def layout(widths: Mapping[str, float], height: float, edges: list[tuple[str, str]]) -> Layout | None:
    """Return the places of boxes of these widths and one height; None where grandalf is not installed."""
    try:
        from grandalf.graphs import Edge, Graph, Vertex
        from grandalf.layouts import SugiyamaLayout
    except ModuleNotFoundError:
        return None
    vertices = {name: Vertex(name) for name in widths}
    for name, vertex in vertices.items():
        vertex.view = _View(widths[name], height)
    known: dict[tuple[str, str], Any] = {}
    for pair in edges:
        known.setdefault(pair, Edge(vertices[pair[0]], vertices[pair[1]]))
    boxes: dict[str, Point] = {}
    bends: dict[tuple[str, str], list[Point]] = {}
    right, low = 0.0, 0.0
    for part in Graph(list(vertices.values()), list(known.values())).C:
        made = SugiyamaLayout(part)
        made.xspace, made.yspace = GAP, ROW
        made.init_all()
        made.draw()
        own = {v.data: v.view.xy for v in part.sV}
        passed = {pair: _bends(made, edge) for pair, edge in known.items() if pair[0] in own}
        spots = [(x, widths[n] / 2) for n, (x, _) in own.items()] + [
            (x, GAP / 2) for p in passed.values() for x, _ in p
        ]
        shift = right + GAP - min(x - half for x, half in spots)
        up = min(y for _, y in own.values()) - height / 2
        boxes |= {n: (x + shift, y - up) for n, (x, y) in own.items()}
        bends |= {pair: [(x + shift, y - up) for x, y in points] for pair, points in passed.items()}
        right = max(x + shift + half for x, half in spots)
        low = max([low, *(boxes[n][1] + height / 2 for n in own)])
    lines = {i: _line(boxes, bends[pair], pair, height) for i, pair in enumerate(edges)}
    return Layout(boxes, lines, right + GAP, low + GAP)


class _View:
    """The size of a box, as grandalf wants it; it sets `xy`."""

    def __init__(self, w: float, h: float):
        self.w, self.h = w, h
        self.xy: Point = (0.0, 0.0)


def _bends(made: Any, edge: Any) -> list[Point]:
    """Return the places in which a line passes the rows between its ends."""
    between = made.ctrls.get(edge, {})
    first, last = (made.grx[v].rank for v in edge.v)
    return [between[rank].view.xy for rank in range(first + 1, last) if rank in between]


def _line(boxes: dict[str, Point], bends: list[Point], ends: tuple[str, str], height: float) -> list[Point]:
    (x0, y0), (x1, y1) = (boxes[name] for name in ends)
    upright = [(x, y + side * height / 2) for x, y in bends for side in (-1, 1)]
    return [(x0, y0 + height / 2), *upright, (x1, y1 - height / 2)]
