"""An exercise: each rule of the backward pass, with a hint where it is wrong; the answers stay in the JSON."""

from ..blocks import Column, Table

HEADING = "The rules"
TONES = {"right": "right", "wrong": "wrong", "raised": "wrong", "empty": "inconclusive"}


def blocks(data):
    """One row for each rule."""
    columns = [Column("rule", numeric=False), Column("status", numeric=False)]
    columns += [Column(name, lambda value: f"{value:g}") for name in ("points", "of")]
    columns += [Column("where", numeric=False), Column("hint", numeric=False)]
    rows = [
        [r["rule"], r["state"], r["points"], r["of"], r["place"] or None, r["hint"] or None]
        for r in data["rules"]
    ]
    tones = {k: TONES[r["state"]] for k, r in enumerate(data["rules"])}
    return [Table("rules", "Each rule on its own", columns, rows, tones)]
