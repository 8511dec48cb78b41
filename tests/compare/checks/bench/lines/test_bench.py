"""The bench of lines in small: what counts as found, placed and fixed."""

import pytest

from compare.checks.bench.lines.bench import bench, judge_correct, judge_pair, judge_single
from compare.checks.bench.lines.corpus import functions
from compare.checks.bench.lines.planting import pairs, planted
from compare.common.errors import UserError
from compare.common.results import plain
from compare.report import door

SIAMESE = functions()["siamese"].source


@pytest.mark.parametrize("setting", [("float64", 1.0, 7), ("float32", 0.1, 1)])
def test_a_correct_function_is_right(setting):
    (row,) = judge_correct("siamese", setting)
    assert row["verdict"] == "right" and row["seconds"] > 0


@pytest.mark.lines
def test_a_mistake_on_a_plain_line_is_placed_and_its_fix_is_right_elsewhere():
    one = next(p for p in planted(SIAMESE, 0, 20) if p.kind == "batch size")
    row = judge_single("siamese", SIAMESE, one)
    assert row["found"] and row["placed"] and row["among"] and not row["blamed"]
    assert row["fixed"] and row["fix_right"] and row["named"] == [one.line] and row["said"]


@pytest.mark.slow
def test_a_pair_counts_where_both_lines_are_named():
    (pair,) = pairs(SIAMESE, 0, 1)
    row = judge_pair("siamese", SIAMESE, pair)
    assert row["found"] and row["both"] == (set(pair.lines) <= set(row["named"]))


@pytest.mark.slow
def test_the_totals_are_those_of_the_rows():
    result = bench(1, ["rmsnorm", "siamese"], workers=1)
    single = [r for r in result.rows if r["case"] == "single"]
    assert result.single["cases"] == len(single) == 2
    assert result.single["placed"] == sum(r["placed"] for r in single)
    assert (
        sum(k["cases"] for k in result.by_kind.values())
        == sum(k["cases"] for k in result.by_function.values())
        == 2
    )
    assert result.correct["cases"] + result.correct["overflowed"] <= 4
    said = door.text(plain(result))
    assert "2 of 2 planted mistakes found" in said and max(map(len, said.splitlines())) <= 100


def test_an_unknown_function_gets_the_nearest_name():
    with pytest.raises(UserError, match="did you mean 'siamese'"):
        bench(1, ["siamees"])
