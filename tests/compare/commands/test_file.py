"""A user's own network from the command line: gradients, curves, time and graph of a FILE."""

import json

import pytest

from compare.cli import main

pytest.importorskip("torch")
pytest.importorskip("jax")

NUMPY = """
import numpy as np
params, x, y = {"w": np.arange(3.0)}, np.eye(5, 3), np.ones(5)

def hand(params, x, y):
    e = x @ params["w"] - y
    return (e**2).mean(), {"w": 2 * x.T @ e / len(y)}
"""


@pytest.fixture
def three(tmp_path, capsys):
    file = tmp_path / "mine.py"
    assert main(["check", "--init", str(file), "--style", "three"]) == 0
    assert "threeways gradients" in capsys.readouterr().out
    return file


@pytest.mark.slow
@pytest.mark.usefixtures("warm")
def test_the_starter_runs_through_every_instrument(three, tmp_path, capsys):
    for command, *options in (
        ["gradients"],
        ["curves", "--steps", "10", "--optimizer", "adam"],
        ["graph"],
        ["graph", "--form", "autograd"],
        ["time", "--contenders", "numpy,torch,jax.jit", "--quick"],
    ):
        answer = tmp_path / f"{command}.json"
        assert main([command, str(three), *options, "--json", str(answer), "--force"]) == 0
        assert "mine.py: hand, torch and jax" in " ".join(capsys.readouterr().out.split())
        assert (
            json.loads(answer.read_text())["schema"] == f"threeways/{command}/1"
        )  # that of a built-in network
    times = json.loads((tmp_path / "time.json").read_text())
    assert [c["answers"]["ok"] for c in times["contenders"]] == [True] * 3
    assert any("W1 is 0.weight" in warning for warning in times["warnings"])


def test_a_derivation_alone_is_checked_and_the_others_are_said_to_be_missing(tmp_path, capsys):
    file = tmp_path / "alone.py"
    file.write_text(NUMPY)
    assert main(["gradients", str(file)]) == 0
    said = capsys.readouterr().out
    assert "torch takes no part: no torch version is given" in said


@pytest.mark.parametrize(
    "text, arguments, said",
    [
        (NUMPY, ["--sizes", "3,2"], "leave out --sizes"),
        ("def backward(a): ...", [], "threeways check --init FILE --style three"),
        (NUMPY.replace("x, y = {", "u, v = {"), [], "has no data"),
        (NUMPY.replace("e = x", "e = no"), [], "your code raised NameError"),
        ("import sys; sys.exit(3)", [], "ended the program"),
        ("import os; os._exit(3)", [], "ended with status 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", [], "before an answer"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(text, arguments, said, tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text(text)
    assert main(["gradients", str(file), *arguments]) == 2
    message = capsys.readouterr().err
    assert said in message and message.count("\n") == 1
