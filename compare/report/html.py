"""One self-contained page from one result, or from two side by side: no network, nothing but the plain JSON form."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..common.errors import UserError
from ..common.results import check_writable, write_text
from . import comparison, summary
from .blocks import Headline, Section
from .kinds import environment, kind, sections
from .pictures import NoPicturesError

TEMPLATES = Path(__file__).parent / "templates"
CODE = re.compile(r"`([^`]+)`")
NAME_PARTS = re.compile(r"(?<=[_/])(?=\w)|(?=\.[a-z])")  # where a long name may be broken on a narrow screen
BADGES = {
    "right": "✓ RIGHT",
    "wrong": "✗ WRONG",
    "inconclusive": "? NOT KNOWN",
    "done": "finished",
}


def write_page(path: Path, data: dict, force: bool = False) -> None:
    """Write the page of a result in its plain form. Raises UserError where the file exists or cannot be written."""
    check_writable(path, force)
    write_text(path, render(data))


def render(data: dict) -> str:
    """Return the page of a result in its plain form, as `results.read_json` gives it.

    All text in `data` is escaped, and no script but the page's own may run. A part that is not there (stopped
    early, say) has no section. Raises UserError for a schema that has no page.
    """
    name = kind(data)
    found = [*_unrepeated(data), environment.section(data)]
    return _page(f"threeways {name}", summary.verdict(data), found)


def render_comparison(a: dict, b: dict, names: Sequence[str] = ("A", "B")) -> str:
    """Return the page that compares two results of one command. Raises UserError where they are of two."""
    found = comparison.sections(a, b, names)
    title = f"threeways {kind(a)}: {names[0]} and {names[1]}"
    return _page(title, Headline("done", "", comparison.sentence(a, b, names)), found)


def fragment(data: dict) -> str:
    """Return the result as a piece of HTML for a notebook's cell: the same sections, without a script."""
    verdict = summary.verdict(data)
    return _rendered(
        "fragment.html",
        ("colours", "parts"),
        verdict=verdict,
        badge=_badge(verdict),
        sections=_unrepeated(data),
    )


def _badge(verdict: Headline) -> str:
    """Return the word with which the terminal begins, behind a sign that needs no colour."""
    word = verdict.word.partition("  ")[0]
    return (
        f"{BADGES[verdict.status][:1]} {word}"
        if word and verdict.status != "done"
        else BADGES[verdict.status]
    )


def _unrepeated(data):
    """The sections; one whose sentence is the verdict does not say it again."""
    said = summary.verdict(data).sentence.replace("\n", " ")
    return [replace(s, sentence="") if s.sentence == said else s for s in sections(data)]


def _page(title: str, verdict: Headline, found: list[Section]) -> str:
    script = _read("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    about = {"title": title, "verdict": verdict, "badge": _badge(verdict), "sections": found}
    return _rendered("page.html", ("colours", "parts", "page"), **about, script=script, digest=digest)


def _rendered(template: str, styles: Sequence[str], script: str = "", **values: Any) -> str:
    try:
        import jinja2
        from markupsafe import Markup, escape
    except ModuleNotFoundError as error:
        raise UserError(f"the page needs {error.name}: pip install matplotlib jinja2") from error
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # matplotlib and pictures.svg escape what they draw; nothing in JSON may end the <script> that holds it.
    lacking: list[str] = []  # filled while the page is written, and said at its end

    def without_pictures(draw: Callable[[], Any]) -> Any:
        try:
            return draw()
        except NoPicturesError as error:
            lacking[:] = [str(error)]
            return None

    found.filters["drawing"] = lambda picture: Markup(picture.svg())
    found.filters["picture"] = lambda block: without_pictures(lambda: block.picture)
    found.filters["maps"] = lambda block: without_pictures(block.maps)
    found.filters["breakable"] = lambda text: Markup(NAME_PARTS.sub("<wbr>", str(escape(text))))
    found.filters["coded"] = lambda text: Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))
    found.filters["data"] = lambda value: Markup(_json(value))
    css = {name: Markup(_read(f"{name}.css")) for name in styles}
    return found.get_template(template).render(css=css, script=Markup(script), lacking=lacking, **values)


def _json(value):
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _read(name):
    return (TEMPLATES / name).read_text(encoding="utf-8")
