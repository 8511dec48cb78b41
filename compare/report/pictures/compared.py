"""Two results in one picture: the steps of both, and the losses of both."""

from collections.abc import Sequence

import numpy as np

from ...common.results import number
from . import INK, Picture, colour, drawing, figure, in_rows, label, logarithmic, seconds, with_interval

# The first result and the second: apart without colour too.
TWO = (
    lambda: {"color": INK, "linewidth": 1.3},
    lambda: {"color": colour("torch"), "linewidth": 1.6, "linestyle": (0, (4, 2))},
)


def steps(a: list[dict], b: list[dict], names: Sequence[str]) -> Picture | None:
    """Draw a warm step of each contender that both have: a ring for the first result, a dot for the second."""
    one, other = ({c["name"]: c for c in found if c.get("steady_s")} for found in (a, b))
    pairs = [(one[name], other[name]) for name in one if name in other]
    if not pairs:
        return None
    with drawing():
        drawn = figure(0.42 * len(pairs) + 1.2)
        axes = drawn.subplots()
        for row, pair in enumerate(pairs):
            shade = colour(pair[0].get("framework"))
            for contender, at, fill in zip(pair, (row - 0.14, row + 0.14), ("none", shade), strict=True):
                how = {"color": shade, "markerfacecolor": fill, "markersize": 6, "capsize": 3}
                with_interval(axes, contender["steady_s"], at, **how)
        in_rows(axes, [c["name"] for c, _ in pairs])
        seconds(axes.xaxis)
        axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.6)
        axes.set(title="one step once warm", xlabel=f"ring: {names[0]};  dot: {names[1]}")
    return Picture("steps-compared", drawn, "Time of one training step of each contender in both results")


def losses(a: list[dict], b: list[dict], names: Sequence[str]) -> Picture | None:
    """Draw the losses of the first contender that both trained; each result's own page has all of them."""
    others = {c["name"]: c for c in b if c.get("loss")}
    one = next((c for c in a if c.get("loss") and c["name"] in others), None)
    if one is None:
        return None
    with drawing():
        drawn = figure(3.0)
        axes = drawn.subplots()
        both = (
            (others[one["name"]], names[1], {"linewidth": 5, "alpha": 0.35}),
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


def validation(a: list[dict], b: list[dict], names: Sequence[str]) -> Picture | None:
    """Draw the validation losses by epoch of two baselines over one another, each seed a line, by implementation."""
    both = list(
        dict.fromkeys(
            r["implementation"] for r in a if r["implementation"] in {q["implementation"] for q in b}
        )
    )
    if not both:
        return None
    with drawing():
        drawn = figure(2.2 * len(both) + 0.6)
        panels = drawn.subplots(len(both), sharex=True, squeeze=False)[:, 0]
        for axes, who in zip(panels, both, strict=True):
            for runs, name, how in zip((a, b), names, TWO, strict=True):
                own = [r for r in runs if r["implementation"] == who]
                for k, run in enumerate(own):
                    values = [number(e["validation_loss"]) for e in run["epochs"]]
                    axes.plot(range(1, len(values) + 1), values, label=name if not k else None, **how())
            axes.set(title=f"validation loss, {who}")
            logarithmic(axes.yaxis, lambda value: f"{value:.3g}", (1, 2, 5))
        panels[0].legend(loc="best")
        panels[-1].set(xlabel="epoch")
        panels[-1].xaxis.get_major_locator().set_params(integer=True)
    return Picture(
        "validation-compared", drawn, "Validation loss by epoch of both baselines, a line for each seed"
    )
