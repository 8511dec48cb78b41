"""Pictures of results, drawn from the plain JSON form: for a page, and as files for slides and papers.

Colour-blind readers can tell the colours apart (Okabe and Ito 2008); line styles, marks and labels do without
colours. Inside a page colours follow its light or dark scheme.
"""

import html
import io
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ...common.errors import UserError
from ...common.results import number
from ..wording import duration

INK, SOFT, PAPER = "#1b1f24", "#565d66", "#fdfdfb"
COLOURS = {"hand": "#d55e00", "torch": "#0072b2", "jax": "#009e73"}
SPARE = "#cc79a7"
# Six more that stay apart: parts of a stacked bar, settings of a sweep.
PARTS = ("#e69f00", "#56b4e9", "#00806a", "#c9a8d8", "#a3466f", "#8f959d")
FOLLOWING = {"ink": INK, "soft": SOFT, "paper": PAPER, "spare": SPARE} | COLOURS
WIDTH = 5.2  # inches: at 72 points an inch the text is readable on a phone without zooming
DPI = 220  # of a PNG: 1,100 pixels across

STYLE = {
    "font.size": 10,
    "font.family": "sans-serif",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "legend.fontsize": 9,
} | {key: INK for key in ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")}


class NoPicturesError(UserError):
    """matplotlib, or what it needs, is not installed."""


def later(picture: str, *arguments: Any) -> Callable[[], Any]:
    """Return a function that draws "module.function" of this package; only then is NumPy imported."""

    def draw() -> Any:
        module, function = picture.split(".")
        return getattr(import_module(f"{__name__}.{module}"), function)(*arguments)

    return draw


@dataclass(frozen=True)
class Picture:
    """A figure with its name (of a file, and of its ids in a page) and a description for readers who cannot see it."""

    name: str
    figure: Any
    description: str

    def svg(self) -> str:
        """Return the figure as an <svg> to inline: ids of its own, colours that follow the page, nothing fetched."""
        svg = self._saved(transparent=True)
        svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)  # its "*" would reach the whole page
        svg = re.sub(r'(<(?:g|image)\b[^>]*?) id="[^"]*"', r"\1", svg)  # nothing refers to these
        svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{self.name}-", svg)
        for key, fixed in FOLLOWING.items():
            svg = svg.replace(fixed, f"var(--{key}, {fixed})")
        root = f'<svg role="img" aria-label="{html.escape(self.description)}" stroke-linejoin="round" '
        return svg.replace("<svg ", root, 1)

    def svg_file(self) -> str:
        """Return the figure as the text of an .svg file, on white."""
        return self._saved(facecolor="white")

    def png_file(self) -> bytes:
        """Return the figure as the bytes of a .png file, on white."""
        out = io.BytesIO()
        with matplotlib().rc_context(STYLE):
            matplotlib().backends.backend_agg.FigureCanvasAgg(self.figure)
            self.figure.savefig(out, format="png", dpi=DPI, facecolor="white", metadata={"Software": None})
        return out.getvalue()

    def _saved(self, **how):
        out = io.StringIO()
        with matplotlib().rc_context(STYLE | {"svg.hashsalt": self.name}):
            matplotlib().backends.backend_svg.FigureCanvasSVG(self.figure)
            metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
            self.figure.savefig(out, format="svg", metadata=metadata, **how)
        svg = out.getvalue()
        return svg[svg.index("<svg") :]


def matplotlib() -> Any:
    """Return matplotlib with what the pictures use of it. Raises UserError where it is not installed."""
    try:
        import matplotlib
        import matplotlib.backends.backend_agg
        import matplotlib.backends.backend_svg
        import matplotlib.colors
        import matplotlib.figure
        import matplotlib.image
        import matplotlib.patches
        import matplotlib.ticker
    except ModuleNotFoundError as error:
        raise NoPicturesError(f"pictures need {error.name}: pip install matplotlib") from error
    return matplotlib


def figure(height: float, width: float = WIDTH) -> Any:
    """Return an empty figure; draw on it inside `drawing()`."""
    return matplotlib().figure.Figure(figsize=(width, height), layout="constrained")


def drawing() -> Any:
    """Set the style of all pictures for the time of a `with`: no setting of matplotlib is changed for good."""
    return matplotlib().rc_context(STYLE)


def colour(framework: str | None) -> str:
    """Return the colour of "hand", "torch" or "jax" in every picture."""
    return COLOURS.get({"numpy": "hand", "manual": "hand"}.get(framework or "", framework or ""), SPARE)


def strokes() -> Iterator[tuple[float, str]]:
    """Yield line widths and dashes, one pair for each curve: where curves lie on each other, all stay visible."""
    widths = itertools.chain((4.5, 2.2), itertools.repeat(1.2))
    return zip(widths, itertools.chain(("-", "--", ":"), itertools.cycle(("-.", "--", ":"))), strict=False)


def label(contender: dict) -> str:
    """Return the name of a curve: "by hand" for the hand-written one."""
    return {"hand": "by hand"}.get(contender["name"], contender["name"])


def in_rows(axes: Any, names: Sequence[str]) -> None:
    """Make one row for each name, the first on top, without a line at the side."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", color=SOFT)
    axes.spines["left"].set_visible(False)


def with_interval(axes: Any, interval: dict, row: float, **how: Any) -> None:
    """Mark a median and the interval around it."""
    median, low, high = (number(interval[key]) for key in ("median", "low", "high"))
    axes.errorbar(median, row, xerr=[[max(median - low, 0)], [max(high - median, 0)]], fmt="o", **how)


def logarithmic(axis: Any, said: Callable[[float], str] | None = None, subs: Sequence[float] = (1,)) -> None:
    """Make a log axis with `said(value)` at its major ticks; by default 1e-3, 0.5, 20."""
    getattr(axis.axes, f"set_{axis.axis_name}scale")("log")
    ticker = matplotlib().ticker
    axis.set_major_locator(ticker.LogLocator(subs=subs))
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: (said or power)(value)))
    axis.set_minor_formatter(ticker.NullFormatter())


def seconds(axis: Any, subs: Sequence[float] = (1,)) -> None:
    """Make a log axis of times: 10 µs, 1 ms, ..."""
    logarithmic(axis, lambda value: re.sub(r"\.0+ ", " ", duration(value)), subs)


def power(value: float) -> str:
    """0.0002 -> '2e-4', 1000000 -> '1e6', 0.5 -> '0.5'"""
    return re.sub(r"e([+-])0*", lambda m: "e" + m[1].strip("+"), f"{value:.2g}" if value != 1000 else "1000")


def slug(text: str) -> str:
    """Return any text as part of an id or a file's name."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", str(text)).strip("-") or "x"
