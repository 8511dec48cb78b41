"""The network drawn: its units where the description has widths, else its arrays layer by layer."""

import itertools
import math
import re
import textwrap
from collections.abc import Sequence

import numpy as np

from . import INK, PAPER, SOFT, WIDTH, Picture, colour, drawing, figure, matplotlib
from .transformer import transformer

MOST_UNITS = 7  # circles of one layer; more are dots
MOST_LAYERS = 6  # next to each other on a phone
LETTERS = 48  # in a line of a box


def layers(description: str) -> tuple[tuple[int, ...], tuple[str, ...], tuple[str, ...]] | None:
    """'64-30-10, sigmoid, softmax, cross_entropy' -> ((64, 30, 10), ("sigmoid", "softmax"), rest); None for others."""
    first, *rest = [piece.strip() for piece in description.split(",")]
    if not re.fullmatch(r"\d+(-\d+)+", first):
        return None
    sizes = tuple(int(size) for size in first.split("-"))
    depth = len(sizes) - 1
    return sizes, tuple(rest[:depth]), tuple(rest[depth:])


def network(description: str | None, parameters: dict[str, Sequence[int]] | None = None) -> Picture | None:
    """Draw a network: units and layers where its description has widths, else its arrays layer by layer.

    parameters: {name: shape}, in the order of the forward pass. None where neither says enough.
    """
    drawn = transformer(description or "")
    if drawn is not None:
        return drawn
    found = layers(description or "")
    if found and len(found[0]) <= MOST_LAYERS and len(found[1]) in (0, len(found[0]) - 1):
        return Picture("network", _units(*found), f"The network {description}")
    if not parameters:
        return None
    groups = grouped(parameters)
    said = "; ".join(f"{heading or 'then'}: {', '.join(lines)}" for heading, _, lines in groups)
    return Picture("network", _boxes(groups), f"The network's arrays, layer by layer: {said}")


def grouped(parameters: dict[str, Sequence[int]]) -> list[tuple[str, int, list[str]]]:
    """Return [(heading, how many numbers, ['W1, V1: 30 x 64', ...]), ...], equal layers in a row as one.

    A number at the end of a name is its layer's. Of arrays without one, a matrix after a vector begins a layer.
    """
    groups: list[dict] = []
    for name, shape in parameters.items():
        stem = name.rstrip("0123456789")
        number = name[len(stem) :]
        begins = not groups or number != groups[-1]["number"]
        if begins or (not number and len(shape) > 1 and any(len(s) < 2 for _, s in groups[-1]["arrays"])):
            groups.append({"number": number, "last": number, "arrays": []})
        groups[-1]["arrays"].append((stem, tuple(shape)))
    merged = groups[:1]
    for group in groups[1:]:
        if group["number"] and group["arrays"] == merged[-1]["arrays"]:
            merged[-1]["last"] = group["number"]
        else:
            merged.append(group)
    return [_said(group) for group in merged]


def _said(group):
    first, last, arrays = group["number"], group["last"], group["arrays"]
    by_shape: dict[tuple, list[str]] = {}
    for stem, shape in arrays:
        by_shape.setdefault(shape, []).append(stem + (first if first == last else ""))
    lines = [
        f"{', '.join(names)}: {' × '.join(map(str, shape)) or 'scalar'}" for shape, names in by_shape.items()
    ]
    heading = "" if not first else f"layer {first}" if first == last else f"layers {first} to {last}"
    return heading, sum(math.prod(shape) for _, shape in arrays), lines


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
            said = ("input", *(activations or [""] * len(sizes)))[layer].replace("_", " ")
            axes.text(x, lowest - 0.4, f"{sizes[layer]:,}", ha="center", va="top", fontweight="bold")
            axes.text(x, lowest - 0.85, said, ha="center", va="top", color=SOFT, fontsize=10.5)
        if rest:
            _criterion(axes, len(sizes) - 1, rest[0])
        axes.set_xlim(-0.35, len(sizes) - 1 + (0.95 if rest else 0.35))
        axes.set_ylim(lowest - 1.35, -lowest + 0.35)
    return drawn


def _criterion(axes, x, said):
    how = {"arrowstyle": "-|>", "color": INK, "linewidth": 1}
    axes.annotate("", xy=(x + 0.42, 0), xytext=(x + 0.14, 0), arrowprops=how)
    axes.text(x + 0.46, 0, "\n".join(textwrap.wrap(said.replace("_", " "), 10)), va="center", fontsize=10.5)


def _column(layer, size):
    """(x, ys) of a layer's circles; a gap in the middle where not all units are drawn."""
    if size <= MOST_UNITS:
        return layer, list((np.arange(size) - (size - 1) / 2) * min(0.55, 3.2 / max(size - 1, 1)))
    half = np.array([0.5, 1.0, 1.5])
    return layer, [*-half[::-1], *half]


def _boxes(groups):
    """One box below the other, with an arrow between."""
    texts = [[part for line in lines for part in _wrapped(line)] for _, _, lines in groups]
    heights = [0.17 * max(len(text), 2) + 0.2 for text in texts]
    with drawing():
        drawn = figure(sum(heights) + 0.24 * len(groups), WIDTH)
        axes = _bare(drawn)
        top = 0.0
        for k, ((heading, count, _), text, height) in enumerate(zip(groups, texts, heights, strict=True)):
            box = {"boxstyle": "round,pad=0,rounding_size=0.07", "linewidth": 1.3, "facecolor": "none"}
            inner = 0 < k < len(groups) - 1
            place = (0.05, top - height)
            axes.add_patch(
                matplotlib().patches.FancyBboxPatch(
                    place, WIDTH - 0.1, height, edgecolor=colour("torch") if inner else SOFT, **box
                )
            )
            size = f"{count:,} {'each' if ' to ' in heading else 'numbers'}"
            names = f"{heading}\n{size}" if heading else size
            axes.text(
                0.18, top - height / 2, names, va="center", fontsize=9, fontweight="bold" if heading else None
            )
            axes.text(1.65, top - height / 2, "\n".join(text), va="center", fontsize=9)
            if k + 1 < len(groups):
                how = {"arrowstyle": "-|>", "color": INK, "linewidth": 1, "shrinkA": 0, "shrinkB": 0}
                ends = {"xytext": (WIDTH / 2, top - height), "xy": (WIDTH / 2, top - height - 0.22)}
                axes.annotate("", arrowprops=how, **ends)
            top -= height + 0.22
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(top + 0.2, 0.02)
    return drawn


def _wrapped(text):
    return textwrap.wrap(text, LETTERS, subsequent_indent="    ") or [" "]


def _bare(drawn):
    axes = drawn.subplots()
    axes.set_axis_off()
    return axes
