"""A transformer drawn: one block with attention and two residual connections, and the parts before and after it."""

import re
from typing import NamedTuple

from . import INK, PAPER, SOFT, WIDTH, Picture, colour, drawing, figure, matplotlib

SAID = re.compile(
    r"(?P<variant>gpt2|modern), (?P<layers>\d+) layers? of (?P<heads>\d+) heads?, width (?P<width>\d+), "
    r"hidden (?P<hidden>\d+), (?P<tokens>\d+) tokens, context (?P<context>\d+)"
)
NORMS = {"gpt2": "layer norm", "modern": "RMS norm"}
POSITIONS = {"gpt2": "+ learned positions", "modern": "positions: rotary, in the attention"}
FEED = {"gpt2": "gelu", "modern": "SwiGLU"}
X, HALF, STEP, HIGH = 2.35, 1.3, 0.46, 0.3  # the column's middle, half a box, from box to box, a box
APART, LAST = 0.12, 7  # more above and below the block, whose last node this is


class _Node(NamedTuple):
    """A box of the column; `plus`: a sum with what the residual connection brings."""

    text: str
    shade: str = SOFT
    plus: bool = False


def transformer(description: str) -> Picture | None:
    """Draw a transformer of these words, as the catalogue says them; None for another network."""
    found = SAID.match(description)
    if not found:
        return None
    f = found.groupdict()
    norm, width = NORMS[f["variant"]], f["width"]
    size = int(width) // int(f["heads"])
    nodes = [
        _Node(f"tokens, at most {f['context']}"),
        _Node(f"embedding {f['tokens']} × {width}  {POSITIONS[f['variant']]}"),
        _Node(norm),
        _Node(f"attention: {f['heads']} × softmax(Q Kᵀ / √{size}) V, masked", colour("torch")),
        _Node("+", plus=True),
        _Node(norm),
        _Node(f"feed-forward {width} → {f['hidden']} → {width}, {FEED[f['variant']]}", colour("torch")),
        _Node("+", plus=True),
        _Node(norm),
        _Node(f"output {width} → {f['tokens']}"),
        _Node("softmax, cross-entropy of the next token", colour("hand")),
    ]
    said = (
        f"The network {description}: in each of {f['layers']} layers the input of the attention, and then that of the "
        "feed-forward network, is added to its output"
    )
    return Picture("network", _drawn(nodes, int(f["layers"])), said)


def _drawn(nodes, layers):
    with drawing():
        drawn = figure(STEP * len(nodes) + 2 * APART + 0.25, WIDTH)
        axes = drawn.subplots()
        axes.set_axis_off()
        ys = [-STEP * k - APART * ((k > 1) + (k > LAST)) for k in range(len(nodes))]
        _frame(axes, ys, layers)
        for k, (node, y) in enumerate(zip(nodes, ys, strict=True)):
            _box(axes, node, y)
            if k:
                _arrow(axes, ys[k - 1] - _low(nodes[k - 1]), y + _low(node))
        for start, end in ((1, 4), (4, 7)):  # from above the norm to the sum
            _residual(axes, ys[start + 1] + _low(nodes[start + 1]) + 0.11, ys[end])
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(ys[-1] - 0.3, 0.25)
    return drawn


def _low(node):
    return 0.1 if node.plus else HIGH / 2


def _box(axes, node, y):
    patches = matplotlib().patches
    if node.plus:
        axes.add_patch(patches.Circle((X, y), 0.1, facecolor=PAPER, edgecolor=INK, linewidth=1, zorder=3))
        axes.text(X, y, "+", ha="center", va="center_baseline", fontsize=9, zorder=4)
        return
    wide = max(HALF, 0.042 * len(node.text) + 0.1)
    box = {"boxstyle": "round,pad=0,rounding_size=0.06", "linewidth": 1.3, "facecolor": PAPER}
    place = (X - wide, y - HIGH / 2)
    axes.add_patch(patches.FancyBboxPatch(place, 2 * wide, HIGH, edgecolor=node.shade, zorder=3, **box))
    axes.text(X, y, node.text, ha="center", va="center", fontsize=10, zorder=4)


def _arrow(axes, y0, y1):
    how = {"arrowstyle": "-|>", "color": INK, "linewidth": 1, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=(X, y1), xytext=(X, y0), arrowprops=how, zorder=2)


def _residual(axes, y0, y1):
    """The way around: from the stream, along the right side, into the sum."""
    right = X + 2.15
    axes.plot([X, right, right], [y0, y0, y1], color=INK, linewidth=1, zorder=2, solid_joinstyle="round")
    how = {"arrowstyle": "-|>", "color": INK, "linewidth": 1, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=(X + 0.1, y1), xytext=(right, y1), arrowprops=how, zorder=2)
    axes.text(right + 0.07, (y0 + y1) / 2, "residual", rotation=90, va="center", fontsize=9, color=SOFT)


def _frame(axes, ys, layers):
    """The frame of the block, and how often it comes."""
    top, low = ys[1] - HIGH / 2 - 0.07, ys[LAST] - 0.2
    box = {"boxstyle": "round,pad=0,rounding_size=0.08", "linewidth": 1, "facecolor": "none"}
    patches = matplotlib().patches
    frame = patches.FancyBboxPatch(
        (0.02, low), WIDTH - 0.45, top - low, edgecolor=SOFT, linestyle=(0, (4, 3)), zorder=1, **box
    )
    axes.add_patch(frame)
    axes.text(WIDTH - 0.36, (top + low) / 2, f"× {layers}", fontsize=11, fontweight="bold", va="center")
