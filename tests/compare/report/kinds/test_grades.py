"""The table of a course as CSV: no cell is a formula to a spreadsheet."""

import pytest

from compare.report.kinds.grades import harmless


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\t=1", "\r=1"])
def test_a_formula_is_made_text(cell):
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "right", "10", "3/4", "a=b"])
def test_other_cells_stay_as_they_are(cell):
    assert harmless(cell) == cell
