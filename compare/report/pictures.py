"""Pictures of results, as SVG text: the error of each array, training curves, timings.

Each takes the plain JSON form. Colours tell contenders apart for colour-blind readers (Okabe and Ito
2008), line styles and labels do so without colours; in a page they follow its light or dark scheme.
"""

import html
import io
import itertools
import re

import matplotlib
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator

from ..results import number
from .summary import duration

INK = "#1b1f24"
COLOURS = {"hand": "#d55e00", "torch": "#0072b2", "jax": "#009e73"}
SPARE = "#cc79a7"
UNITS = (0, 0.1, 1, 10, 1e3, 1e6, 1e9, 1e12)
UNIT_COLOURS = ("#dbe9f6", "#9cc4e4", "#4a90c2", "#fdd49e", "#fc8d3c", "#d94801", "#7f2704")
WIDTH = 5.2  # inches: at 72 points an inch the text is readable on a phone without zooming

STYLE = {
    "font.size": 10,
    "font.family": "sans-serif",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "legend.frameon": False,
} | {key: INK for key in ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")}


def colour(framework):
    """The colour that stands for "hand", "torch" or "jax" in every picture."""
    return COLOURS.get({"numpy": "hand", "manual": "hand"}.get(framework, framework), SPARE)


def heatmaps(verdicts):
    """How far each array is from its witness, block by block, in rounding units; None without any grid.

    One fixed scale for all: blue is rounding (up to 10 units), orange is not, pink is nan or inf.
    """
    grids = {v["name"]: np.atleast_2d(np.array(_numbers(v["grid"]))) for v in verdicts if v.get("grid")}
    matrices, vectors = (
        _pairs([n for n, g in grids.items() if (len(g) > 1) is two]) for two in (True, False)
    )
    if not grids:
        return None
    heights = [1.15] * len(matrices) + [0.22] * len(vectors)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, sum(heights) + 0.3 * len(heights) + 0.85), layout="constrained")
        panels = figure.subplots(len(heights), 2, height_ratios=heights, squeeze=False)
        for row, pair in zip(panels, matrices + vectors, strict=True):
            for axes, name in itertools.zip_longest(row, pair):
                if name is None:
                    axes.set_axis_off()
                else:
                    image = _heatmap(axes, name, grids[name])
        bar = figure.colorbar(image, ax=panels, location="bottom", aspect=45, ticks=UNITS[1:-1])
        bar.ax.set_xticklabels([_power(value) for value in UNITS[1:-1]])
        bar.set_label("difference in rounding units; up to 10 is rounding")
        bar.outline.set_visible(False)
    return _svg(
        figure, "heatmaps", f"Difference in each entry of {', '.join(grids)}; the table has the largest"
    )


def _heatmap(axes, name, units):
    axes.set(title=f"{name}: at most {_power(np.max(units))}", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    colours = ListedColormap(UNIT_COLOURS, bad=SPARE)
    norm = BoundaryNorm(UNITS, len(UNIT_COLOURS))
    within = np.ma.masked_invalid(units)
    return axes.imshow(within.clip(0, 1e11), cmap=colours, norm=norm, aspect="auto", interpolation="nearest")


def _pairs(names):
    return [names[i : i + 2] for i in range(0, len(names), 2)]


def _numbers(rows):
    return [[number(value) for value in row] for row in rows]


def curves(contenders, envelope=None, first_divergence=None):
    """Loss by step, and below it how far each is from the first, relatively; both on a log scale."""
    series = [(c, np.array([number(v) for v in c["loss"]], dtype=float)) for c in contenders if c.get("loss")]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 4.6), layout="constrained")
        above, below = figure.subplots(2, sharex=True, height_ratios=(3, 2))
        widths = itertools.chain((4.5, 2.2), itertools.repeat(1.2))
        dashes = itertools.chain(("-", "--", ":"), itertools.repeat("-."))
        for (contender, loss), width, dash in zip(series, widths, dashes, strict=False):
            how = {"color": colour(contender.get("framework")), "linewidth": width, "linestyle": dash}
            above.plot(
                np.arange(len(loss)),
                loss,
                label=_label(contender),
                **how,
            )
        if series:
            _differences(below, series, envelope)
        for axes in (above, below):
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _power(value)))
            axes.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
            if isinstance(first_divergence, dict) and first_divergence.get("step") is not None:
                axes.axvline(first_divergence["step"], color=INK, linewidth=0.8, linestyle=":")
        above.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        above.set(title="loss")
        above.legend(loc="upper right")
        below.set(
            xlabel="step",
            title=f"relative difference from the first{f' ({_label(series[0][0])})' if series else ''}",
        )
    return _svg(figure, "curves", "Loss of each contender by training step, and their relative difference")


def _differences(axes, series, envelope):
    first = series[0][1]
    largest, smallest = 0.0, 1.0
    for (contender, loss), mark in zip(series[1:], itertools.cycle("o^s")):
        steps = min(len(first), len(loss))
        difference = np.abs(loss[:steps] - first[:steps]) / np.maximum(np.abs(first[:steps]), 1e-300)
        # Equal to the last bit has no place on a log scale: no mark there, not a drop to the bottom.
        shown = np.where(np.isfinite(difference) & (difference > 0), difference, np.nan)
        axes.plot(shown, mark, color=colour(contender.get("framework")), markersize=2)
        if np.isfinite(shown).any():
            largest, smallest = max(largest, np.nanmax(shown)), min(smallest, np.nanmin(shown))
    bound = envelope.get("loss") if isinstance(envelope, dict) else envelope
    if isinstance(bound, list) and bound:
        bound = np.array([number(v) for v in bound], dtype=float)
        axes.fill_between(np.arange(len(bound)), 1e-300, bound, color=INK, alpha=0.12, linewidth=0)
        largest = max(largest, bound.max())
    if largest > 0:
        axes.set_ylim(*10.0 ** np.array([np.floor(np.log10(smallest)), np.ceil(np.log10(largest) + 0.1)]))
    else:
        axes.set_ylim(1e-18, 1e-12)
        axes.text(
            0.5,
            0.5,
            "equal to the last bit at every step",
            transform=axes.transAxes,
            ha="center",
            va="center",
        )


def timing(contenders):
    """One step once warm (a dot with its interval) and the first call (a ring), by contender; log scale."""
    timed = [c for c in contenders if _median(c.get("steady_s")) is not None]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.38 * len(timed) + 1.0), layout="constrained")
        axes = figure.subplots()
        for row, contender in enumerate(timed):
            median, low, high = (number(contender["steady_s"][key]) for key in ("median", "low", "high"))
            first = (contender.get("ledger") or {}).get("first_s")
            shown = colour(contender.get("framework"))
            if first is not None:
                axes.plot((median, number(first)), (row, row), color=shown, linewidth=1.2, alpha=0.6)
                axes.plot(
                    number(first), row, "o", markerfacecolor="none", markeredgecolor=shown, markersize=7
                )
            spread = [[max(median - low, 0)], [max(high - median, 0)]]
            axes.errorbar(
                median, row, xerr=spread, fmt="o", color=shown, markersize=7, capsize=4, linewidth=2
            )
        axes.set_yticks(range(len(timed)), [c["name"] for c in timed])
        axes.set_ylim(len(timed) - 0.4, -0.6)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: duration(value)))
        axes.xaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.6)
        axes.set(xlabel="dot: one step once warm;  ring: the first call")
    return _svg(figure, "timing", "Time of one training step and of the first call, for each contender")


def _label(contender):
    return {"hand": "by hand"}.get(contender["name"], contender["name"])


def _median(interval):
    return interval.get("median") if isinstance(interval, dict) else None


def _power(value):
    """0.0002 -> '2e-4', 1000000 -> '1e6', 0.5 -> '0.5'"""
    return re.sub(r"e([+-])0*", lambda m: "e" + m[1].strip("+"), f"{value:.2g}" if value != 1000 else "1000")


def _svg(figure, name, description):
    """The figure as an <svg> to inline: ids of its own, colours that follow the page, nothing fetched."""
    out = io.StringIO()
    with matplotlib.rc_context(STYLE | {"svg.hashsalt": name}):
        FigureCanvasSVG(figure)
        metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(out, format="svg", transparent=True, metadata=metadata)
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)  # its "*" would reach the whole page
    svg = re.sub(r'(<(?:g|image)\b[^>]*?) id="[^"]*"', r"\1", svg)  # nothing refers to these
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    for key, fixed in {"ink": INK, "spare": SPARE}.items() | COLOURS.items():
        svg = svg.replace(fixed, f"var(--{key}, {fixed})")
    root = f'<svg role="img" aria-label="{html.escape(description)}" stroke-linejoin="round" '
    return svg.replace("<svg ", root, 1)
