"""Gradients array by array: a table to sort, and a map of each array's error to look into."""

import numpy as np

from ...common.results import number
from ..blocks import Code, Column, Heatmaps, Notes, Table, figure
from ..pictures import heatmaps, power
from ..pictures.heatmaps import UNITS, affordable, grids, image
from ..text import check as check_text
from ..text import gradients as terminal

HEADINGS = {"gradients": "Gradients", "check": "Your derivation"}
NAMES = {"hand": "by hand", "manual": "hand-written rules"}
PASSES = ("agree", "kink", "convention", "dtype")


def blocks(data):
    """What was recognised and what is wrong, the maps, the table."""
    verdicts = data["verdicts"]
    found = [Notes(_notes(data)), Notes(data.get("warnings") or [], warning=True)]
    see = check_text.see(data) if (data.get("about") or {}).get("see") else []
    if see:
        found.append(Code("\n".join(line.strip() for line in see[1:]), "See for yourself, without us"))
    if verdicts:
        found.append(_table(data))
    if shown := affordable(grids(verdicts)):
        by_name = {v["name"]: v for v in verdicts}
        maps, cells = _maps(shown, by_name), _cells(shown, by_name)
        found.append(Heatmaps(maps, legend(), cells, lambda: heatmaps.heatmaps(verdicts)))
    return found


def _notes(data):
    lines = [f"Recognised: {data['recognised']}"] if data.get("recognised") else []
    lines += (data["diagnosis"] or "").splitlines()[1:]
    lines += check_text.differing(data) + terminal.outvoted(data)
    return lines + [
        f"{v['name']} ({v['status']}): {v['reason']}." for v in data["verdicts"] if v["status"] != "agree"
    ]


def _table(data):
    verdicts = data["verdicts"]
    witnesses = list(dict.fromkeys(name for v in verdicts for name in v["values"]))
    columns = [
        Column("array", numeric=False),
        Column("status", numeric=False),
        Column("rel. error", figure(".1e")),
        Column("units", power),
        Column("worst entry", numeric=False),
        *(Column(_who(name, data), figure(".10g")) for name in witnesses),
        Column("shape", numeric=False),
    ]
    rows = [
        [
            v["name"],
            v["status"],
            v["error"],
            None if v["ratio"] is None else number(v["ratio"]),
            _index(v["worst_index"]),
            *(v["values"].get(name) for name in witnesses),
            _shape(v),
        ]
        for v in verdicts
    ]
    tones = {k: tone(v["status"]) for k, v in enumerate(verdicts)}
    return Table(
        "gradients", "Each array's worst entry", columns, rows, tones, [v["reason"] for v in verdicts]
    )


def tone(status):
    """The colour of a verdict's status."""
    return "right" if status in PASSES else "inconclusive" if status == "inconclusive" else "wrong"


def _maps(shown, by_name):
    """What the page shows of each grid: the same error in the colours of two schemes, and what stands above it."""
    return [
        {
            "name": name,
            "tone": tone(by_name[name]["status"]),
            "shape": _shape(by_name[name]) or "",
            "rows": grid.shape[0],
            "columns": grid.shape[1],
            "light": image(grid, "light"),
            "dark": image(grid, "dark"),
            "most": "?" if by_name[name]["ratio"] is None else power(number(by_name[name]["ratio"])),
            "vector": len(grid) == 1,
        }
        for name, grid in shown.items()
    ]


def legend():
    """The scale: one pixel for each colour, and the units between them."""
    one_of_each = np.array([UNITS[:-1]], dtype=float) * 1.01
    scheme = {name: image(one_of_each, name) for name in ("light", "dark")}
    return scheme | {"ticks": [power(value) for value in UNITS[1:-1]]}


def _cells(shown, by_name):
    """What the page needs to say of a block: the array's shape, the grid, the worst entry and who has what there."""
    found = {}
    for name, grid in shown.items():
        v = by_name[name]
        found[name] = {
            "shape": list(v.get("shape") or []),
            "worst": v["worst_index"],
            "values": [[NAMES.get(who, who), _said(value)] for who, value in v["values"].items()],
            "error": _said(v["error"], ".1e"),
            "reason": v["reason"],
            "grid": [[_rounded(value) for value in row] for row in grid.tolist()],
        }
    return found


def _said(value, form=".15g"):
    return "-" if value is None else format(number(value), form)


def _rounded(value):
    """Three figures; whole numbers without a point, and what JSON has no number for as text."""
    return float(f"{value:.3g}") or 0 if np.isfinite(value) else str(value)


def _who(name, data):
    if name == "hand" and data["schema"].startswith("threeways/check"):
        return "yours"
    return NAMES.get(name, name)


def _shape(verdict):
    shape = verdict.get("shape")
    return None if shape is None else " × ".join(map(str, shape)) or "scalar"


def _index(index):
    return None if index is None else str(index).replace(" ", "")
