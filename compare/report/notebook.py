"""What a notebook's cell shows of a result."""

from html import escape

from ..common.errors import UserError
from . import summary


def shown(data):
    """The sections of a result in its plain form as HTML; its sentence alone where matplotlib or jinja2 is missing."""
    try:
        from .html import fragment
    except UserError:
        return f"<p>{escape(summary.verdict(data))}</p>"
    return fragment(data)
