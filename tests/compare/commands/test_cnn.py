"""threeways --network cnn."""

import json

import pytest

from compare.cli import main


def test_gradients_of_the_cnn_agree_and_are_described(tmp_path, capsys):
    path = tmp_path / "cnn.json"
    options = ["--set", "channels=2,3", "--set", "pool=avg", "--batch", "8", "--json", str(path)]
    assert main(["gradients", "--network", "cnn", *options]) == 0
    said = capsys.readouterr().out
    assert "CNN 1x8x8, 2-3 filters of 3x3, pool avg, 10 classes; 8 samples of digits" in said
    assert max(map(len, said.splitlines())) <= 100
    result = json.loads(path.read_text())
    assert {v["name"] for v in result["verdicts"]} >= {
        "W1",
        "gamma2",
        "delta_conv1",
        "delta_pool2",
        "delta_logits",
    }
    assert {v["name"]: v["sensitivity"] for v in result["verdicts"]}["b1"] is None
    assert "Smallest single-entry error this check would catch: " in said
    assert float(said.split("would catch: ")[1].split()[0]) < 1e-6


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("pool=mxa", "no pool 'mxa': did you mean 'max'?"),
        ("kernle=3", "did you mean 'kernel'?"),
        ("channels=4,x", "whole numbers are needed"),
        ("channels=2,2,2,2", "is too small: layer"),
        ("image=1,9,9", "cnn takes 81 numbers a sample, digits has 64"),
        ("classes=3", "cnn has 3 outputs, but digits has labels up to 9"),
    ],
)
def test_fields_that_do_not_fit_are_answered_in_a_line(field, says, capsys):
    assert main(["gradients", "--network", "cnn", "--set", field, "--data", "digits"]) == 2
    error = capsys.readouterr().err
    assert says in error and len(error.strip().splitlines()) == 1


def test_its_fields_are_listed_within_100_columns(capsys):
    assert main(["networks"]) == 0
    said = capsys.readouterr().out
    assert "mask_seed=0" in said and "channels=4,8" in said
    assert max(map(len, said.splitlines())) <= 100
