"""One self-contained page from one result, or from two side by side: no network, nothing but the plain JSON form."""

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path

from ..common.errors import UserError
from ..common.results import check_writable, write_text
from . import summary

try:
    import jinja2
    from markupsafe import Markup

    from . import comparison, sections
    from .sections import environment
except ModuleNotFoundError as error:
    raise UserError(f"the page needs {error.name}: pip install matplotlib jinja2") from error

TEMPLATES = Path(__file__).parent / "templates"
BADGES = {
    "right": "✓ agreement",
    "wrong": "✗ disagreement",
    "inconclusive": "? not known",
    "done": "finished",
}


def write_page(path, data, force=False):
    """Write the page of a result in its plain form. Raises UserError where the file exists or cannot be written."""
    check_writable(path, force)
    write_text(path, render(data))


def render(data):
    """The page, as text, of any result of ours in its plain form, as `results.read_json` gives it.

    All text in `data` is escaped, and no script but the page's own may run. A part that is not there (stopped
    early, say) has no section. Raises UserError for a schema that has no page.
    """
    kind = summary.kind(data)
    return _page(
        f"threeways {kind}",
        summary.verdict(data),
        summary.status(data),
        [*_unrepeated(data), environment.section(data)],
        BADGES | ({"wrong": "✗ not yet"} if kind == "exercise" else {}),
    )


def render_comparison(a, b, names=("A", "B")):
    """The page that holds two results of one command against each other. Raises UserError where they are of two."""
    found = comparison.sections(a, b, names)
    title = f"threeways {summary.kind(a)}: {names[0]} and {names[1]}"
    return _page(title, comparison.sentence(a, b, names), "done", found)


def fragment(data):
    """The result as a piece of HTML for a notebook's cell: the same sections, without a script."""
    return _template("fragment.html").render(
        verdict=summary.verdict(data),
        status=summary.status(data),
        badges=BADGES,
        sections=_unrepeated(data),
        css={name: Markup(_read(f"{name}.css")) for name in ("colours", "parts")},
    )


def _unrepeated(data):
    """The sections; one whose sentence is the verdict does not say it again."""
    said = summary.verdict(data)
    return [replace(s, sentence="") if s.sentence == said else s for s in sections.sections(data)]


def _page(title, verdict, status, found, badges=BADGES):
    script = _read("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return _template("page.html").render(
        title=title,
        verdict=verdict,
        status=status,
        badges=badges,
        sections=found,
        css={name: Markup(_read(f"{name}.css")) for name in ("colours", "parts", "page")},
        script=Markup(script),
        digest=digest,
    )


def _template(name):
    loader = jinja2.FileSystemLoader(TEMPLATES)
    found = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.filters["drawing"] = lambda picture: Markup(
        picture.svg()
    )  # matplotlib and compare.timing.graphs escape
    found.filters["data"] = _data
    return found.get_template(name)


def _data(value):
    """JSON inside a <script>: nothing in it can end that element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _read(name):
    return (TEMPLATES / name).read_text(encoding="utf-8")
