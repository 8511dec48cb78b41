"""A statement is given its right value: at each turn of its loop, and in each call anew."""

import numpy as np

from compare.trace.changes.forcing import Given


def looped(given, turns):
    return [float(given()) for _ in range(turns)]


def test_each_turn_gives_its_own_value_and_each_call_begins_anew():
    given = Given([np.float64(3.0), np.float64(7.0)])
    assert looped(given, 2) == [3.0, 7.0]
    assert looped(given, 1) == [3.0]
    assert looped(given, 2) == [3.0, 7.0]


def test_what_is_given_may_be_written_to():
    given = Given([np.ones(2)])
    given()[0] = 5
    assert given().tolist() == [1, 1]
