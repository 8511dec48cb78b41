"""Two results in one picture: the steps of both, and the losses of both."""

import numpy as np

from ...common.results import number
from . import INK, Picture, colour, drawing, figure, label, logarithmic, seconds


def steps(a, b, names):
    """One step once warm of each contender that both have: a ring for the first result, a dot for the second."""
    theirs = {c["name"]: c for c in b if (c.get("steady_s") or {}).get("median") is not None}
    pairs = [
        (c, theirs[c["name"]]) for c in a if (c.get("steady_s") or {}).get("median") and c["name"] in theirs
    ]
    if not pairs:
        return None
    with drawing():
        drawn = figure(0.42 * len(pairs) + 1.2)
        axes = drawn.subplots()
        for row, pair in enumerate(pairs):
            shade = colour(pair[0].get("framework"))
            for contender, at, fill in zip(pair, (row - 0.14, row + 0.14), ("none", shade), strict=True):
                median, low, high = (number(contender["steady_s"][key]) for key in ("median", "low", "high"))
                spread = [[max(median - low, 0)], [max(high - median, 0)]]
                how = {"color": shade, "markerfacecolor": fill, "markersize": 6, "capsize": 3}
                axes.errorbar(median, at, xerr=spread, fmt="o", **how)
        axes.set_yticks(range(len(pairs)), [c["name"] for c, _ in pairs])
        axes.set_ylim(len(pairs) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        seconds(axes.xaxis)
        axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.6)
        axes.set(title="one step once warm", xlabel=f"ring: {names[0]};  dot: {names[1]}")
    return Picture("steps-compared", drawn, "Time of one training step of each contender in both results")


def losses(a, b, names):
    """The losses of the first contender that both trained; each result's own page has all of them."""
    theirs = {c["name"]: c for c in b if c.get("loss")}
    one = next((c for c in a if c.get("loss") and c["name"] in theirs), None)
    if one is None:
        return None
    with drawing():
        drawn = figure(3.0)
        axes = drawn.subplots()
        both = (
            (theirs[one["name"]], names[1], {"linewidth": 5, "alpha": 0.35}),
            (one, names[0], {"linewidth": 1.3}),
        )
        for contender, name, how in both:
            values = np.array([number(v) for v in contender["loss"]], dtype=float)
            shade = INK if contender is one else colour("torch")
            axes.plot(values, color=shade, label=name, **how)
        logarithmic(axes.yaxis, lambda value: f"{value:.3g}", (1, 2, 5))
        axes.set(title=f"loss, {label(one)}", xlabel="step")
        axes.legend(loc="best")
    return Picture("losses-compared", drawn, "Loss by training step of one contender in both results")
