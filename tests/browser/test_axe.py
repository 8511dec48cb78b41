"""axe-core finds no serious problem for screen readers, keyboards or low vision on any page."""

import os
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.browser.pages import KINDS, page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PLACES = [Path(folder) / "node_modules" / "axe-core" / "axe.min.js" for folder in (ROOT, sys.prefix)]


@cache
def axe():
    """Return the text of axe.min.js from AXE_CORE or from node_modules of the project or the environment, or None."""
    places = [Path(os.environ["AXE_CORE"])] if os.environ.get("AXE_CORE") else PLACES
    return next((place.read_text(encoding="utf-8") for place in places if place.is_file()), None)


@pytest.fixture(autouse=True)
def installed():
    if axe() is None:
        pytest.skip("axe-core is not installed: npm install axe-core, or AXE_CORE=.../axe.min.js")


# What is right, and what axe-core cannot tell, would be a hundred times as much to hand over.
RUN = "axe.run({resultTypes: ['violations']}).then(found => found.violations)"
SCHEMES = ("light", "dark")


def serious(shown):
    """Return a line for each serious or critical problem that axe-core finds."""
    if not shown.evaluate("'axe' in window"):
        shown.evaluate(axe())
    return [
        f"{v['id']}: {v['help']}: {v['nodes'][0]['html'][:200]} {v['nodes'][0]['failureSummary'][:300]}"
        for v in shown.evaluate(RUN)
        if v["impact"] in ("serious", "critical")
    ]


@pytest.fixture(scope="module")
def found():
    """Return {kind: {scheme: the problems}} of the pages that were opened."""
    return {}


def test_axe_finds_a_heading_that_cannot_be_read(opened):
    faint = page("curves").replace("<h1>", '<h1 style="color: #ddd; background: #fff">')
    assert any(line.startswith("color-contrast") for line in serious(opened(faint)))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing_serious(opened, kind, scheme, found):
    if kind not in found:  # opened once, shown in both schemes
        shown, found[kind] = opened(page(kind)), {}
        if shown.locator("button.show").count():
            shown.locator("button.show").first.click()
        for each in SCHEMES:
            shown.emulate_media(color_scheme=each)
            found[kind][each] = serious(shown)
    assert found[kind][scheme] == []
