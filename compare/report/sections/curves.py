"""Training side by side: the losses, how far they are apart, and within what envelope."""

from ..blocks import Column, Drawn, Notes, Table, figure, percent
from ..pictures.curves import curves
from ..text.curves import published

HEADING = "Training curves"


def blocks(data):
    """The curves with their envelope, and a row for each contender."""
    there = [c for c in data["contenders"] if c.get("loss")]
    absent = [f"{c['name']}: {c['absent']}" for c in data["contenders"] if c.get("absent")]
    found = [Notes(absent, warning=True)]
    if there:
        picture = curves(data["contenders"], data.get("envelope"), data.get("first_divergence"))
        found += [Drawn(picture, _caption(data), _series(there, data.get("envelope"))), _table(there)]
    if data.get("published"):
        found.append(Notes([line for line in published(data) if line]))
    return found


def _caption(data):
    shaded = (
        " The shaded envelope is how far rounding alone may carry them; beyond it nothing but a difference in what "
        "is computed leads."
        if data.get("envelope")
        else ""
    )
    return (
        "Above, the loss at each step; where the lines lie on each other, only the dashes show all. Below, how far "
        f"each is from the first, relatively; no mark means equal to the last bit.{shaded}"
    )


def _series(there, envelope):
    series = {"step": list(range(max(len(c["loss"]) for c in there)))}
    series |= {f"loss, {c['name']}": c["loss"] for c in there}
    series |= {f"accuracy, {c['name']}": c["accuracy"] for c in there if c.get("accuracy")}
    return series | ({"envelope of the loss": envelope["loss"]} if envelope else {})


def _table(there):
    columns = [Column("contender", numeric=False), Column("steps")]
    columns += [Column("first loss", figure(".14g")), Column("last loss", figure(".14g"))]
    columns += [Column("test samples right", percent)]
    rows = [[c["name"], len(c["loss"]), c["loss"][0], c["loss"][-1], c.get("test_accuracy")] for c in there]
    return Table("curves", "Each contender's losses", columns, rows)
