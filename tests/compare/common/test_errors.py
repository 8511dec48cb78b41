"""A name that is missed is answered with the one that was meant, in a line that can be read."""

import pytest

from compare.common.errors import MANY, nearest

NAMES = ("bias-averaged", "attention-scale-missing", "attention-mask-missing")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("bias-avraged", "did you mean 'bias-averaged'?"),
        ("atention", "did you mean 'attention-scale-missing' or 'attention-mask-missing'?"),
        ("zzz", "known: bias-averaged, attention-scale-missing, attention-mask-missing"),
    ],
)
def test_the_nearest_name_is_given(word, said):
    assert nearest(word, NAMES) == said


def test_of_very_many_names_some_are_listed_and_all_are_counted():
    said = nearest("zzz", [f"name{n}" for n in range(100)])
    assert said.count("name") == MANY
    assert said.endswith("(100 in all)")
