"""Two results of one command against each other: what differs is said, and nothing else."""

import re
from copy import deepcopy

import pytest

from compare.common.errors import UserError
from compare.report.html import render_comparison
from tests.compare.report import more_samples, samples

NAMES = ("there/report.json", "here/report.json")


def heading(page):
    return re.search(r"<h1>(.*?)</h1>", page)[1]


@pytest.mark.parametrize("kind", more_samples.EVERY_KIND)
def test_a_result_held_against_itself_differs_nowhere(kind):
    same = more_samples.EVERY_KIND[kind]
    page = render_comparison(same, deepcopy(same), NAMES)
    assert heading(page).startswith("The verdict is the same in both:")
    assert "what differs</span></caption>" not in page and "second / first" not in page


def test_verdicts_that_differ_are_the_heading():
    page = render_comparison(samples.gradients(), samples.gradients(wrong="b1"), NAMES)
    assert heading(page) == "The verdicts differ: right in there/report.json, wrong in here/report.json."


def test_a_step_that_takes_twice_as_long_is_said_to():
    slower = samples.time()
    slower["contenders"][0]["steady_s"] = {"median": 6e-4, "low": 5.7e-4, "high": 6.6e-4}
    page = render_comparison(samples.time(), slower, NAMES)
    row = re.search(r'<tr>\s*<th scope="row" data-by="NumPy">.*?</tr>', page, flags=re.DOTALL)[0]
    assert re.findall(r">([^<>]+)</t[dh]>", row) == ["NumPy", "one step", "300 µs", "600 µs", "2"]
    assert "one step once warm" in page


def test_rows_of_one_name_are_told_apart_by_what_they_are_of():
    other = more_samples.sweep()
    other["trials"][2]["test_accuracy"] = 0.5
    page = render_comparison(more_samples.sweep(), other, NAMES)
    (row,) = re.findall(r'<tr>\s*<th scope="row" data-by="hand">.*?</tr>', page, flags=re.DOTALL)
    assert re.findall(r">([^<>]+)</t[dh]>", row) == [
        "hand",
        "0.1",
        "10",
        "test",
        "90.00 %",
        "50.00 %",
        "0.556",
    ]


def test_losses_that_differ_are_drawn_together():
    page = render_comparison(samples.curves(), samples.curves(apart=1e-3), NAMES)
    assert "loss, by hand" in page


def test_results_of_two_commands_are_not_compared():
    with pytest.raises(UserError, match="these are of time and of curves"):
        render_comparison(samples.time(), samples.curves(), NAMES)
