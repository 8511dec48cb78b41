"""An exercise judged in the cell of a notebook, as nbgrader and otter run one."""

import json

import pytest

from compare.cli import main
from threeways import UserError, check_exercise

from .test_handed_in import BIAS, RIGHT


def cells(text):
    names = {}
    exec(text, names)
    return names


def test_a_right_notebook_passes_and_keeps_its_names():
    names = cells(RIGHT)
    before = dict(names)
    found = check_exercise(names).raise_if_wrong()
    assert (found.ok, found.points) == (True, 10.0)
    assert names == before


def test_a_cell_of_its_own_judges_one_rule():
    names = cells(RIGHT.replace(BIAS, "return p.delta[l].mean(axis=0)"))
    assert check_exercise(names, "weight_gradient").raise_if_wrong().points == 2.0
    with pytest.raises(AssertionError, match="0 of 1 rules are right, 0 of 2 points") as raised:
        check_exercise(names, "bias_gradient").raise_if_wrong()
    assert "What does the error term hold already" in str(raised.value)
    assert "bias-averaged" in str(check_exercise(names, reveal="answer"))


def test_the_exercise_that_was_handed_out_counts():
    names = cells(RIGHT)
    handed_out = names["EXERCISE"] | {"points": 1}
    names["EXERCISE"] = {"sizes": (2, 2)}
    assert check_exercise(names, exercise=handed_out).points == 5.0


@pytest.mark.parametrize(
    ("names", "rule", "said"),
    [({}, None, "no EXERCISE"), (cells(RIGHT), "bias_gradent", "did you mean 'bias_gradient'")],
)
def test_what_cannot_be_judged_is_said(names, rule, said):
    with pytest.raises(UserError, match=said):
        check_exercise(names, rule)


FORMULAS = {
    "through_activation": "return da * p.a[l] * (1 - p.a[l])",
    "output_delta": "return (p.a[DEPTH] - np.eye(3)[p.y]) / len(p.y)",
    "hidden_delta": "return through_activation(l, p.delta[l + 1] @ p.W[l + 1], p)",
    "weight_gradient": "return p.delta[l].T @ p.a[l - 1]",
    "bias_gradient": "return p.delta[l].mean(axis=0)",
}


def test_a_notebook_grades_rule_by_rule_and_is_marked_as_a_file_is(tmp_path, capsys):
    folder = tmp_path / "week3"
    assert main(["exercise", "mlp", str(folder), "--notebook"]) == 0
    book = json.loads((folder / "backward.ipynb").read_text())
    names, told = {}, {}
    for cell in book["cells"]:
        text, graded = "".join(cell["source"]), cell["metadata"].get("nbgrader", {})
        if graded.get("solution"):
            text = text.replace("return None  # your formula", FORMULAS[graded["grade_id"]])
            cell["source"] = text
        if cell["cell_type"] == "code":
            try:
                exec(text, names)
            except AssertionError as error:
                told[graded["grade_id"]] = str(error)
    assert list(told) == ["test_bias_gradient"] and "0 of 1 points" in told["test_bias_gradient"]
    assert all(c["metadata"]["nbgrader"]["grade_id"] for c in book["cells"] if c["cell_type"] == "code")
    (folder / "backward.ipynb").write_text(json.dumps(book))
    assert main(["check", str(folder)]) == 1
    assert "4 of 5 rules are right" in capsys.readouterr().out
