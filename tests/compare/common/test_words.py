"""What two texts share at their ends."""

import pytest

from compare.common.words import common_ends


@pytest.mark.parametrize(
    ("one", "other", "ends"),
    [
        ("a * b", "a + b", (2, 2)),
        ("dz / n", "dz", (2, 0)),
        ("aa", "aaa", (2, 0)),  # no character counts at both ends
        ("", "x", (0, 0)),
        ("same", "same", (4, 0)),
    ],
)
def test_ends_that_two_texts_share_do_not_overlap(one, other, ends):
    assert common_ends(one, other) == common_ends(other, one) == ends
