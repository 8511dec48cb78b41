"""A picture of a stage: by Graphviz where its `dot` is installed, else by a plain layout in layers."""

import shutil
import subprocess
from xml.sax.saxutils import escape

from .dot import FILL, dot

ROW, GAP, HEIGHT, LETTER = 64, 16, 36, 6.2


def svg(stage: dict, title: str) -> str:
    """Return SVG text of a stage in its plain JSON form."""
    program = shutil.which("dot")
    if program:
        made = subprocess.run(
            [program, "-Tsvg"],
            input=dot(stage, title),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if made.returncode == 0:
            return made.stdout
    return layered(stage, title)


def layered(stage: dict, title: str) -> str:
    """Draw each node one row below the lowest of its parents; in a row, by the mean place of the parents."""
    parents: dict[str, list[str]] = {node["id"]: [] for node in stage["nodes"]}
    for a, b in stage["edges"]:
        parents[b].append(a)
    row = _rows(parents)
    place = _places(stage["nodes"], row, parents)
    width = max((x + w for x, _, w in place.values()), default=200) + GAP
    height = (max(row.values(), default=0) + 1) * ROW + 40
    shapes = [_edge(place[a], place[b]) for a, b in stage["edges"]]
    shapes += [_box(node, place[node["id"]]) for node in stage["nodes"]]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" '
        f'height="{height}" font-family="sans-serif" font-size="10">\n<title>{escape(title)}</title>\n'
        f'<text x="{GAP}" y="20" font-size="13">{escape(title)}</text>\n' + "\n".join(shapes) + "\n</svg>\n"
    )


def _rows(parents):
    row: dict[str, int] = {}

    def settle(start):
        todo = [start]
        while todo:
            node = todo[-1]
            missing = [p for p in parents[node] if p not in row]
            if missing:
                todo += missing
            else:
                row[node] = 1 + max((row[p] for p in parents[node]), default=-1)
                todo.pop()

    for node in parents:
        if node not in row:
            settle(node)
    return row


def _places(nodes, row, parents):
    """{id: (x, y, width)}"""
    place: dict[str, tuple[float, float, float]] = {}
    for level in range(max(row.values(), default=-1) + 1):
        here = [n for n in nodes if row[n["id"]] == level]
        here.sort(key=lambda n: _mean([place[p][0] for p in parents[n["id"]]]))
        x = float(GAP)
        for node in here:
            width = max(60, LETTER * max(len(node["op"]), len(node["shape"])) + 12)
            place[node["id"]] = (x, 34 + level * ROW, width)
            x += width + GAP
    return place


def _mean(values):
    return sum(values) / len(values) if values else 0.0


def _edge(start, end):
    (x1, y1, w1), (x2, y2, w2) = start, end
    return (
        f'<line x1="{x1 + w1 / 2:.0f}" y1="{y1 + HEIGHT}" x2="{x2 + w2 / 2:.0f}" y2="{y2}" stroke="#999" '
        'stroke-width="1"/>'
    )


def _box(node, at):
    x, y, w = at
    return (
        f'<rect x="{x:.0f}" y="{y}" width="{w:.0f}" height="{HEIGHT}" rx="5" fill="{FILL[node["kind"]]}" '
        f'stroke="#666"/><text x="{x + 6:.0f}" y="{y + 15}">{escape(node["op"])}</text>'
        f'<text x="{x + 6:.0f}" y="{y + 29}" fill="#555">{escape(node["shape"])}</text>'
    )
