"""The one door from a result to what a person sees: its text and its HTML."""

from . import notebook, summary
from .text import check, gradients


def text(data):
    """Return the text of a result in its plain form."""
    drawn = {"gradients": gradients.gradients, "check": check.check}
    return drawn.get(data["schema"].split("/")[1], summary.verdict)(data)


def html(data):
    """Return the HTML that a notebook's cell shows of a result in its plain form."""
    return notebook.shown(data)
