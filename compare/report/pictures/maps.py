"""Prepare the error maps of a page: pixels, a legend, and the numbers behind each block."""

from typing import Any

import numpy as np

from ...common.results import number
from ..wording import shape_of, tone
from . import power
from .heatmaps import UNITS, affordable, grids, image


def maps(verdicts: list[dict], who: dict[str, str]) -> dict[str, Any] | None:
    """Return {"shown", "legend", "data"} of the verdicts' grids, or None without any. who: names of the witnesses."""
    shown = affordable(grids(verdicts))
    by_name = {v["name"]: v for v in verdicts}
    if not shown:
        return None
    return {
        "shown": [_map(by_name[name], grid) for name, grid in shown.items()],
        "legend": _legend(),
        "data": {name: _data(by_name[name], grid, who) for name, grid in shown.items()},
    }


def _map(v, grid):
    """The same error in the colours of two schemes, and the caption above it."""
    return {
        "name": v["name"],
        "tone": tone(v["status"]),
        "shape": shape_of(v) or "",
        "rows": grid.shape[0],
        "columns": grid.shape[1],
        "light": image(grid, "light"),
        "dark": image(grid, "dark"),
        "most": "?" if v["ratio"] is None else power(number(v["ratio"])),
        "vector": len(grid) == 1,
    }


def _legend():
    """One pixel for each colour, and the units between them."""
    one_of_each = np.array([UNITS[:-1]], dtype=float) * 1.01
    scheme = {name: image(one_of_each, name) for name in ("light", "dark")}
    return scheme | {"ticks": [power(value) for value in UNITS[1:-1]]}


def _data(v, grid, who):
    """The array's shape, the grid, the worst entry and each witness's value there."""
    return {
        "shape": list(v.get("shape") or []),
        "worst": v["worst_index"],
        "values": [[who.get(name, name), _said(value)] for name, value in v["values"].items()],
        "error": _said(v["error"], ".1e"),
        "reason": v["reason"],
        "grid": [[_rounded(value) for value in row] for row in grid.tolist()],
    }


def _said(value, form=".15g"):
    return "-" if value is None else format(number(value), form)


def _rounded(value):
    """Three figures; whole numbers without a point, and what JSON has no number for as text."""
    return float(f"{value:.3g}") or 0 if np.isfinite(value) else str(value)
