"""Every page in a real browser logs and requests nothing, fits a phone, and follows the reader's colour scheme."""

import pytest

from compare.report.html import render
from tests.browser.pages import KINDS, page
from tests.compare.report import samples

pytestmark = pytest.mark.browser

PHONE, DESKTOP = 390, 1280


def luminance(colour):
    """Of 'rgb(20, 23, 27)', between 0 and 1, by the definition of WCAG 2."""
    shares = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def style(shown, selector, name):
    return shown.eval_on_selector(selector, f"e => getComputedStyle(e).{name}")


@pytest.fixture(scope="module")
def widths():
    """Return {kind: {width of the window: that of the page}} of the pages that were opened."""
    return {}


@pytest.mark.parametrize("width", (PHONE, DESKTOP))
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_no_wider_than_its_window(opened, kind, width, widths):
    if kind not in widths:  # opened once, in a window that is then made wider
        shown, widths[kind] = opened(page(kind), PHONE), {}
        for each in (PHONE, DESKTOP):
            shown.set_viewport_size({"width": each, "height": 900})
            wide, window = shown.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
            assert window == each
            widths[kind][each] = wide
    assert widths[kind][width] <= width


@pytest.mark.parametrize("width", (PHONE, DESKTOP))
def test_no_text_of_a_picture_is_too_small_to_read(opened, width):
    shown = opened(page("run"), width)
    smallest = shown.evaluate(
        """() => Math.min(...[...document.querySelectorAll("figure svg text")].map(t => {
          const svg = t.ownerSVGElement;
          return parseFloat(getComputedStyle(t).fontSize) * svg.clientWidth / svg.viewBox.baseVal.width;
        }))"""
    )
    assert smallest >= 7  # CSS pixels


@pytest.mark.parametrize("scheme", ("light", "dark"))
def test_a_page_follows_the_readers_scheme(opened, scheme):
    shown = opened(page("run"), scheme=scheme)
    paper, ink = (luminance(style(shown, "body", name)) for name in ("backgroundColor", "color"))
    lighter, darker = max(paper, ink), min(paper, ink)
    assert (paper > ink) == (scheme == "light")
    assert (lighter + 0.05) / (darker + 0.05) > 7
    used = shown.eval_on_selector(".map img", "e => e.currentSrc")
    assert used == shown.get_attribute(
        ".map " + ("img" if scheme == "light" else "source"), {"light": "src"}.get(scheme, "srcset")
    )


def test_text_in_a_picture_follows_the_scheme(opened):
    for kind, selector in (("curves", "figure svg text"), ("graph", ".graph svg text")):
        shown = opened(page(kind), scheme="dark")
        assert style(shown, selector, "fill") == style(shown, "body", "color")


def test_a_printed_page_is_dark_on_light_and_has_no_controls(opened):
    shown = opened(page("run"), scheme="dark")
    shown.locator("button.show").first.click()
    shown.emulate_media(media="print")
    assert luminance(style(shown, "body", "backgroundColor")) > 0.9
    assert not shown.locator(".panel").is_visible()
    assert shown.pdf(format="A4").startswith(b"%PDF")


def test_the_verdict_stands_first(opened):
    shown = opened(page("wrong gradients"))
    heading = shown.get_by_role("heading", level=1)
    assert heading.inner_text() == "b1: differs from torch and jax."
    assert heading.bounding_box()["y"] < 120


@pytest.mark.parametrize(
    "hostile", (samples.HOSTILE, "<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>")
)
def test_what_users_call_things_runs_nothing(opened, hostile):
    run = samples.run(environment=samples.environment(command=hostile, cpu=hostile))
    run["gradients"]["verdicts"][0] |= {"name": hostile, "reason": hostile}
    run["gradients"]["about"] |= {"network": hostile, "data": hostile}
    for contender in run["curves"]["contenders"] + run["time"]["contenders"]:
        contender["name"] = hostile
    shown = opened(render(run))
    shown.locator("button.show").first.click()
    assert hostile in shown.locator(".panel").inner_text()
    assert shown.evaluate("document.images.length") == shown.locator(".heatmaps img").count()


def test_a_script_that_is_not_the_pages_own_is_refused(chromium, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(page("curves").replace("</main>", "</main><script>document.title = 'run'</script>"))
    shown = chromium.new_page()
    shown.goto(path.as_uri())
    assert shown.title() == "threeways curves"
    shown.close()
