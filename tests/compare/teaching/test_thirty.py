"""A class of thirty of each kind through the command line: see thirty.py, which prints the count."""

import pytest

from .thirty import exercises, leaks, submissions

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("grade", [exercises, submissions])
def test_thirty_get_their_points_and_nothing_of_the_reference(grade, tmp_path):
    points, told, right = grade(tmp_path)
    assert len(points) == len(told) == 30 and len(right) > 10
    assert {n: p for n, p in points.items() if p[0] != p[1]} == {}
    assert list(leaks(told, right)) == []
