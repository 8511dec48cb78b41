"""Twelve forms through the command line: see twelve.py, which prints the count."""

import pytest

from .twelve import FORMS, counted


def test_the_forms_are_twelve_with_three_mistakes_each():
    assert [len(mistakes) for _, mistakes in FORMS.values()] == [3] * 12


@pytest.mark.slow
@pytest.mark.lines
@pytest.mark.parametrize("form", FORMS)
def test_right_is_right_and_three_mistakes_are_on_their_line(form, tmp_path):
    right, found, said = counted(form, tmp_path)
    assert right and found == [True] * 3, said
