"""Check that every case of benchmarks/wild is what it says, by differences in float64 and by torch."""

import warnings

import numpy as np
import pytest

from compare.checks.bench.wild.corpus import FOLDER, cases
from compare.checks.bench.wild.normal import distance, first_pass, module_of, normal
from compare.common.errors import UserError

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="benchmarks/ is not in the wheel")
CASES = cases() if FOLDER.is_dir() else []
GRADIENTS = [case for case in CASES if case.how != "step"]
STEPS = [case for case in CASES if case.how == "step"]
DIFFERENCED = (
    1e-6  # central differences with steps 1e-4 and 5e-5, extrapolated: the worst case of all is off by 2e-9
)
TORCH = 1e-9  # two orders of summation: the worst case of all is off by 3e-15
FIGURE = 0.02  # relative: case.toml has three digits


def by_name(case):
    return case.name


def needs(case):
    if "import jax" in case.right.read_text("utf-8"):
        pytest.importorskip("jax")


@pytest.mark.parametrize("case", GRADIENTS, ids=by_name)
def test_the_right_file_has_the_gradient_of_its_loss(case):
    needs(case)
    form = normal(case, module_of(case.right))
    mine = form.gradient()
    assert {n: np.shape(g) for n, g in mine.items()} == {n: np.shape(p) for n, p in form.params.items()}
    assert max(distance(mine, form.differenced()).values()) <= DIFFERENCED
    assert max(distance(mine, form.by_torch()).values()) <= TORCH


@pytest.mark.parametrize("case", [c for c in GRADIENTS if not c.accused], ids=by_name)
def test_the_wrong_file_is_off_by_the_figure_that_is_printed(case):
    needs(case)
    form, right = (normal(case, module_of(path)) for path in (case.wrong, case.right))
    assert form.run(form.params)[0] == pytest.approx(right.run(right.params)[0], rel=1e-12)
    mine, true = form.gradient()[case.array], form.differenced()[case.array]
    if np.shape(mine) != np.shape(true):  # the shape is the mistake
        return
    off = distance({case.array: mine}, {case.array: true})[case.array]
    assert off == pytest.approx(case.off, rel=FIGURE) and off > 1e-4


@pytest.mark.parametrize("case", STEPS, ids=by_name)
def test_right_updates_are_those_of_torch_and_wrong_ones_are_not(case):
    truth = module_of(case.folder / "truth.py")
    found, reference = truth.steps(module_of(case.right)), truth.reference()
    assert max(max(distance(a, b).values()) for a, b in zip(found, reference, strict=True)) <= TORCH
    if not case.accused:
        wrong = truth.steps(module_of(case.wrong))
        before = [truth.start(), *found[:-1]]
        off = max(
            np.linalg.norm(w[case.array] - r[case.array]) / np.linalg.norm(r[case.array] - b[case.array])
            for w, r, b in zip(wrong, reference, before, strict=True)
        )
        assert off == pytest.approx(case.off, rel=FIGURE) and off > 1e-4


def test_the_corpus_is_as_wide_as_it_says():
    wrong, accused = ([c for c in CASES if c.accused == which] for which in (False, True))
    assert len(wrong) >= 60 and len(accused) >= 15
    assert len({c.source for c in CASES}) >= 40 and len({c.code for c in CASES}) >= 15
    assert 0.2 < sum(c.held_out for c in wrong) / len(wrong) < 0.45
    assert all(c.cause and c.mistake and c.date and c.true for c in CASES)


def test_ids_are_those_of_the_catalogue():
    from compare.mistakes.catalogue import catalogue
    from compare.mistakes.steps import steps

    assert {i for c in CASES for i in c.ids} <= {*catalogue(), *steps()}


def test_a_folder_without_cases_is_said(tmp_path):
    with pytest.raises(UserError, match="no cases in"):
        cases(tmp_path)


def test_a_case_whose_line_is_not_in_the_file_is_said(tmp_path):
    folder = tmp_path / "one"
    folder.mkdir()
    for name in ("wrong", "right"):
        (folder / f"{name}.py").write_text("x = 1\n")
    words = "".join(f"{n} = 'a'\n" for n in ("source", "date", "code", "mistake", "cause", "true"))
    (folder / "case.toml").write_text(f"{words}lines = ['y = 2']\n")
    with pytest.raises(UserError, match="none of its lines"):
        cases(tmp_path)


def test_the_first_pass_of_a_script_ends_at_its_first_update():
    text = "w = 2.0\nfor i in range(5):\n    loss = w * w\n    dw = 2 * w\n    w -= 0.1 * dw\n    after = 1\n"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        names = first_pass(text, {"w": 3.0}, {"w"})
    assert names["loss"] == 9.0 and names["dw"] == 6.0 and names["w"] == 3.0 and "after" not in names
