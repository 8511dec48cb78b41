"""threeways check --fix: a corrected copy beside the file, checked; the file itself stays."""

import pytest

from compare.cli import main

MINE = """\
import numpy as np


def backward(params, x, y):
    h = np.sin(x @ params["W1"] + params["b1"])
    e = h @ params["W2"] - y
    loss = (e**2).mean()
    dp = 2*e / e.size  # of the mean
    dz = (dp @ params["W2"].T) * np.cos(x @ params["W1"] + params["b1"])
    dW2 = np.dot(h.T,  dp)
    db1 = dz.sum(axis = 0)      # the bias
    return loss, {"W1": x.T @ dz, "b1": db1, "W2": dW2}


def example():
    rng = np.random.default_rng(0)
    params = {"W1": rng.normal(size=(2, 4)), "b1": rng.normal(size=4), "W2": rng.normal(size=(4, 1))}
    return params, rng.normal(size=(8, 2)), rng.normal(size=(8, 1))
"""


@pytest.fixture
def fix(tmp_path, capsys):
    def run(text, *options, name="mine.py"):
        (tmp_path / name).write_text(text)
        status = main(["check", str(tmp_path / name), "--fix", *options])
        out = capsys.readouterr()
        copy = tmp_path / "mine.fixed.py"
        return status, out.out + out.err, copy.read_text() if copy.exists() else None

    return run


def test_the_copy_has_the_change_alone_and_is_right(fix, tmp_path):
    wrong = MINE.replace("dz.sum(axis = 0)", "dz.mean(axis = 0)")
    status, said, copy = fix(wrong)
    assert (status, copy) == (1, MINE)
    assert "The copy is RIGHT  All 3 arrays are the gradient of your loss." in said
    assert (tmp_path / "mine.py").read_text() == wrong


@pytest.mark.slow
def test_two_mistakes_are_both_changed(fix):
    wrong = MINE.replace("dz.sum(axis = 0)", "dz.mean(axis = 0)").replace(
        "np.dot(h.T,  dp)", "-np.dot(h.T,  dp)"
    )
    _, said, copy = fix(wrong)
    assert "line 10, 11 of mine.py" in said or "line 11, 10 of mine.py" in said
    assert "The copy is RIGHT" in said and "# the bias\n" in copy


def test_an_existing_copy_is_not_replaced_without_force(fix, tmp_path):
    (tmp_path / "mine.fixed.py").write_text("kept")
    wrong = MINE.replace("dz.sum(axis = 0)", "dz.mean(axis = 0)")
    status, said, copy = fix(wrong)
    assert (status, copy) == (2, "kept") and "--force" in said
    assert fix(wrong, "--force")[2] == MINE


def test_a_right_file_gets_no_copy(fix):
    status, said, copy = fix(MINE)
    assert (status, copy) == (0, None) and "Nothing to fix." in said


def test_where_no_change_is_found_it_says_so(fix):
    # The loss leaves NumPy: the run cannot be recorded, and no line can be named.
    packed = "sum(v * v for v in struct.unpack(f'{e.size}d', e.tobytes())) / e.size"
    wrong = (
        MINE.replace("(e**2).mean()", packed)
        .replace("2*e", "3*e")
        .replace("import numpy", "import struct\nimport numpy")
    )
    status, said, copy = fix(wrong)
    assert (status, copy) == (1, None) and "No fix" in said


@pytest.mark.parametrize("option", [("--reveal", "hint"), ("--against", "a.py")])
def test_it_is_not_for_what_shows_less_than_the_answer(option, fix):
    status, said, copy = fix(MINE, *option)
    assert (status, copy) == (2, None) and "--fix" in said
