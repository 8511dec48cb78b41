"""A course: each submission's verdict and points, for the teacher."""

from ..blocks import Column, Notes, Table, figure

HEADING = "Submissions"
TONES = {"right": "right", "inconclusive": "inconclusive"}


def blocks(data):
    """One row for each submission, in the order of their names."""
    arrays = list(dict.fromkeys(name for s in data["submissions"] for name in s["arrays"]))
    columns = [Column("submission", numeric=False), Column("status", numeric=False)]
    columns += [Column(name, lambda value: f"{value:g}") for name in ("points", "of")]
    columns += [Column(name, numeric=False) for name in arrays]
    columns += [Column("seconds", figure(".1f")), Column("diagnosis", numeric=False)]
    rows = [
        [
            s["submission"],
            s["status"],
            s["points"],
            s["of"],
            *(s["arrays"].get(name) for name in arrays),
            s["seconds"],
            s["diagnosis"] or None,
        ]
        for s in data["submissions"]
    ]
    tones = {k: TONES.get(s["status"], "wrong") for k, s in enumerate(data["submissions"])}
    return [Notes(data["warnings"], warning=True), Table("grades", "Each submission", columns, rows, tones)]
