"""The graphs: drawn, counted, and in their own words."""

from operator import itemgetter

from ..blocks import Column, Graph, Headline, Notes, Table, words
from ..pictures import slug
from ..pictures.graph import GraphPicture

HEADING = "The graphs"
MOST = 250  # nodes of a drawing: more would be a wall


def verdict(data: dict) -> Headline:
    """Count the operations, before and after optimisation."""
    sizes = [stage["operations"] for stage in data["stages"]]
    said = f"One gradient of {data['network']} as {data['form']} ({data['framework']}): {sizes[0]} operations"
    return Headline(
        "done", "", f"{said} before optimisation, {sizes[-1]} after." if sizes[1:] else f"{said}."
    )


def blocks(data: dict, counts_only: bool = False) -> list:
    """Return each stage and a table of its operations; counts_only: without the graphs' text."""
    stages = [_stage(stage, counts_only) for stage in data["stages"]]
    return [Notes(data.get("warnings") or [], warning=True), *stages, _counts(data["stages"])]


def _stage(stage, counts_only):
    title = f"{stage['name']} ({stage['kind']} graph), {stage['operations']} operations"
    small = len(stage["nodes"]) <= MOST
    picture = GraphPicture(f"graph-{slug(stage['name'])}", stage, title) if small else None
    return Graph(picture, title, stage["says"], "" if counts_only else stage["text"])


def _counts(stages):
    operations = dict.fromkeys(op for stage in stages for op in stage["counts"])
    rows = [(op, *(stage["counts"].get(op, 0) for stage in stages)) for op in operations]
    rows.append(("all", *(stage["operations"] for stage in stages)))
    columns = [Column(stage["name"], itemgetter(k)) for k, stage in enumerate(stages, 1)]
    return Table("operations", "Operations by kind", [*words(operation=itemgetter(0)), *columns], rows)
