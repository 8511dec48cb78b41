"""A cell of an error map, chosen by pointer or keyboard, shows the values of every witness at its worst entry."""

import pytest

from tests.browser.pages import page

pytestmark = pytest.mark.browser


def panel(shown):
    return shown.locator("#gradients .panel").inner_text()


def cells(shown, name):
    return shown.locator(f'button.cells[data-array="{name}"]')


def test_a_click_on_a_cell_tells_the_worst_entry_and_what_each_witness_has(opened):
    shown = opened(page("wrong gradients"))
    assert panel(shown) == ""
    box = cells(shown, "W2").bounding_box()
    # Row 4 of 10, column 12 of 30, in the middle of the cell.
    cells(shown, "W2").click(position={"x": box["width"] * 12.5 / 30, "y": box["height"] * 4.5 / 10})
    said = panel(shown)
    assert said.startswith("×\nW2[4, 12]") or said.startswith("W2[4, 12]")
    assert "Worst entry of W2" in said and "[9, 29]" in said
    for witness in ("by hand", "torch", "jax", "numerical"):
        assert witness in said
    assert "-0.0125" in said


def test_arrow_keys_and_enter_choose_a_cell_and_escape_closes(opened):
    shown = opened(page("gradients"))
    cells(shown, "W1").focus()
    for key in ("ArrowUp", "ArrowLeft", "ArrowLeft", "Enter"):  # from the worst entry, the last of 30 x 64
        shown.keyboard.press(key)
    assert "W1[28, 61]" in panel(shown)
    shown.keyboard.press("ArrowRight")
    assert "W1[28, 62]" in panel(shown)
    shown.keyboard.press("Escape")
    assert panel(shown) == ""


def test_the_edge_of_a_map_holds_the_arrow_keys(opened):
    shown = opened(page("gradients"))
    cells(shown, "b1").focus()
    for _ in range(40):
        shown.keyboard.press("ArrowLeft")
    shown.keyboard.press("Enter")
    assert "b1[0]" in panel(shown)


def test_enter_on_an_arrays_name_in_the_table_tells_its_worst_entry(opened):
    shown = opened(page("gradients"))
    shown.get_by_role("button", name="delta2", exact=True).focus()
    shown.keyboard.press("Enter")
    assert "delta2[31, 9]" in panel(shown)
    assert shown.locator(".cells.chosen").get_attribute("data-array") == "delta2"


def test_arrays_of_any_name_and_number_of_axes_can_be_looked_into(opened):
    shown = opened(page("gradients of another network"))
    expected = {
        "K": "K, rows 23 of 24, columns 2",
        "gamma1": "gamma1[7]",
        "W_q": "W_q[15, 15]",
        "temperature": "temperature",
        "delta.attention": "delta.attention, rows 39 of 40, columns 4",
    }
    for name, said in expected.items():
        shown.locator(f'button.show[data-show="{name}"]').click()
        assert said in panel(shown)


def test_a_block_of_a_large_array_says_which_entries_it_stands_for(opened):
    from compare.report.html import render
    from tests.compare.report import samples

    large = samples.gradients(verdicts=[samples.verdict("W", shape=(100, 300))])
    shown = opened(render(large))
    cells(shown, "W").focus()
    shown.keyboard.press("Enter")
    # The last of 64 blocks of 100 rows and of 300 columns, cut as NumPy's linspace cuts.
    assert "W[98–99, 295–299]" in panel(shown)
