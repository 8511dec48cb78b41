"""The one door from a result to what a person sees: its text and its HTML."""

from html import escape
from typing import Any

from ..common.errors import UserError
from . import summary, terminal
from .kinds import kind, module


def text(data: dict, verbose: bool = False, **options: Any) -> str:
    """Return the text of a result in its plain form; options: those of its kind's `blocks`."""
    name = kind(data)
    blocks = summary.run(data) if name == "run" else module(name).blocks(data, **options)
    return terminal.text(summary.verdict(data), blocks, verbose)


def brief(data: dict) -> str:
    """Return the verdict of a result alone, in a few lines."""
    return "\n".join(terminal.headline(summary.verdict(data)))


def html(data: dict) -> str:
    """Return the HTML of a notebook's cell; the sentence alone where matplotlib or jinja2 is missing."""
    from . import html as pages

    try:
        return pages.fragment(data)
    except UserError:
        return f"<p>{escape(summary.verdict(data).sentence)}</p>"
