"""A class of thirty exercises through the command line: see thirty.py; test_class.py has the thirty submissions."""

import pytest

from .thirty import exercises, leaks

pytestmark = pytest.mark.slow


def test_thirty_get_their_points_and_nothing_of_the_reference(tmp_path):
    points, told, right = exercises(tmp_path)
    assert len(points) == len(told) == 30 and len(right) > 10
    assert {n: p for n, p in points.items() if p[0] != p[1]} == {}
    assert list(leaks(told, right)) == []
