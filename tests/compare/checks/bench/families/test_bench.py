"""The bench of families in small: right functions are right, errors are found, a seed gives one result."""

from types import SimpleNamespace

import numpy as np
import pytest

from compare.checks.bench.families.bench import FamiliesBench, bench
from compare.checks.bench.families.drawing import DTYPES, drawn
from compare.checks.bench.families.judging import judge, share
from compare.checks.bench.families.naming import unfounded
from compare.checks.bench.families.planting import planted
from compare.checks.gradients import check_gradients
from compare.common.results import plain
from compare.report import door

pytest.importorskip("flint")


@pytest.mark.parametrize("number", range(24))
def test_a_right_function_is_right_and_proved(number):
    (row,) = judge(number, 1, errors=0)
    assert row["verdict"] == "right" and not row["off"] and not row["late"], row
    assert row["dtype"] == DTYPES[number % 4]


@pytest.mark.parametrize("number", range(6))
def test_an_error_in_what_is_returned_is_found(number):
    function = drawn([2, number], DTYPES[number % 4])
    right = check_gradients(function.hand, function.params, function.x, function.y)
    (wrong,) = planted(function, right, np.random.default_rng(number), 1)
    report = check_gradients(wrong.hand, function.params, function.x, function.y)
    assert report[wrong.array].status == "wrong", (wrong, function.words)


def test_the_totals_are_those_of_the_rows():
    result = bench(4, 3, workers=1, errors=1)
    assert isinstance(result, FamiliesBench)
    assert [r["cases"] for r in result.correct.values()] == [1, 1, 1, 1]
    cases = sum(r["cases"] for sizes in result.planted.values() for r in sizes.values())
    assert cases == sum(r["cases"] for r in result.by_kind.values()) <= 4
    assert result.exit_code == 0
    said = door.text(plain(result))
    assert "0 of 4 right functions called wrong" in said and max(map(len, said.splitlines())) <= 100


def test_a_seed_gives_one_result():
    one, two = ([{**row, "seconds": 0, "referee": 0} for row in judge(1, 2, errors=1)] for _ in range(2))
    assert one == two and [row["case"] for row in one] == ["correct", "planted"]


def test_an_error_in_every_other_function_comes_in_each_class_of_types():
    of = [number for number in range(16) if share(number, 0.5)]
    assert [n % 4 for n in of] == [0, 1, 2, 3] * 2
    assert [len(judge(number, 1, errors=0.5)) for number in (0, of[0])] == [1, 2]


def test_no_function_is_begun_after_the_time_is_over():
    kept = []
    result = bench(8, 1, seconds=0, keep=kept.append)
    assert result.sizes["functions"] == 0 and not kept


def test_a_name_that_does_not_reproduce_all_arrays_is_counted():
    right = {"a": np.array([1.0, 2.0]), "b": np.array([3.0])}
    named = SimpleNamespace(findings=[SimpleNamespace(one_of=("factor-two",), exact=False)], diagnosis="")
    assert not unfounded(named, {n: 2 * a for n, a in right.items()}, right, 5)
    assert unfounded(named, {n: 3 * a for n, a in right.items()}, right, 5) == ["factor-two"]
    assert unfounded(named, right | {"a": 2 * right["a"]}, right, 5) == ["factor-two"]


def test_each_of_two_mistakes_reproduces_the_arrays_of_which_the_other_says_nothing():
    """A sum over 5 samples for their mean, then a mean in the bias: the bias is right, and both are named."""
    right = {"W": np.array([1.0, 2.0]), "b": np.array([3.0])}
    summed = SimpleNamespace(array="W", one_of=("missing-batch-mean",), exact=True)
    averaged = SimpleNamespace(array="b", one_of=("bias-averaged",), exact=True)
    mine = right | {"W": 5 * right["W"]}
    assert not unfounded(SimpleNamespace(findings=[summed, averaged]), mine, right, 5)
    assert unfounded(SimpleNamespace(findings=[summed, averaged]), mine, right, 4) == ["missing-batch-mean"]
    assert unfounded(SimpleNamespace(findings=[summed]), mine, right, 5) == ["missing-batch-mean"]
