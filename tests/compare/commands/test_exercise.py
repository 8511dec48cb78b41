"""threeways exercise and derive from the command line, and what threeways check says of an exercise's folder."""

import json

import pytest

from compare.cli import main


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = main(list(arguments))
        out = capsys.readouterr()
        return status, out.out, out.err

    return run


def test_a_planted_exercise_is_judged_and_its_key_written_elsewhere(run, tmp_path):
    status, said, _ = run("exercise", "mlp", "week3", "--plant", "bias-averaged", "--points", "2")
    assert (status, "week3.key.json" in said) == (0, True)
    key = json.loads((tmp_path / "week3.key.json").read_text())
    assert (key["id"], key["rule"]) == ("bias-averaged", "bias_gradient")
    text = (tmp_path / "week3" / "backward.py").read_text()
    assert "bias-averaged" not in text
    status, said, _ = run("check", "week3", "--reveal", "answer", "--json", "judged.json")
    assert status == 1
    assert "4 of 5 rules are right, 8 of 10 points" in said
    assert "(bias-averaged)" in said
    assert json.loads((tmp_path / "judged.json").read_text())["schema"] == "threeways/exercise/1"
    (tmp_path / "week3" / "backward.py").write_text(text.replace(".mean(axis=0)", ".sum(axis=0)"))
    status, said, _ = run("check", "week3")
    assert (status, said.split("\n")[0]) == (0, "RIGHT  [#####]  5 of 5 rules are right, 10 of 10 points.")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("exercise", "cnn", "here"), "an exercise is made of the rules of an MLP"),
        (("exercise", "mlp", "here", "--plant", "bias-avraged"), "did you mean 'bias-averaged'?"),
        (("exercise", "mlp", "here", "--plant", "decay-missing"), "shows nothing in this network"),
        (("exercise", "mlp", "here", "--points", "0"), "more than 0"),
        (("exercise", "mlp", "here", "--key", "k.json"), "needs --plant"),
        (("derive", "--sizes", "2,x"), "whole numbers"),
        (("derive", "--network", "mpl"), "did you mean 'mlp'?"),
    ],
)
def test_what_cannot_be_done_is_answered_in_one_line(run, tmp_path, arguments, says):
    status, _, error = run(*arguments)
    assert status == 2
    assert says in error
    assert error.count("\n") == 1
    assert not (tmp_path / "here").exists()


def test_an_exercise_is_not_overwritten_silently(run):
    assert run("exercise", "mlp", "here")[0] == 0
    status, _, error = run("exercise", "mlp", "here")
    assert (status, "exists" in error) == (2, True)
    assert run("exercise", "mlp", "here", "--force")[0] == 0


def test_a_sheet_is_printed_or_written(run, tmp_path):
    status, said, _ = run("derive", "--sizes", "2,3,2", "--json", "s.json")
    assert status == 0
    assert said.startswith("# Backpropagation through 2-3-2")
    status, said, _ = run("derive", "--sizes", "2,3,2", "--md", "s.md", "--html", "s.html")
    assert said.startswith("Each backward rule wrote its own formula")
    assert (tmp_path / "s.md").read_text().startswith("# Backpropagation")
    assert "<math" in (tmp_path / "s.html").read_text()
    assert json.loads((tmp_path / "s.json").read_text())["schema"] == "threeways/derive/1"
