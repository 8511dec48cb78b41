"""A picture of a stage: by Graphviz where its `dot` is installed, else in layers."""

import shutil
import subprocess
from xml.sax.saxutils import escape

from .dot import FILL, dot
from .layered import layout

ROW, GAP, HEIGHT, LETTER, TOP, HEAD = 64, 16, 36, 6.2, 34, 7


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
    """Draw a stage in layers; without grandalf each node is one row below its lowest parent."""
    widths = {node["id"]: _width(node) for node in stage["nodes"]}
    found = layout(widths, HEIGHT, [(a, b) for a, b in stage["edges"]])
    if found is not None:
        boxes = {n: (x - widths[n] / 2, y + TOP - HEIGHT / 2, widths[n]) for n, (x, y) in found.boxes.items()}
        shapes = [_arrow([(x, y + TOP) for x, y in line]) for line in found.lines.values()]
        shapes += [_box(node, boxes[node["id"]]) for node in stage["nodes"]]
        return _drawing(shapes, max(found.width, 7 * len(title)), found.height + TOP, title)
    parents: dict[str, list[str]] = {node["id"]: [] for node in stage["nodes"]}
    for a, b in stage["edges"]:
        parents[b].append(a)
    row = _rows(parents)
    place = _places(stage["nodes"], row, parents)
    width = max((x + w for x, _, w in place.values()), default=200) + GAP
    height = (max(row.values(), default=0) + 1) * ROW + 40
    shapes = [_edge(place[a], place[b]) for a, b in stage["edges"]]
    shapes += [_box(node, place[node["id"]]) for node in stage["nodes"]]
    return _drawing(shapes, width, height, title)


def _drawing(shapes, width, height, title):
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" font-family="sans-serif" font-size="10">\n<title>{escape(title)}</title>\n'
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
            width = _width(node)
            place[node["id"]] = (x, 34 + level * ROW, width)
            x += width + GAP
    return place


def _width(node):
    return max(60, LETTER * max(len(node["op"]), len(node["shape"])) + 12)


def _mean(values):
    return sum(values) / len(values) if values else 0.0


def _edge(start, end):
    (x1, y1, w1), (x2, y2, w2) = start, end
    return _arrow([(x1 + w1 / 2, y1 + HEIGHT), (x2 + w2 / 2, y2)])


def _arrow(points):
    """A line through these points, upright where it leaves and arrives, with a head at its end."""
    *before, (x1, y1) = points
    back = (x1, y1 - HEAD)
    line = [*before, back]
    (x, y), rest = line[0], line[1:]
    drawn = [f"M{x:.1f},{y:.1f}"]
    for to_x, to_y in rest:
        middle = (y + to_y) / 2
        sideways = abs(to_x - x) > 0.05
        drawn.append(f"C{x:.1f},{middle:.1f} {to_x:.1f},{middle:.1f} " if sideways else "L")
        drawn[-1] += f"{to_x:.1f},{to_y:.1f}"
        x, y = to_x, to_y
    head = " ".join(
        f"{x:.1f},{y:.1f}" for x, y in [(x1, y1), *((x1 + side * HEAD / 2, y1 - HEAD) for side in (1, -1))]
    )
    return (
        f'<path d="{" ".join(drawn)}" fill="none" stroke="#999" stroke-width="1"/>'
        f'<polygon points="{head}" fill="#999"/>'
    )


def _box(node, at):
    x, y, w = at
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{w:.0f}" height="{HEIGHT}" rx="5" fill="{FILL[node["kind"]]}" '
        f'stroke="#666"/><text x="{x + 6:.0f}" y="{y + 15:.0f}">{escape(node["op"])}</text>'
        f'<text x="{x + 6:.0f}" y="{y + 29:.0f}" fill="#555">{escape(node["shape"])}</text>'
    )
