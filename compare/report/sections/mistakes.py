"""The bench of the checker: how many planted mistakes it finds, places and names, and how often it is wrong."""

from ..blocks import Column, Table

HEADING = "The bench"
OUTCOMES = ("cases", "found", "placed", "named")


def blocks(data):
    """By floating type, by mistake, and every case that was not as it should be."""
    columns = [Column("", numeric=False)]
    columns += [
        Column(name) for name in ("planted", *OUTCOMES[1:], "correct", "called wrong", "inconclusive")
    ]
    keys = (*OUTCOMES, "correct", "false_alarms", "inconclusive")
    rows = [[dtype, *(row[key] for key in keys)] for dtype, row in data["by_dtype"].items()]
    found = [Table("by-dtype", "By floating type", columns, rows)]
    if data["by_id"]:
        found.append(_by_id(data["by_id"]))
    if data["notable"]:
        columns = [Column(name, numeric=False) for name in ("case", "floating type", "verdict", "where")]
        found.append(Table("notable", "Cases to look at", columns, [_case(row) for row in data["notable"]]))
    return found


def _by_id(by_id):
    columns = [Column(name, numeric=False) for name in ("mistake", "floating type", "status")]
    columns += [Column(name) for name in ("planted", *OUTCOMES[1:])]
    each = [(id, dtype, r) for id, row in by_id.items() for dtype, r in row.items() if isinstance(r, dict)]
    weak = [min(r[key] for key in OUTCOMES[1:]) < r["cases"] for *_, r in each]
    rows = [
        [id, dtype, "not all" if less else "all", *(r[key] for key in OUTCOMES)]
        for (id, dtype, r), less in zip(each, weak, strict=True)
    ]
    tones = {k: "inconclusive" if less else "right" for k, less in enumerate(weak)}
    return Table("by-id", "By mistake", columns, rows, tones, keys=2)


def _case(row):
    where = ", ".join(
        f"{key} {row[key]}" for key in ("architecture", "draw", "network", "layers") if key in row
    )
    return [row.get("id") or row.get("kind"), row.get("dtype"), row.get("verdict"), where]
