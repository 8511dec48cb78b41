import copy
import dataclasses
import json

import pytest

from compare.common.errors import UserError
from compare.common.results import plain
from compare.networks import data
from compare.report.door import text
from compare.training import baseline as baselines
from compare.training import config as configs
from compare.training.diff import diff

CONFIG = dataclasses.replace(configs.read("digits"), epochs=3)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    out = tmp_path_factory.mktemp("diff") / "a"
    return plain(baselines.baseline(CONFIG, data.load(), [0, 1], out))


@pytest.fixture
def against(report, tmp_path):
    """The verdict on the baseline against a copy of it that `change` has changed."""

    def run(change):
        other = copy.deepcopy(report)
        change(other)
        for name, content in (("a.json", report), ("b.json", other)):
            (tmp_path / name).write_text(json.dumps(content))
        return diff(tmp_path / "a.json", tmp_path / "b.json")

    return run


def moved(by, implementation="torch", from_epoch=1):
    """A change of the validation losses by a share, as another machine or another formula would make."""

    def change(other):
        for run in other["runs"]:
            if run["implementation"] == implementation:
                run["parameters_sha256"] = "other"
                for epoch in run["epochs"][from_epoch:]:
                    epoch["validation_loss"] *= 1 + by

    return change


def test_a_baseline_is_the_same_as_itself(against):
    result = against(lambda other: None)
    assert (result.verdict, result.exit_code) == ("same", 0)
    assert {run["status"] for run in result.runs} == {"identical"}


def test_a_difference_of_the_size_of_rounding_is_no_change(against):
    result = against(moved(4e-16))
    assert (result.verdict, result.exit_code) == ("same", 0)
    assert "rounding" in {run["status"] for run in result.runs}


def test_a_difference_beyond_rounding_is_a_change_from_its_epoch_on(against):
    result = against(moved(1e-9, from_epoch=2))
    assert (result.verdict, result.exit_code) == ("changed", 1)
    changed = [run for run in result.runs if run["status"] == "changed"]
    assert {(run["implementation"], run["epoch"]) for run in changed} == {("torch", 2)}


def test_a_nan_is_a_change(against):
    def change(other):
        other["runs"][0]["parameters_sha256"] = "other"
        other["runs"][0]["epochs"][1]["validation_loss"] = "nan"

    assert against(change).verdict == "changed"


def test_other_settings_with_two_seeds_leave_it_open(against):
    def change(other):
        other["settings"]["batch"] = 16
        moved(0.1)(other)

    result = against(change)
    assert (result.verdict, result.exit_code) == ("unknown", 3)
    assert result.settings == {"batch": [32, 16]}
    assert "batch    32  16" in text(plain(result))


def test_other_settings_with_five_seeds_are_judged_by_the_test_accuracy(report, tmp_path):
    def with_seeds(shift):
        other = copy.deepcopy(report)
        hand = next(run for run in other["runs"] if run["implementation"] == "hand")
        other["runs"] = [
            copy.deepcopy(hand)
            | {"seed": s, "test_accuracy": 0.9 + shift + 0.001 * (s % 3), "parameters_sha256": str(shift)}
            for s in range(5)
        ]
        other["settings"]["rate"] = shift
        return other

    for name, shift in (("a", 0.0), ("b", 0.02)):
        (tmp_path / f"{name}.json").write_text(json.dumps(with_seeds(shift)))
    assert diff(tmp_path / "a.json", tmp_path / "b.json").verdict == "changed"


def test_what_is_no_baseline_is_refused(tmp_path):
    (tmp_path / "c.json").write_text('{"schema": "threeways/curves/1"}')
    with pytest.raises(UserError, match="not a baseline"):
        diff(tmp_path / "c.json", tmp_path / "c.json")
    with pytest.raises(UserError, match="no finished baseline"):
        diff(tmp_path, tmp_path)
