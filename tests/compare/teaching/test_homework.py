"""Homework: a right file of any kind with one mistake planted in it, and the key."""

import json

import pytest

from compare.cli import main
from compare.common.errors import UserError
from compare.files.starters import text
from compare.teaching.homework import homework

RIGHT = '''"""A layer with a gate."""
import numpy as np


def backward(params, x, y):
    W, V = params["W"], params["V"]
    g = 1 / (1 + np.exp(-x @ V))
    h = x @ W
    a = g * h
    e = a - y
    da = 2 * e / e.size
    dh = da * g
    dg = da * h
    dz = dg * g * (1 - g)
    return np.mean(e**2), {"W": x.T @ dh, "V": x.T @ dz}


rng = np.random.default_rng(0)
params = {"W": rng.normal(size=(3, 2)), "V": rng.normal(size=(3, 2))}
X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
'''


@pytest.fixture
def right(tmp_path):
    file = tmp_path / "gate.py"
    file.write_text(RIGHT)
    return file


def test_one_line_is_wrong_and_the_key_names_it(right, tmp_path, capsys):
    assert main(["exercise", "--from", str(right), str(tmp_path / "anna"), "--seed", "anna"]) == 0
    key = json.loads((tmp_path / "anna.key.json").read_text())
    before, after = RIGHT.splitlines(), (tmp_path / "anna" / "gate.py").read_text().splitlines()
    off = [i for i, (a, b) in enumerate(zip(before, after, strict=True), 1) if a != b]
    assert off == [key["line"]] and key["wrong"] in after[key["line"] - 1] and right.read_text() == RIGHT
    capsys.readouterr()
    assert main(["check", str(tmp_path / "anna" / "gate.py"), "--reveal", "verdict"]) == 1
    said = capsys.readouterr().out
    assert key["right"] not in said and "WRONG" in said


def test_students_get_mistakes_of_their_own_each_time_the_same(right):
    made = {student: homework(right, None, student) for student in ("anna", "ben", "carla", "dan")}
    assert len({(m.line, m.wrong) for m in made.values()}) > 2
    assert homework(right, None, "ben") == made["ben"]


def test_a_class_makes_homework_too(tmp_path):
    (tmp_path / "net.py").write_text(text("class"))
    assert "delta" in homework(tmp_path / "net.py", None, "anna").right


@pytest.mark.parametrize("line", ["1 / 0", "import os; os._exit(0)", "x = (", "raise SystemExit(3)"])
def test_a_file_that_does_not_run_makes_no_homework(line, right, tmp_path, capsys):
    right.write_text(f"{RIGHT}\n{line}\n")
    assert main(["exercise", "--from", str(right), str(tmp_path / "anna")]) == 2
    assert "gate.py" in capsys.readouterr().err and not (tmp_path / "anna").exists()


def test_a_file_in_another_encoding_makes_no_homework(right):
    right.write_bytes(b"# coding: latin-1\n# \xe9\n" + RIGHT.encode())
    with pytest.raises(UserError, match="save it as UTF-8"):
        homework(right, None, "anna")


def test_a_wrong_file_makes_no_homework(right):
    right.write_text(RIGHT.replace("(1 - g)", "(2 - g)"))
    with pytest.raises(UserError, match="is not right yet"):
        homework(right, None, "anna")


def test_the_right_file_is_not_written_over(right, capsys):
    assert main(["exercise", "--from", str(right), str(right.parent)]) == 2
    assert "name another folder" in capsys.readouterr().err and right.read_text() == RIGHT
