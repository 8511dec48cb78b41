"""docs/layers-*.md show the code as it is and what the examples print.

A fenced block after `<!-- source: module:name -->` is that function's source. Every other python block is run, in
order and in one namespace; the text block after it is its output up to the table, whose last digits depend on the
machine. `python -m tests.docs.test_layers` rewrites both.
"""

import contextlib
import importlib
import inspect
import io
import re
import textwrap
from operator import attrgetter
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / f"layers-{family}.md" for family in ("cnn", "curvature", "recurrent", "transformer")]
BLOCK = re.compile(
    r"(?:<!-- source: (?P<module>[\w.]+):(?P<name>[\w.]+) -->\n)?```(?P<kind>python|text)\n(?P<body>.*?)```",
    re.S,
)
TABLE = re.compile(r"\n\n(?= *worst *\n|array +status)")


def source(module, name):
    return textwrap.dedent(inspect.getsource(attrgetter(name)(importlib.import_module(module))))


def regenerated(page):
    """Return the page with the present source and output in every block."""
    space, printed = {}, ""

    def block(match):
        nonlocal printed
        body = match["body"]
        if match["module"]:
            body = source(match["module"], match["name"])
        elif match["kind"] == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(body, "<page>", "exec"), space)
            printed = TABLE.split(out.getvalue())[0].rstrip() + "\n"
        else:
            body = printed
        marker = f"<!-- source: {match['module']}:{match['name']} -->\n" if match["module"] else ""
        return f"{marker}```{match['kind']}\n{body}```"

    return BLOCK.sub(block, page)


def to_seven_digits(text):
    """Round every number to seven digits, which finite differences and another BLAS do not change."""
    return re.sub(r"-?\d+\.\d+(?:e[-+]?\d+)?", lambda number: f"{float(number[0]):.7g}", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_the_page_shows_the_code_there_is_and_what_it_prints(page):
    text = page.read_text(encoding="utf-8")
    assert to_seven_digits(text) == to_seven_digits(regenerated(text))


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(regenerated(page.read_text(encoding="utf-8")), encoding="utf-8")
