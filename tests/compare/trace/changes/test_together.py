"""Which edits add up to the right gradients, and which one may be half of a change, by what they gave."""

from types import SimpleNamespace

import numpy as np
import pytest

from compare.trace.changes.together import Outcomes

RIGHT = {"w": np.array([1.0, 2.0, 3.0, 5.0]), "b": np.array([0.5, -1.0, 4.0])}
AT = {"w": np.array([0.3, -0.7, 1.1, 0.2]), "b": np.ones(3)}
OFF = {"w": np.array([0.1, 0.4, -0.3, 0.2]), "b": np.array([2.0, 0.0, -1.0])}


def plus(*terms):
    return {n: sum(t[n] for t in terms) for n in RIGHT}


def times(c, arrays):
    return {n: c * a for n, a in arrays.items()}


def outcomes(mine, *gave):
    """Return the outcomes of edits, each of a statement of its own, the first ones the likelier."""
    found = Outcomes(RIGHT, AT, mine)
    for cost, arrays in enumerate(gave):
        statement = SimpleNamespace(node=object())
        place = SimpleNamespace(suspect=SimpleNamespace(statement=statement))
        ran = SimpleNamespace(
            place=place, gave=found.of(arrays), fix=lambda cost=cost: SimpleNamespace(cost=cost)
        )
        found.listed.append(ran)
    return found


def numbers(found, pairs):
    return [tuple(sorted(found.listed.index(each) for each in pair)) for pair in pairs]


def test_two_edits_whose_changes_add_up_are_a_pair():
    one, two = OFF, {"w": OFF["w"][::-1] * 3, "b": np.zeros(3)}
    mine = plus(RIGHT, one, two)
    found = outcomes(mine, plus(RIGHT, one), times(2, mine), plus(RIGHT, two), mine)
    assert numbers(found, found.pairs()) == [(0, 2)]


def test_the_likelier_pair_comes_first():
    mine = plus(RIGHT, OFF)
    found = outcomes(mine, *(plus(RIGHT, times(c, OFF)) for c in (0.1, 0.4, 0.6, 0.9)))
    assert numbers(found, found.pairs()) == [(0, 3), (1, 2)]


def test_two_edits_of_one_statement_are_none():
    mine = plus(RIGHT, OFF)
    found = outcomes(mine, *(plus(RIGHT, times(c, OFF)) for c in (0.4, 0.6)))
    found.listed[1].place = found.listed[0].place
    assert found.pairs() == []


def test_an_edit_that_gives_no_number_is_not_kept():
    assert outcomes(RIGHT).of({**RIGHT, "w": np.array([1.0, np.nan, 3.0, 5.0])}) is None


@pytest.mark.parametrize(
    "gave",
    [
        {"w": RIGHT["w"], "b": OFF["b"]},  # an array is right
        {"w": np.array([1.0, 2.0, 0.0, 0.0]), "b": OFF["b"]},  # entries are
        {"w": -3 * RIGHT["w"], "b": OFF["b"]},  # a multiple of the right one
        {"w": RIGHT["w"] - 0.2 * AT["w"], "b": OFF["b"]},  # a penalty is missing
        {"w": RIGHT["w"] + 1, "b": OFF["b"]},  # the same is too much everywhere
    ],
)
def test_what_comes_nearer_to_right_may_be_half_of_a_change(gave):
    found = outcomes(OFF, gave, times(1.7, OFF))
    assert [found.listed.index(ran) for _, ran in found.halves()] == [0]


def test_what_makes_right_entries_wrong_is_no_half():
    mine = {"w": RIGHT["w"], "b": OFF["b"]}
    found = outcomes(mine, {"w": OFF["w"], "b": RIGHT["b"]})
    assert list(found.halves()) == []
