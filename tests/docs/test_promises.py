"""Each promise of docs/course.md and docs/baseline.md names the test that holds it, and the test exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(test_\w+)::(test_\w+)`")
PROMISES = {
    "course.md": ("## What a submission can and cannot do", "## How long it takes", 14),
    "baseline.md": ("Each promise names", "`threeways diff A B`", 7),
}


SILENT = {
    "course.md": {"How long it takes"},
    "baseline.md": {"Fashion-MNIST, [784, 100, 10], 5 seeds"},
}  # figures


def promises(page):
    """The items of the list of a page's promises."""
    start, end, number = PROMISES[page]
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    part = text[text.index(start) : text.index(end)]
    found = re.findall(r"^- (.*?)(?=^- |^\n|\Z)", part, re.MULTILINE | re.DOTALL)
    assert len(found) == number
    return found


@pytest.mark.parametrize("page", PROMISES)
def test_every_promise_names_a_test(page):
    for promise in promises(page):
        assert NAMED.search(promise), promise


@pytest.mark.parametrize("page", PROMISES)
def test_every_section_names_a_test(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    parts = re.split(r"^(?=##+ )", text, flags=re.MULTILINE)[1:]
    assert {part.split("\n")[0].strip("# ") for part in parts if not NAMED.search(part)} == SILENT[page]


@pytest.mark.parametrize("page", PROMISES)
def test_every_named_test_exists(page):
    for file, test in NAMED.findall((ROOT / "docs" / page).read_text(encoding="utf-8")):
        places = list((ROOT / "tests").rglob(f"{file}.py"))
        names = {
            node.name
            for place in places
            for node in ast.walk(ast.parse(place.read_text()))
            if hasattr(node, "name")
        }
        assert test in names, f"{file}::{test}"
