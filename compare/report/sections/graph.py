"""The graphs: drawn, counted, and in their own words."""

import html
import re

from ...graphs.svg import svg
from ..blocks import Column, Graph, Notes, Table
from ..pictures import slug

HEADING = "The graphs"
MOST = 250  # nodes of a drawing: more would be a wall


def blocks(data):
    """A table of the operations before and after, and each stage."""
    found = [Notes(data.get("warnings") or [], warning=True), _counts(data["stages"])]
    for stage in data["stages"]:
        title = f"{stage['name']} ({stage['kind']} graph), {stage['operations']} operations"
        if len(stage["nodes"]) <= MOST:
            name = f"graph-{slug(stage['name'])}"
            found.append(Graph(name, following(svg(stage, title), name, title), title, stage["says"], stage["text"]))
        else:
            found.append(Notes([f"{title}: too large to be drawn; {stage['says']}."]))
    return found


def following(drawn, name, label):
    """A drawn graph to inline: named for who cannot see it, ids of its own, colours that follow the page."""
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<!--.*?-->|<title>.*?</title>", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r'\sid="[^"]*"', "", drawn)  # nothing refers to them
    colours = {"#dbe9f6": "--input", "#f6dbdb": "--output", "#f4f4f4": "--raised", "#666": "--soft", "#999": "--soft"}
    for fixed, variable in colours.items():
        drawn = drawn.replace(f'"{fixed}"', f'"var({variable})"')
    drawn = drawn.replace('"black"', '"var(--ink)"').replace('"white"', '"none"').replace('"#555"', '"var(--soft)"')
    drawn = drawn.replace("<text ", '<text fill="var(--ink)" ') if 'fill="var(--ink)"' not in drawn else drawn
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{html.escape(label)}" id="{name}" ', 1)


def _counts(stages):
    operations = dict.fromkeys(op for stage in stages for op in stage["counts"])
    columns = [Column("operation", numeric=False), *(Column(stage["name"]) for stage in stages)]
    rows = [[op, *(stage["counts"].get(op, 0) for stage in stages)] for op in operations]
    rows.append(["all", *(stage["operations"] for stage in stages)])
    return Table("operations", "Operations by kind", columns, rows)
