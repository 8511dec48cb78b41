"""The network drawn from its description: units and layers where it has widths, else its parts one after another."""

import itertools
import re
import textwrap

import numpy as np
from matplotlib.patches import FancyBboxPatch

from . import INK, PAPER, SOFT, Picture, colour, drawing, figure

MOST_UNITS = 7  # circles of one layer; more are dots
MOST_LAYERS = 6  # beside each other on a phone
ACROSS = 3  # boxes in a row
LETTERS = 19  # in a line of a box


def layers(description):
    """'64-30-10, sigmoid, softmax, cross_entropy' -> ((64, 30, 10), ("sigmoid", "softmax"), rest); None for others."""
    first, *rest = _pieces(description)
    if not re.fullmatch(r"\d+(-\d+)+", first):
        return None
    sizes = tuple(int(size) for size in first.split("-"))
    depth = len(sizes) - 1
    return sizes, tuple(rest[:depth]), tuple(rest[depth:])


def network(description):
    """The Picture of a network; None where there is no description."""
    if not description:
        return None
    found = layers(description)
    if found and len(found[0]) <= MOST_LAYERS and len(found[1]) == len(found[0]) - 1:
        drawn = _units(*found)
    else:
        drawn = _boxes(_pieces(description))
    return Picture("network", drawn, f"The network {description}")


def _pieces(description):
    """At the commas, but not at those within brackets."""
    return [piece.strip() for piece in re.split(r",\s*(?![^(\[]*[)\]])", description)]


def _units(sizes, activations, rest):
    with drawing():
        drawn = figure(2.4)
        axes = _bare(drawn)
        places = [_column(layer, size) for layer, size in enumerate(sizes)]
        for below, above in itertools.pairwise(places):
            ends = [((below[0], above[0]), (y0, y1)) for y0 in below[1] for y1 in above[1]]
            for xs, ys in ends:
                axes.plot(xs, ys, color=SOFT, alpha=0.35, linewidth=0.6, zorder=1)
        lowest = min(min(ys) for _, ys in places)
        for layer, (x, ys) in enumerate(places):
            shade = SOFT if layer == 0 else colour("hand") if layer == len(sizes) - 1 else colour("torch")
            axes.scatter([x] * len(ys), ys, s=110, color=PAPER, edgecolor=shade, linewidth=1.8, zorder=2)
            if sizes[layer] > MOST_UNITS:
                axes.plot([x] * 3, (-0.16, 0.0, 0.16), ".", color=shade, markersize=3, zorder=3)
            said = "input" if layer == 0 else activations[layer - 1].replace("_", " ")
            axes.text(x, lowest - 0.4, f"{sizes[layer]:,}", ha="center", va="top", fontweight="bold")
            axes.text(x, lowest - 0.85, said, ha="center", va="top", color=SOFT, fontsize=9)
        if rest:
            _criterion(axes, len(sizes) - 1, rest[0])
        axes.set_xlim(-0.35, len(sizes) - 1 + (0.95 if rest else 0.35))
        axes.set_ylim(lowest - 1.35, -lowest + 0.35)
    return drawn


def _criterion(axes, x, said):
    how = {"arrowstyle": "-|>", "color": INK, "linewidth": 1}
    axes.annotate("", xy=(x + 0.42, 0), xytext=(x + 0.14, 0), arrowprops=how)
    axes.text(x + 0.46, 0, "\n".join(textwrap.wrap(said.replace("_", " "), 10)), va="center", fontsize=9)


def _column(layer, size):
    """(x, ys) of a layer's circles; a gap in the middle where not all units are drawn."""
    if size <= MOST_UNITS:
        return layer, list((np.arange(size) - (size - 1) / 2) * min(0.55, 3.2 / max(size - 1, 1)))
    half = np.array([0.5, 1.0, 1.5])
    return layer, [*-half[::-1], *half]


def _boxes(pieces):
    wrapped = [_wrapped(piece.replace("_", " ")) for piece in pieces]
    tallest = max(text.count("\n") for text in wrapped) + 1
    rows = -(-len(pieces) // ACROSS)
    height = 0.3 + 0.17 * tallest
    with drawing():
        drawn = figure(rows * (height + 0.3) + 0.2)
        axes = _bare(drawn)
        for k, text in enumerate(wrapped):
            x, y = 1.72 * (k % ACROSS), -(k // ACROSS) * (height + 0.3)
            box = FancyBboxPatch(
                (x, y), 1.42, height, boxstyle="round,pad=0,rounding_size=0.08", linewidth=1.4,
                facecolor="none", edgecolor=colour("torch") if 0 < k < len(pieces) - 1 else SOFT,
            )  # fmt: skip
            axes.add_patch(box)
            axes.text(x + 0.71, y + height / 2, text, ha="center", va="center", fontsize=9)
            if k + 1 < len(pieces):
                _arrow(axes, x, y, height, last=k % ACROSS == ACROSS - 1)
        axes.set_xlim(-0.05, 1.72 * ACROSS - 0.15)
        axes.set_ylim(-(rows - 1) * (height + 0.3) - 0.1, height + 0.1)
        axes.set_aspect("equal")
    return drawn


def _arrow(axes, x, y, height, last):
    """To the box at the right; from the last of a row, down to the first of the next."""
    how = {"arrowstyle": "-|>", "color": INK, "linewidth": 1}
    if not last:
        start, end = (x + 1.42, y + height / 2), (x + 1.72, y + height / 2)
    else:
        axes.plot((x + 0.71, x + 0.71, 0.71), (y, y - 0.13, y - 0.13), color=INK, linewidth=1)
        start, end = (0.71, y - 0.12), (0.71, y - 0.3)
    axes.annotate("", xy=end, xytext=start, arrowprops=how | {"shrinkA": 0, "shrinkB": 0})


def _wrapped(text):
    return "\n".join(textwrap.wrap(text, LETTERS)) or " "


def _bare(drawn):
    axes = drawn.subplots()
    axes.set_axis_off()
    return axes
