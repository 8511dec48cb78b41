"""Numbers that others printed: digits compared as they are written, and a planted wrong digit found."""

import json

import numpy as np
import pytest

from compare.cli import main
from compare.training.printed import adbench, networks, operations
from compare.training.printed import numbers as printed
from compare.training.printed.ways import WAYS, Way

WRITTEN = [
    (f"{source} {what}", source, what, entry)
    for source, held in printed.read().items()
    for what, entry in held["numbers"].items()
]
LONG = {"mazur", "trask", "adbench-lstm"}  # thousands of steps


def test_there_are_more_than_sixty_numbers_of_more_than_eight_sources():
    count = sum(
        len(printed.numbers(entry["printed"] if isinstance(entry, dict) else entry)) for *_, entry in WRITTEN
    )
    assert count >= 60 and len(WRITTEN) >= 60 and len(printed.read()) >= 8


def test_every_wrong_number_has_the_right_one_and_a_reason():
    for name, *_, entry in WRITTEN:
        if isinstance(entry, dict):
            assert entry["right"] and entry["why"], name


@pytest.mark.parametrize("source", sorted(set(printed.read()) - LONG))
def test_numpy_reproduces_what_is_right(source):
    held = printed.read()[source]
    module, _, function = held["of"].partition(":")
    computed = getattr(
        {"adbench": adbench, "networks": networks, "operations": operations}[module], function
    )(Way("numpy"))
    for what, entry in held["numbers"].items():
        row = printed.judged(source, what, entry, {"numpy": computed}, bool(held.get("float32")))
        assert row["verdict"] != "not reproduced", what


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "function", [operations.micrograd, adbench.gmm, networks.neuron, networks.two_layers]
)
def test_three_ways_agree(function, way):
    mine, hand = function(Way(way)), function(Way("numpy"))
    for what, value in hand.items():
        np.testing.assert_allclose(mine[what], value, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    "text, value, same",
    [
        ("0.2989", 0.29894, True),
        ("0.2989", 0.29896, False),
        ("0.29890", 0.29894, False),
        ("27.", 27.0, True),
        ("27.", 27.3, False),
        ("-0.0350", -0.035049, True),
        ("0.0350", -0.035, False),
        ("1.5e-3", 0.00154, True),
        ("1.0", float("nan"), False),
    ],
)
def test_the_digits_that_are_written_count(text, value, same):
    assert printed.same(text, np.array([value])) is same


def test_a_number_too_few_is_not_the_same():
    assert not printed.same("1.0 2.0", np.array([1.0]))


def test_a_planted_digit_is_not_reproduced():
    computed = {"numpy": {"E": np.array(0.298371109)}}
    assert printed.judged("s", "E", "0.298371109", computed, False)["verdict"] == "reproduced"
    assert printed.judged("s", "E", "0.298371108", computed, False)["verdict"] == "not reproduced"
    entry = {"printed": "0.298371108", "right": "0.298371107", "why": "planted"}
    assert printed.judged("s", "E", entry, computed, False)["verdict"] == "not reproduced"


@pytest.mark.slow
def test_the_command_reproduces_all_or_says_why_not(tmp_path, monkeypatch, capsys):
    short = {k: v for k, v in printed.read().items() if k not in LONG}
    monkeypatch.setattr(printed, "read", lambda: short)
    assert (
        main(["run", "--published", "--json", str(tmp_path / "p.json"), "--html", str(tmp_path / "p.html")])
        == 0
    )
    data = json.loads((tmp_path / "p.json").read_text())
    assert data["schema"] == "threeways/printed/1" and data["counts"]["not reproduced"] == 0
    assert "Wrong in the source" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--published", "--quick"], ["--html", "page.html"]])
def test_options_that_do_not_belong_together_are_refused(arguments, capsys):
    assert main(["run", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_torch_reproduces_the_reference_gradient_of_adbench_s_lstm():
    held, computed = printed.read()["adbench-lstm"], adbench.lstm(Way("torch"))
    for what, entry in held["numbers"].items():
        assert (
            printed.judged("adbench-lstm", what, entry, {"torch": computed}, False)["verdict"] == "reproduced"
        )
