"""The graphs: drawn, counted, and in their own words."""

from ..blocks import Column, Graph, Notes, Table
from ..pictures import slug
from ..pictures.graph import GraphPicture

HEADING = "The graphs"
MOST = 250  # nodes of a drawing: more would be a wall


def blocks(data):
    """Each stage, and a table of the operations before and after."""
    found = [Notes(data.get("warnings") or [], warning=True)]
    for stage in data["stages"]:
        title = f"{stage['name']} ({stage['kind']} graph), {stage['operations']} operations"
        if len(stage["nodes"]) <= MOST:
            picture = GraphPicture(f"graph-{slug(stage['name'])}", stage, title)
            found.append(Graph(picture, title, stage["says"], stage["text"]))
        else:
            found.append(Notes([f"{title}: too large to be drawn; {stage['says']}."]))
    return [*found, _counts(data["stages"])]


def _counts(stages):
    operations = dict.fromkeys(op for stage in stages for op in stage["counts"])
    columns = [Column("operation", numeric=False), *(Column(stage["name"]) for stage in stages)]
    rows = [[op, *(stage["counts"].get(op, 0) for stage in stages)] for op in operations]
    rows.append(["all", *(stage["operations"] for stage in stages)])
    return Table("operations", "Operations by kind", columns, rows)
