"""A graph in layers: every line ends at its boxes, points down and crosses no other box."""

import re
from itertools import pairwise

import numpy as np
import pytest

from compare.report.pictures.layered import layout
from compare.report.pictures.svg import layered

pytest.importorskip("grandalf")
HEIGHT = 36.0


def drawn(seed):
    rng = np.random.default_rng(seed)
    names = [f"n{i}" for i in range(rng.integers(2, 30))]
    edges = [
        (names[rng.integers(0, i)], names[i]) for i in range(1, len(names)) for _ in range(rng.integers(1, 4))
    ]
    return {name: float(rng.integers(60, 200)) for name in names}, edges


def touches(line, box, width):
    """Whether a line from (x0, y0) to (x1, y1) enters a box, its border left out."""
    (x0, y0), (x1, y1) = line
    x, y = box
    t = np.linspace(0, 1, 400)
    inside = np.abs(y0 + t * (y1 - y0) - y) < HEIGHT / 2 - 0.5
    return bool((inside & (np.abs(x0 + t * (x1 - x0) - x) < width / 2 - 0.5)).any())


@pytest.mark.parametrize("seed", range(12))
def test_lines_cross_no_box_and_boxes_do_not_overlap(seed):
    widths, edges = drawn(seed)
    found = layout(widths, HEIGHT, edges)
    for number, (a, b) in enumerate(edges):
        line = found.lines[number]
        assert (line[0][0], line[-1][0]) == (found.boxes[a][0], found.boxes[b][0])
        assert all(y1 >= y0 for (_, y0), (_, y1) in pairwise(line))
        for name, box in found.boxes.items():
            assert not any(touches(piece, box, widths[name]) for piece in pairwise(line)), (a, b, name)
    for a, (x, y) in found.boxes.items():
        assert (
            widths[a] / 2 <= x <= found.width - widths[a] / 2 and HEIGHT / 2 <= y <= found.height - HEIGHT / 2
        )
        for b, (u, v) in found.boxes.items():
            assert a == b or abs(y - v) >= HEIGHT or abs(x - u) >= (widths[a] + widths[b]) / 2


def test_each_line_has_an_arrowhead():
    nodes = [{"id": n, "op": n, "shape": "", "kind": "op"} for n in "abc"]
    text = layered({"nodes": nodes, "edges": [["a", "b"], ["a", "c"], ["b", "c"]]}, "three")
    assert len(re.findall("<path", text)) == len(re.findall("<polygon", text)) == 3


def test_two_graphs_in_one_stand_side_by_side():
    found = layout({"a": 60.0, "b": 60.0, "c": 80.0}, HEIGHT, [("a", "b")])
    assert found.boxes["c"][0] > found.boxes["a"][0] + 60
