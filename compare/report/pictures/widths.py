"""Times over widths, from the plain JSON form."""

from ...common.results import number
from . import INK, Picture, colour, drawing, figure, seconds, strokes


def widths(found: dict) -> Picture:
    """Draw the seconds of a step over hidden width, log-log, with intervals, fitted lines and where two are equal."""
    with drawing():
        drawn = figure(4.4)
        axes = drawn.subplots()
        for contender, (_, dash) in zip(found["contenders"], strokes(), strict=False):
            _one(axes, contender, dash)
        for crossing in found["crossings"]:
            if crossing["width"]:
                at = number(crossing["width"]["median"])
                axes.axvline(at, color=INK, linewidth=0.8, linestyle=":")
                said = f" {crossing['static']} = {crossing['dynamic']} at {at:,.0f}"
                where = {"rotation": 90, "fontsize": 8, "va": "bottom", "ha": "right"}
                axes.text(at, 0.02, said, transform=axes.get_xaxis_transform(), **where)
        axes.set_xscale("log", base=2)
        axes.set_xticks(found["widths"], [str(w) for w in found["widths"]])
        axes.set_xticks([], minor=True)
        seconds(axes.yaxis, subs=(1, 2, 5))
        axes.grid(color=INK, alpha=0.12, linewidth=0.6)
        axes.set(xlabel="width of the hidden layers", title="one step")
        drawn.legend(loc="outside lower center", ncols=3)
    return Picture("widths", drawn, "Time of one training step over the width of the hidden layers")


def _one(axes, contender, dash):
    shade = colour(contender["name"].split(".")[0])
    at = [t["width"] for t in contender["times"]]
    medians = [number(t["step_s"]["median"]) for t in contender["times"]]
    low = [m - number(t["step_s"]["low"]) for m, t in zip(medians, contender["times"], strict=True)]
    high = [number(t["step_s"]["high"]) - m for m, t in zip(medians, contender["times"], strict=True)]
    axes.errorbar(at, medians, yerr=[low, high], fmt="o", color=shade, markersize=4, capsize=3)
    overhead, rate = (number(contender[key]["median"]) for key in ("overhead_s", "flops_per_s"))
    line = [overhead + t["flops"] / rate for t in contender["times"]]
    axes.plot(at, line, dash, color=shade, linewidth=1.3, label=contender["name"])
