"""Draw the distance of each array from its witness, block by block, on one fixed scale of rounding units."""

import base64
import io
import itertools
from collections.abc import Iterable

import numpy as np

from ...common.blocks import GRID
from ...common.results import number
from . import SPARE, WIDTH, Picture, drawing, figure, matplotlib, power

UNITS = (0, 0.1, 1, 10, 1e3, 1e6, 1e9, 1e12)
# Blue is rounding (up to 10 units), orange is not; lightness alone tells them apart, too.
LIGHT = ("#e3eef8", "#b5d3ea", "#6ba6d3", "#fdd49e", "#fc8d3c", "#d94801", "#7f2704")
DARK = ("#16293a", "#1f4566", "#3a7cb0", "#b98038", "#f08a3c", "#ff9f6e", "#ffd9c2")
CELLS = 400_000  # of all maps of a page: with more, blocks are made larger, so that it stays small
SHOWN = 24  # maps in one picture
NOTHING = {"light": SPARE, "dark": "#e39cc3"}  # nan and inf


def grids(verdicts: Iterable[dict]) -> dict[str, np.ndarray]:
    """Return {name: the grid as an array (rows, columns) of rounding units}, of the verdicts that have one."""
    found = {v["name"]: v.get("grid") for v in verdicts}
    return {
        name: np.atleast_2d(np.array([[number(x) for x in row] for row in grid], dtype=float))
        for name, grid in found.items()
        if grid
    }


def affordable(shown: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the grids in blocks so much larger that there are at most CELLS of them in all.

    Sides are cut at powers of two, GRID being one: a block of blocks is what the array itself would be cut into.
    """
    most = GRID
    while sum(grid.size for grid in shown.values()) > CELLS and most > 4:
        most //= 2
        shown = {name: block_maximum(grid, most) for name, grid in shown.items()}
    return shown


def block_maximum(table: np.ndarray, most: int = GRID) -> np.ndarray:
    """Return the maximum over blocks of a table, so that no side exceeds `most`."""
    for axis in (0, 1):
        edges = np.linspace(0, table.shape[axis], min(table.shape[axis], most) + 1).astype(int)[:-1]
        table = np.maximum.reduceat(table, edges, axis=axis)
    return table


def image(units: np.ndarray, scheme: str = "light") -> str:
    """Return a grid as a data: URI of a PNG with one pixel a block."""
    out = io.BytesIO()
    colours, norm = _scale(LIGHT if scheme == "light" else DARK, NOTHING[scheme])
    pixels = colours(norm(_shown(units)))
    matplotlib().image.imsave(out, pixels, format="png", metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def heatmaps(verdicts: Iterable[dict]) -> Picture | None:
    """Draw the grids in one picture, the SHOWN with the largest errors where there are more; None without any."""
    shown = grids(verdicts)
    if not shown:
        return None
    kept = sorted(shown, key=lambda name: -np.nan_to_num(shown[name], nan=np.inf).max())[:SHOWN]
    shown = {name: grid for name, grid in shown.items() if name in kept}
    matrices = _pairs([name for name, grid in shown.items() if len(grid) > 1])
    vectors = _pairs([name for name, grid in shown.items() if len(grid) == 1])
    heights = [1.15] * len(matrices) + [0.22] * len(vectors)
    with drawing():
        drawn = figure(sum(heights) + 0.3 * len(heights) + 0.85, WIDTH)
        panels = drawn.subplots(len(heights), 2, height_ratios=heights, squeeze=False)
        for row, pair in zip(panels, matrices + vectors, strict=True):
            for axes, name in itertools.zip_longest(row, pair):
                if name is None:
                    axes.set_axis_off()
                else:
                    mappable = _heatmap(axes, name, shown[name])
        bar = drawn.colorbar(mappable, ax=panels, location="bottom", aspect=45, ticks=UNITS[1:-1])
        bar.ax.set_xticklabels([power(value) for value in UNITS[1:-1]])
        bar.set_label("difference in rounding units; up to 10 is rounding")
        bar.outline.set_visible(False)
    return Picture(
        "heatmaps", drawn, f"Difference in each entry of {', '.join(shown)}; the table has the largest"
    )


def _heatmap(axes, name, units):
    axes.set(title=f"{name}: at most {power(np.max(units))}", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    colours, norm = _scale(LIGHT, SPARE)
    return axes.imshow(_shown(units), cmap=colours, norm=norm, aspect="auto", interpolation="nearest")


def _scale(palette, bad):
    colors = matplotlib().colors
    return colors.ListedColormap(palette, bad=bad), colors.BoundaryNorm(UNITS, len(palette))


def _shown(units):
    return np.ma.masked_invalid(units).clip(0, 1e11)


def _pairs(names):
    return [names[i : i + 2] for i in range(0, len(names), 2)]
