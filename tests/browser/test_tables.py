"""A table is sorted by its headings, with pointer and keyboard, and announces the order to screen readers."""

import pytest

from compare.report.html import render
from tests.browser.pages import page
from tests.compare.report import samples

pytestmark = pytest.mark.browser

TABLE = "#gradients table"


def column(shown, number):
    return shown.locator(f"{TABLE} tbody tr > :nth-child({number})").all_inner_texts()


def heading(shown, name):
    return shown.locator(f"{TABLE} thead th", has_text=name)


def test_a_click_sorts_and_another_turns_it_round(opened):
    shown = opened(page("gradients"))
    assert column(shown, 1) == list(samples.SHAPES)
    heading(shown, "array").get_by_role("button").click()
    assert column(shown, 1) == sorted(samples.SHAPES, key=str.lower)
    assert heading(shown, "array").get_attribute("aria-sort") == "ascending"
    heading(shown, "array").get_by_role("button").click()
    assert column(shown, 1) == sorted(samples.SHAPES, key=str.lower, reverse=True)
    assert heading(shown, "array").get_attribute("aria-sort") == "descending"


@pytest.mark.parametrize("key", ("Enter", "Space"))
def test_the_keyboard_reaches_a_heading_and_sorts(opened, key):
    shown = opened(page("gradients"))
    for _ in range(60):
        shown.keyboard.press("Tab")
        if shown.evaluate("document.activeElement.textContent") == "status":
            break
    shown.keyboard.press(key)
    assert heading(shown, "status").get_attribute("aria-sort") == "ascending"
    assert heading(shown, "array").get_attribute("aria-sort") == "none"


def test_numbers_are_sorted_as_numbers_and_nan_stays_last(opened):
    found = samples.gradients()
    for verdict, error in zip(found["verdicts"], (2e-16, 10.0, "nan", 9.5, "inf", None), strict=True):
        verdict["error"] = error
    shown = opened(render(found))
    place = [*shown.locator(f"{TABLE} thead th").all_inner_texts()].index("rel. error") + 1
    button = heading(shown, "rel. error").get_by_role("button")
    button.click()
    assert column(shown, place)[:4] == ["2.0e-16", "9.5e+00", "1.0e+01", "inf"]
    button.click()
    assert column(shown, place)[:4] == ["inf", "1.0e+01", "9.5e+00", "2.0e-16"]
    assert set(column(shown, place)[4:]) == {"nan", "-"}
