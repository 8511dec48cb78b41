"""One submission: what counts, what is believed of it, and how the command ends."""

import json
import subprocess
import sys

import numpy as np
import pytest

from compare.cli import main
from compare.common.child import ROOT
from compare.teaching.assignment import read
from compare.teaching.grade import grade, near
from tests.compare.teaching.sample import ASSIGNMENT, LOOP, ONE_HOT, RIGHT, ZEROS, changed, first

SEEDS, STARTER = "seeds = (11,)", ASSIGNMENT
CAST = """\
params = {name: a.astype(np.float32) for name, a in params.items()}
    return params, rng.normal(size=(6, 5)).astype(np.float32)"""


@pytest.fixture(scope="module")
def rehearsed():
    """The texts of assignments that were tried once: the next reading of one goes without."""
    return set()


@pytest.fixture
def graded(tmp_path, rehearsed, monkeypatch):
    """graded(source, assignment's text) -> Graded; wrong lines, which decide no points, are not looked for."""
    monkeypatch.setattr("compare.teaching.grade._placed", lambda report, *_: report)

    def run(source, assignment=STARTER, name="mine.py"):
        (tmp_path / "assignment.py").write_text(assignment)
        (tmp_path / name).write_text(source)
        asked = read(tmp_path / "assignment.py", rehearse=assignment not in rehearsed)
        rehearsed.add(assignment)
        return grade(tmp_path / name, asked)

    return run


def test_an_array_that_is_wrong_on_one_seed_only_is_wrong(graded):
    mistaken = changed(('b1": delta1.sum(axis=0)', 'b1": delta1.sum(axis=0) * (1 + (y[0] == y[1] == y[2]))'))
    found = graded(mistaken, STARTER.replace(SEEDS, "seeds = range(12)"))
    draws = [np.random.default_rng(seed) for seed in range(12)]
    for rng in draws:
        rng.normal(size=20 + 4 + 12 + 3 + 30)
    bites = [seed for seed, rng in enumerate(draws) if len(set(rng.integers(0, 3, 6)[:3])) == 1]
    assert 0 < len(bites) < 12
    assert (found.status, found.arrays["b1"], found.points, found.seed) == ("wrong", "wrong", 8, bites[0])


def test_all_or_nothing_is_nothing_for_one_mistake(graded):
    assert graded(changed(("delta1.sum", "delta1.mean")), STARTER + "\npoints = 4\n").points == 0
    assert graded(RIGHT, STARTER + "\npoints = 4\n").points == 4


def test_without_a_loss_the_gradients_still_count(graded):
    source = RIGHT.replace("return loss, ", "return ")
    found = graded(source)
    assert (found.status, found.points, found.arrays["loss"]) == ("wrong", 9, "unknown")
    assert graded(source, STARTER.replace('"loss": 1, ', "")).status == "right"


@pytest.mark.parametrize("loss", ["1e-18", "1e-18 * float(np.sum(x))", "float('nan')", "1e300"])
def test_a_loss_that_is_none_is_no_convention(loss, graded):
    found = graded("import numpy as np\n" + ZEROS.replace("0.0", loss))
    assert (found.points, found.arrays["loss"]) == (0, "wrong")


def test_a_loss_function_is_reference_enough(graded):
    loss = (
        "def numpy_loss(params, x, y):\n"
        "    z = np.tanh(x @ params['W1'].T + params['b1']) @ params['W2'].T + params['b2']\n"
        "    return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y])\n"
    )
    assignment = STARTER + "\nnetwork = None\n" + loss
    assert graded(RIGHT, assignment).points == 10
    found = graded(changed(("delta1.sum", "delta1.mean")), assignment)
    assert (found.points, found.arrays["b1"], found.arrays["W1"]) == (8, "wrong", "agree")
    assert graded(ZEROS, assignment).points == 0


def test_what_is_allowed_is_not_reported(graded):
    source = first("import torch_ref")
    assert graded(source).status == "forbidden"
    assert graded(source, STARTER + "\nforbidden = ()\n").status == "right"


@pytest.mark.parametrize("name", ["compare", "threeways", "manual", "jax_ref"])
def test_the_packages_of_threeways_are_noticed_however_they_are_imported(name, graded):
    assert name in graded(first(f"import {name}")).imported
    found = graded(first(f"import importlib; importlib.import_module('{name}')"))
    assert name in found.imported


def test_inputs_that_it_changes_are_reported(graded):
    assert graded(LOOP.replace("    total,", "    x += 0.1\n    total,")).changed == ["x"]


def test_a_notebook_is_a_submission(graded):
    book = {"cells": [{"cell_type": "code", "source": RIGHT}, {"cell_type": "code", "source": "1 / 0"}]}
    assert graded(json.dumps(book), name="mine.ipynb").status == "right"


def test_noise_is_believed_up_to_a_part_in_a_hundred_million():
    clean, eps = np.array([1.0, -3.0]), np.finfo(float).eps
    assert np.allclose(near(clean + 1e-12, clean, eps) - clean, 1e-12, atol=1e-15)
    assert (np.abs(near(clean + 1e3, clean, eps) - clean) < 1e-8).all()
    assert (near(np.array([np.nan, np.inf]), clean, eps) - clean < 1e-8).all()
    assert near(np.array([2]), np.array([1]), eps) == 1  # integers do not round


def test_what_was_computed_from_float32_rounds_as_that(graded):
    """A saturated layer, its 1 - a**2 in float32, and gradients that are float64 by their targets."""
    source = STARTER.replace("(4, 5)) / 2", "(4, 5)) * 2").replace(SEEDS, "seeds = (5, 6, 8)")
    source = source.replace("return params, rng.normal(size=(6, 5))", CAST)
    assert graded(ONE_HOT, source).status == "right"


@pytest.mark.parametrize(
    ("source", "status"),
    [(RIGHT, 0), (changed(("delta1.sum", "delta1.mean")), 1), ("1 / 0\n", 2), (first("import torch_ref"), 2)],
)
def test_a_single_submission_keeps_the_exits_of_a_check(source, status, tmp_path, capsys):
    (tmp_path / "assignment.py").write_text(STARTER)
    (tmp_path / "mine.py").write_text(source)
    against = ["--against", str(tmp_path / "assignment.py")]
    assert main(["check", str(tmp_path / "mine.py"), *against]) == status
    out = capsys.readouterr().out
    assert out.startswith(("RIGHT  10 of 10", "WRONG  8 of 10", "NO VERDICT", "NOT COUNTED  0 of 10"))
    assert main(["check", str(tmp_path / "mine.py"), *against, "--gradescope", str(tmp_path / "r.json")]) == 0


def test_neither_framework_is_imported_to_grade_against_a_network(tmp_path):
    (tmp_path / "assignment.py").write_text(STARTER)
    (tmp_path / "mine.py").write_text(changed(("delta1.sum", "delta1.mean")))
    code = (
        f"import sys; sys.path.insert(0, {ROOT!r})\n"
        "from compare.cli import main\n"
        "assert main(['check', 'mine.py', '--against', 'assignment.py']) == 1\n"
        "sys.exit(any(name in sys.modules for name in ('torch', 'jax', 'sklearn')))"
    )
    command = [sys.executable, "-P", "-c", code]
    assert subprocess.run(command, cwd=tmp_path, stdout=subprocess.DEVNULL).returncode == 0


def test_options_of_a_course_need_an_assignment(tmp_path, capsys):
    (tmp_path / "mine.py").write_text(RIGHT)
    for option in (["--jobs", "2"], ["--csv", "a"], ["--gradescope", "a"]):
        assert main(["check", str(tmp_path / "mine.py"), *option]) == 2
        assert "--against ASSIGNMENT.py" in capsys.readouterr().err
