"""Times over widths as a picture, from the plain JSON form."""

from io import StringIO

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from ..results import number
from .wording import duration

COLOURS = {"numpy": "#7a7a7a", "torch": "#d9541a", "jax": "#1f6fb4"}
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "threeways", "font.family": "sans-serif", "font.size": 9}


def widths(found):
    """SVG text: seconds of a step over FLOPs, log-log, with intervals, fitted lines and where two are equal."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7, 4.2), layout="constrained")
        axes = figure.subplots()
        for contender in found["contenders"]:
            _one(axes, contender)
        for crossing in found["crossings"]:
            if crossing["width"]:
                at = number(crossing["width"]["median"])
                axes.axvline(at, color="#999", linewidth=0.8, linestyle=":")
                said = f"equal at width {at:.0f}"
                axes.text(at, 0.02, said, rotation=90, fontsize=7, transform=axes.get_xaxis_transform())
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_xticks(found["widths"], [str(w) for w in found["widths"]])
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: duration(value)))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.grid(alpha=0.2)
        axes.set(xlabel="width of the hidden layers", ylabel="one step")
        axes.legend(frameon=False, fontsize=8)
        out = StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Title": "Time of a step over widths"})
    return out.getvalue()


def _one(axes, contender):
    colour = COLOURS.get(contender["name"].split(".")[0], "#333")
    style = "-" if "." in contender["name"] else "--"
    at = [t["width"] for t in contender["times"]]
    medians = [number(t["step_s"]["median"]) for t in contender["times"]]
    low = [m - number(t["step_s"]["low"]) for m, t in zip(medians, contender["times"], strict=True)]
    high = [number(t["step_s"]["high"]) - m for m, t in zip(medians, contender["times"], strict=True)]
    axes.errorbar(at, medians, yerr=[low, high], fmt="o", color=colour, markersize=4, capsize=3)
    overhead, rate = (number(contender[key]["median"]) for key in ("overhead_s", "flops_per_s"))
    line = [overhead + t["flops"] / rate for t in contender["times"]]
    axes.plot(at, line, style, color=colour, linewidth=1.1, label=contender["name"])
