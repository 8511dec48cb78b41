"""Facts about wrong arrays are said where they reproduce every number, and not where they only look like it."""

import numpy as np
import pytest

from compare.judge.factors import Sizes, ratio_in_words
from compare.judge.facts import describe, pair

RNG = np.random.default_rng(0)
RIGHT, PARAM = RNG.standard_normal((6, 4)), RNG.standard_normal((6, 4))
UNIT = 1e-15 * np.ones((6, 4))


def said(mine, right=RIGHT, unit=None, param=None):
    unit = 1e-15 * np.ones(np.shape(right)) if unit is None else unit
    (sentence,) = describe([pair("W", mine, right, unit, param)], Sizes(8, 3))
    return sentence


@pytest.mark.parametrize(
    "r, words, sizes",
    [
        (8, "8 times", ", and N=8"),
        (1 / 8, "1/8 of", ", and N=8"),
        (3, "3 = K times", " (K=3)"),
        (12, "12 = N K / 2 times", " (N=8, K=3)"),
        (24, "24 = N K times", " (N=8, K=3)"),
        (1.5, "1.5 = K / 2 times", " (K=3)"),
        (16, "16 = 2 N times", " (N=8)"),
        (-8, "-8 = -N times", " (N=8)"),
        (1 / 64, "1/64 = 1/(N N) of", " (N=8)"),
        (2, "2 times", ""),
        (-2, "-2 times", ": the sign is reversed, and a factor of 2 is too much"),
        (-0.5, "-1/2 times", ": the sign is reversed, and a factor of 2 is missing"),
        (-1, "-1 times", ""),
        (1.83794, "1.83794 times", ""),
        (0.813, "0.813 times", ""),
        (5, "5 times", ""),
    ],
)
def test_a_factor_is_told_with_what_it_is_made_of(r, words, sizes):
    found = ratio_in_words(r, Sizes(8, 3))
    assert (found.words, found.sizes + found.cause) == (words, sizes)
    assert said(r * RIGHT) == f"W is {words} the right value in every entry{sizes}."


@pytest.mark.parametrize("r, batch", [(-1.37794, 9), (1.10601, 6), (0.1875, 7), (1.0008, 8), (18.2, 8)])
def test_digits_of_n_in_a_ratio_say_nothing_of_n(r, batch):
    assert "N" not in ratio_in_words(r, Sizes(batch, 1)).words + ratio_in_words(r, Sizes(batch, 1)).sizes


@pytest.mark.parametrize("r", [1 / 1.7, 0.0390882, 0.913])
def test_a_ratio_below_one_is_no_mark_of_a_rate(r):
    assert ratio_in_words(r, Sizes(12, None)).ids == ()


def test_round_ratios_and_sizes_of_data_sets_are():
    assert ratio_in_words(0.01, Sizes(7)).ids == ("rate-in-gradient", "divided-by-dataset")
    assert ratio_in_words(7 / 1797, Sizes(7)).ids == ("divided-by-dataset",)


def test_one_entry_that_has_another_ratio_is_told():
    mine = 2 * RIGHT
    mine[3, 1] *= 1 + 1e-9
    assert "every entry" not in said(mine)


def test_a_ratio_near_one_must_explain_the_deviation():
    mine = RIGHT * (1 + 1e-7 * RNG.uniform(0.5, 1, RIGHT.shape))
    assert "every entry" not in said(mine, unit=1e6 * UNIT)
    assert "off in 24 of 24 entries, by up to" in said(mine, unit=1e3 * UNIT)
    assert "in every entry" in said(RIGHT * (1 + 1e-7), unit=1e6 * UNIT)


def changed(where, value):
    mine = np.array(RIGHT)
    mine[where] = value(mine[where])
    return mine


@pytest.mark.parametrize(
    "mine, words",
    [
        (changed((slice(None), 2), lambda a: a + 0.1 * PARAM[:, 2]), "off in columns 2 only"),
        (changed([0, 4], lambda a: np.sin(a) + 1), "off in rows 0, 4 only."),
        (changed([0, 4], lambda a: 0 * a), "off in rows 0, 4 only, where it is 0."),
        (changed([0, 4], lambda a: 2 * a), "off in rows 0, 4 only, where it is 2 times the right value."),
        (changed((1, 2), lambda a: a + 1), "off in 1 of 24 entries: [1,2]."),
        (0 * RIGHT, "W is 0 everywhere."),
        (np.full(RIGHT.shape, 0.5), "W is the same number in all entries."),
        (RIGHT - 0.1 * PARAM, "W is the right gradient plus -0.1 times W itself"),
        (RIGHT + 0.02 * np.sign(PARAM), "W is the right gradient plus 0.02 times the sign of W itself"),
        (8 * RIGHT - 0.7 * PARAM, "W is 8 times the right value plus -0.7 times W itself, and N=8"),
        (np.clip(RIGHT, -0.5, 0.5), "W is the right gradient clipped to [-0.5, 0.5]."),
        (RIGHT * (0.5 / np.linalg.norm(RIGHT)), "its norm is 0.5: clipped by norm"),
        (RIGHT + RNG.standard_normal(RIGHT.shape), "W is off in 24 of 24 entries; its angle"),
    ],
)
def test_what_reproduces_the_numbers_is_said(mine, words):
    assert words in said(mine, param=PARAM)


def test_a_transpose_is_seen_in_square_arrays_only_where_it_is_one():
    square = RNG.standard_normal((4, 4))
    assert said(square.T, square) == "W is the right gradient transposed."
    assert said(2 * square.T, square) == "W is 2 times the right gradient transposed."
    kernel = RNG.standard_normal((2, 3, 3))
    assert "axes in the order (0, 2, 1)" in said(kernel.transpose(0, 2, 1), kernel)
    symmetric = square + square.T
    assert "transposed" not in said(symmetric + 0.1 * square, symmetric)


def test_higher_arrays_say_along_which_axis():
    right = RNG.standard_normal((3, 4, 5, 5))
    mine = right.copy()
    mine[:, 2] += 1.0 * RNG.standard_normal((3, 5, 5))
    assert said(mine, right) == "W is off in index 1 = 2 only."


def test_one_number_has_no_every_entry():
    assert (
        said(np.array([[3.0]]), np.array([[2.0]]))
        == "W is 1.5 = K / 2 times the right value (one entry) (K=3)."
    )
    assert "one entry that is not 0" in said(np.array([0, 3.1, 0]), np.array([0, 2.0, 0]))


def test_a_parameter_of_two_entries_explains_no_single_error():
    mine, right, param = np.array([1.5, 1.0]), np.array([1.0, 1.0]), np.array([0.7, 0.0])
    assert said(mine, right, param=param) == "W is off in 1 of 2 entries: [0]."


def test_where_not_all_is_known_it_is_said_of_what():
    unit = np.full((6, 4), np.inf)
    unit[::2] = 1e-15
    right = np.where(np.isfinite(unit), RIGHT, 0)
    assert (
        said(2 * RIGHT, right, unit)
        == "W is 2 times the right value in all 12 entries that were differenced (of 24)."
    )
    sentence = said(changed((2, 1), lambda a: a + 1), right, unit)
    assert sentence.startswith("W is off in 1 of the 12 entries that were differenced (of 24): [2,1] is ")


def test_what_several_arrays_share_is_said_once():
    b = RNG.standard_normal(4)
    both = [pair("W", 12 * RIGHT, RIGHT, UNIT), pair("b", 12 * b, b, 1e-15 * np.ones(4))]
    assert describe(both, Sizes(8, 3), every=True) == [
        "Every array is 12 = N K / 2 times the right value (N=8, K=3)."
    ]
    each = "W, b are each 12 = N K / 2 times the right value in every entry (N=8, K=3)."
    assert describe(both, Sizes(8, 3)) == [each]
    apart = [both[0], pair("b", 11 * b, b, 1e-15 * np.ones(4))]
    assert len(describe(apart, Sizes(8, 3), every=True)) == 2


def test_clipping_of_all_arrays_together():
    b = 3 * RNG.standard_normal(4)
    norm = np.sqrt((RIGHT**2).sum() + (b**2).sum())
    pairs = [pair("W", RIGHT / norm * 5, RIGHT, UNIT), pair("b", b / norm * 5, b, 1e-15 * np.ones(4))]
    assert "the norm of all together is 5: clipped by norm" in describe(pairs, Sizes(7), every=True)[0]
    pairs = [
        pair("W", np.clip(RIGHT, -1, 1), RIGHT, UNIT),
        pair("b", np.clip(b, -1, 1), b, 1e-15 * np.ones(4)),
    ]
    assert describe(pairs, Sizes(7)) == ["W, b are each the right gradient clipped to [-1, 1]."]


def test_the_rest_is_counted():
    pairs = [pair(f"W{i}", RIGHT + RNG.standard_normal((6, 4)), RIGHT, UNIT) for i in range(6)]
    assert describe(pairs, Sizes())[-1] == "2 more are off."


def test_a_factor_that_is_1_but_for_a_lost_digit_is_no_rate():
    assert ratio_in_words(0.1, Sizes()).ids == ("rate-in-gradient",)
    assert ratio_in_words(1 - 2e-14, Sizes()).ids == ()
