"""Training curves: the loss by step, and how far each contender is from the first, within the envelope."""

import itertools

import numpy as np

from ...common.results import number
from . import INK, Picture, colour, drawing, figure, label, logarithmic, power, strokes

POINTS = 400  # marks of one series: more would only make the page heavy


def curves(
    contenders: list[dict], envelope: dict | None = None, first_divergence: int | None = None
) -> Picture:
    """Draw the loss by step, and below it how far each is from the first, relatively; both on a log scale."""
    series = [(c, _values(c["loss"])) for c in contenders if c.get("loss")]
    with drawing():
        drawn = figure(4.6)
        above, below = drawn.subplots(2, sharex=True, height_ratios=(3, 2))
        for (contender, loss), (width, dash) in zip(series, strokes(), strict=False):
            how = {"color": colour(contender.get("framework")), "linewidth": width, "linestyle": dash}
            above.plot(np.arange(len(loss)), loss, label=label(contender), **how)
        if series:
            above.legend(loc="upper right")
            _differences(below, series, envelope)
        for axes, subs in ((above, (1, 2, 5)), (below, (1,))):
            logarithmic(axes.yaxis, _tick, subs)
            if first_divergence is not None:
                axes.axvline(first_divergence, color=INK, linewidth=0.8, linestyle=":")
        if first_divergence is not None:
            # At the dotted line, in the panel where the parting shows.
            at = (first_divergence, 0.96)
            below.annotate(
                f" parts at step {first_divergence}",
                at,
                xycoords=below.get_xaxis_transform(),
                va="top",
                fontsize=9,
            )
        above.set(title="loss")
        first = f" ({label(series[0][0])})" if series else ""
        shaded = "   (shaded: the envelope of rounding)" if envelope else ""
        below.set(xlabel=f"step{shaded}", title=f"relative difference from the first{first}")
    return Picture("curves", drawn, "Loss of each contender by training step, and their relative difference")


def _tick(value):
    return f"{value:.3g}" if 1e-2 <= value < 1e4 else power(value)


def _values(losses):
    return np.array([number(v) for v in losses], dtype=float)


def _differences(axes, series, envelope):
    first = series[0][1]
    largest, smallest = 0.0, 1.0
    for (contender, loss), mark in zip(series[1:], itertools.cycle("o^s")):
        steps = min(len(first), len(loss))
        with np.errstate(invalid="ignore"):
            difference = np.abs(loss[:steps] - first[:steps]) / np.maximum(np.abs(first[:steps]), 1e-300)
        # Equal to the last bit has no place on a log scale: no mark there, not a drop to the bottom.
        shown = np.where(np.isfinite(difference) & (difference > 0), difference, np.nan)
        at, kept = _thinned(shown)
        axes.plot(at, kept, mark, color=colour(contender.get("framework")), markersize=2.5)
        if np.isfinite(shown).any():
            largest, smallest = max(largest, np.nanmax(shown)), min(smallest, np.nanmin(shown))
    bound = envelope.get("loss") if isinstance(envelope, dict) else envelope
    if bound:
        bound = _values(bound)[: len(first)]
        # The envelope bounds the loss's own difference; what is drawn is relative.
        bound = bound / np.maximum(np.abs(first[: len(bound)]), 1e-300)
        axes.fill_between(np.arange(len(bound)), 1e-300, bound, color=INK, alpha=0.12, linewidth=0)
        finite = bound[np.isfinite(bound)]
        largest = max(largest, finite.max(initial=0.0))
    if largest > 0:
        low, high = np.floor(np.log10(smallest)), np.ceil(np.log10(largest) + 0.1)
        axes.set_ylim(*10.0 ** np.array([min(low, high - 1), high]))
    else:
        axes.set_ylim(1e-18, 1e-12)
        said = "equal to the last bit at every step"
        axes.text(0.5, 0.5, said, transform=axes.transAxes, ha="center", va="center")


def _thinned(values):
    """(steps, values): the largest of each stretch, where there are more than POINTS."""
    if len(values) <= POINTS:
        return np.arange(len(values)), values
    stretches = np.array_split(np.arange(len(values)), POINTS)
    at = [s[np.argmax(np.nan_to_num(values[s], nan=-1.0))] for s in stretches]
    return np.array(at), values[at]
