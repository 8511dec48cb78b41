"""Full texts, compared with golden files; `python -m tests.compare.report.golden` writes them anew."""

import pytest

from tests.compare.report.golden import FOLDER, TEXTS

pytestmark = pytest.mark.lines  # the end of the search for a change is part of the texts


@pytest.mark.parametrize("name", TEXTS)
def test_the_text_is_that_of_the_golden_file(name):
    assert TEXTS[name]() == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def test_each_golden_file_has_its_text():
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(TEXTS)
