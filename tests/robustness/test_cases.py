"""Inputs that once were taken, or ended in a bug of ours: each file of cases/ ends as it should, by any command."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

from compare.cli import main
from tests.compare.teaching.sample import ASSIGNMENT

CASES = Path(__file__).parent / "cases"
INPUTS = CASES / "inputs"
SANDBOXES = [pytest.param("none", marks=pytest.mark.slow), "auto"]  # auto is bubblewrap where it works


@pytest.fixture
def ends(tmp_path, monkeypatch, capsys):
    """ends(*arguments) -> (status, standard output, standard error); the assignment is in assignment.py."""
    monkeypatch.chdir(tmp_path)
    Path("assignment.py").write_text(ASSIGNMENT)

    def run(*arguments):
        capsys.readouterr()
        status = main(list(map(str, arguments)))
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def refused(ends):
    """refused(*arguments) -> the one line."""

    def run(*arguments):
        status, out, err = ends(*arguments)
        assert (status, out) == (2, ""), err
        assert err.count("\n") == 1 and err.startswith("threeways: ") and "a bug" not in err
        assert err[:-1].isprintable()
        return err

    return run


@pytest.mark.parametrize("sandbox", SANDBOXES)
@pytest.mark.parametrize("name", ["tiny.py", "tiny_zero.py"])
def test_a_constant_loss_earns_nothing(name, sandbox, ends):
    status, out, _ = ends("check", CASES / name, "--against", "assignment.py", "--sandbox", sandbox)
    assert status == 1 and "0 of 10 points" in out


@pytest.mark.parametrize("sandbox", SANDBOXES)
def test_a_class_has_a_row_for_each_whatever_it_raises_or_ends(sandbox, ends):
    Path("class").mkdir()
    for name in ("surrogate.py", "kill_parent.py", "tiny.py"):
        shutil.copy(CASES / name, "class")
    Path("class", "zhang.py").write_text(RIGHT)
    given = ("check", "class", "--against", "assignment.py", "--sandbox", sandbox, "--jobs", 2)
    status, out, err = ends(*given, "--csv", "g.csv", "--json", "g.json")
    assert status == 0 and not err and out.replace("\n", "").isprintable()
    with open("g.csv", newline="") as file:
        rows = {row["submission"]: row for row in csv.DictReader(file)}
    assert {name: (row["points"], row["of"]) for name, row in rows.items()} == {
        "kill_parent": ("0", "10"),
        "surrogate": ("0", "10"),
        "tiny": ("0", "10"),
        "zhang": ("10", "10"),
    }
    assert rows["surrogate"]["diagnosis"].startswith("your code raised ValueError: bad \\ud800 text")
    assert rows["kill_parent"]["status"] in ("raised", "crashed")
    assert len(json.loads(Path("g.json").read_text())["submissions"]) == 4


RIGHT = """\
import numpy as np

def backward(params, x, y):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    a = np.tanh(x @ W1.T + b1)
    e = np.exp(a @ W2.T + b2)
    p = e / e.sum(1, keepdims=True)
    d = (p - np.eye(3)[y]) / len(x)
    d1 = (d @ W2) * (1 - a**2)
    grads = {"W1": d1.T @ x, "b1": d1.sum(0), "W2": d.T @ a, "b2": d.sum(0)}
    return -np.mean(np.log(p[np.arange(len(x)), y])), grads
"""


@pytest.mark.parametrize("sandbox", SANDBOXES)
@pytest.mark.parametrize("module", ["compare.teach.exercise", "compare.teaching.exercise"])
def test_an_exercise_cannot_write_its_verdict(module, sandbox, ends):
    shutil.copytree(CASES / "exercise_forged", "exercise")
    file = Path("exercise/backward.py")
    file.write_text(file.read_text().replace("compare.teach.exercise", module))
    status, out, _ = ends("check", "exercise", "--sandbox", sandbox)
    assert status in (1, 2) and "RIGHT" not in out and "5 of 5" not in out


def test_gradients_that_hold_themselves_are_one_line(ends, refused):
    status, out, _ = ends("check", CASES / "cycle.py", "--against", "assignment.py")
    assert status == 2 and out.startswith("NO VERDICT") and "contain" in out
    text = (CASES / "cycle.py").read_text()
    Path("cycle.py").write_text(
        f"{text}\n\ndef example():\n    return {{'W1': np.ones(3)}}, np.ones(3), np.ones(3)\n"
    )
    assert "contain" in refused("check", "cycle.py")


def test_what_a_file_raises_is_their_line_by_whatever_path(refused):
    Path("sub").mkdir()
    shutil.copy(CASES / "module_level_raise.py", ".")
    for path in (
        "module_level_raise.py",
        "sub/../module_level_raise.py",
        CASES / ".." / "cases" / "module_level_raise.py",
    ):
        said = refused("check", path)
        assert "your code raised ValueError: \\x1b[2J" in said and "(module_level_raise.py, line 1)" in said


@pytest.mark.parametrize(
    "command", [["gradients"], ["baseline", "--out", "out"], ["run", "--out", "out"], ["curves"]]
)
@pytest.mark.parametrize("name", ["npz_38.npz", "npz_581.npz", "idx200dim"])
def test_damaged_data_is_named(name, command, refused):
    assert name in refused(*command, "--data", INPUTS / name)
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("name", "command", "key"),
    [
        ("date.toml", "baseline", "title"),
        ("date.toml", "sweep", "title"),
        ("date.toml", "curves", "title"),
        ("noimpl.toml", "sweep", "implementations"),
        ("toml_15.toml", "baseline", "criterion"),
        ("toml_72.toml", "baseline", "source"),
        ("toml_15.toml", "sweep", "[sweep.over]"),
        ("toml_72.toml", "curves", "source"),
    ],
)
def test_a_toml_of_other_types_is_refused_with_the_key(name, command, key, refused):
    given = (
        ["curves", "--run", INPUTS / name]
        if command == "curves"
        else [command, INPUTS / name, "--out", "out"]
    )
    assert key in refused(*given)
    assert not Path("out").exists()


def test_a_damaged_report_is_refused_with_the_key(refused):
    damaged = CASES / "json" / "damaged_1.json"
    assert "environment.versions.jaxlib" in refused("report", damaged, "--html", "r.html")
    assert "environment.versions.jaxlib" in refused("report", damaged, damaged, "--html", "r.html")
    assert "not a baseline" in refused("diff", damaged, damaged)
    Path("deep.json").write_text("[" * 100_000)
    for given in (
        ("report", "deep.json"),
        ("report", "deep.json", "deep.json"),
        ("diff", "deep.json", "deep.json"),
    ):
        assert "deep.json is nested too deep" in refused(*given)


def test_every_csv_is_safe_to_open(ends):
    grades = CASES / "grades_with_formula_names.json"
    status, out, _ = ends("report", grades, "--figures", "figures")
    assert status == 0 and out.replace("\n", "").isprintable()
    with open("figures/table-grades.csv", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert len(cells) > 200
    for cell in cells:
        assert cell.isprintable()
        assert _number(cell) or not re.match(
            r"[\s\ufeff\u200b-\u202e]*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell
        ), cell


def _number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True
