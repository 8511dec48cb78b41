"""A folder of handed-in exercises: points for each rule, who has which mistake, and nothing of the reference."""

import csv
import json
import os
import re

import pytest

from compare import networks
from compare.cli import main
from compare.files.sandbox import NO_SANDBOX
from compare.teaching import exercise, handout
from compare.teaching.handed_in import handed_in, mark_all
from compare.teaching.rule_text import rules

NET = networks.network("mlp", sizes=(4, 5, 3))
BY_HAND = NET.build("hand")
BIAS = "return p.delta[l].sum(axis=0)"


def right():
    text = handout.write(BY_HAND, NET.fields, "week3", points=2)
    for rule in rules(BY_HAND):
        head = f'def {rule.name}({rule.arguments}):\n    """{rule.task}"""\n'
        body = "\n".join(f"    {line}" for line in rule.body)
        text = text.replace(f"{head}    return None  # your formula", head + body)
    return text


def notebook(text):
    return json.dumps({"cells": [{"cell_type": "code", "source": text}]})


RIGHT = right()
CLASS = {
    "adams/backward.py": RIGHT,
    "brown/backward.py": RIGHT.replace(BIAS, "return p.delta[l].mean(axis=0)"),
    "chen/backward.py": RIGHT.replace(BIAS, "return np.mean(p.delta[l], axis=0)"),
    "diaz/backward.py": handout.write(BY_HAND, NET.fields, "week3", points=2),
    "evans/backward.py": RIGHT + "\nwhile True: pass\n",
    "fischer/backward.py": RIGHT.replace("'points': 2", "'points': 200").replace(BIAS, "return 0 * p.b[l]"),
    "garcia/backward.ipynb": notebook(
        RIGHT.replace("p.delta[l].T @ p.a[l - 1]", "p.delta[l].T @ p.a[l - 1] / 2")
    ),
    "haddad/backward.py": RIGHT + "\nsyntax error(\n",
    "ito/notes.py": "print('no exercise')\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("class")
    for name, text in CLASS.items():
        (root / name).parent.mkdir()
        (root / name).write_text(text)
    return root


@pytest.fixture(scope="module")
def result(folder):
    return mark_all(handed_in(folder), jobs=2, sandbox=NO_SANDBOX, timeout=4.0)


def test_each_rule_gets_its_points(result):
    marked = {s.submission: (s.status, s.points) for s in result.submissions}
    assert marked == {
        "adams": ("right", 10.0),
        "brown": ("wrong", 8.0),
        "chen": ("wrong", 8.0),
        "diaz": ("wrong", 0.0),
        "evans": ("time", 0.0),
        "fischer": ("wrong", 8.0),
        "garcia": ("wrong", 8.0),
        "haddad": ("raised", 0.0),
    }


def test_what_a_student_changed_in_the_exercise_changes_no_points(result):
    assert result.of == 10.0
    assert result.warnings == ["EXERCISE was changed in fischer: judged by the one handed out"]


def test_the_commonest_mistake_comes_first_with_its_students(result):
    first = result.mistakes[0]
    assert (first.rule, first.one_of, first.students) == (
        "bias_gradient",
        ("bias-averaged",),
        ("brown", "chen"),
    )
    assert {m.students for m in result.mistakes[1:]} == {("fischer",), ("garcia",)}


def test_the_wrong_line_is_the_students_own(result):
    brown = next(s for s in result.submissions if s.submission == "brown")
    line, source = brown.lines["bias_gradient"]
    assert source == "return p.delta[l].mean(axis=0)"
    assert CLASS["brown/backward.py"].splitlines()[line - 1].strip() == source


@pytest.mark.parametrize("reveal", ["verdict", "place", "hint"])
def test_the_files_of_a_class_hold_nothing_of_the_reference(folder, reveal, tmp_path, capsys):
    few = tmp_path / "few"
    for name in ("brown", "fischer"):
        (few / name).mkdir(parents=True)
        (few / name / "backward.py").write_text(CLASS[f"{name}/backward.py"])
    outputs = {n: str(tmp_path / n) for n in ("grades.csv", "page.html", "scope")}
    arguments = [
        "check",
        str(few),
        "--csv",
        outputs["grades.csv"],
        "--html",
        outputs["page.html"],
        "--jobs",
        "1",
    ]
    arguments += ["--gradescope", outputs["scope"], "--reveal", reveal, "--sandbox", "none"]
    assert main([*arguments, "--against", str(folder / "adams" / "backward.py")]) == 0
    assert "0 of 2 exercises are right; 8 of 10 points on average." in capsys.readouterr().out
    with open(outputs["grades.csv"], newline="") as file:
        assert [row["bias_gradient"] for row in csv.DictReader(file)] == ["wrong", "wrong"]
    page = (tmp_path / "page.html").read_text()
    assert "The commonest mistakes" in page and "bias-averaged" in page
    case = exercise.batch(BY_HAND)
    right = [f"{v:.4g}" for v in BY_HAND.loss_and_grads(*case)[1]["b1"]]
    for name in ("brown", "fischer"):
        text = (tmp_path / "scope" / f"{name}.json").read_text()
        told = json.loads(text)
        assert (told["score"], len(told["tests"])) == (8.0, 1 if reveal == "verdict" else 5)
        assert ("bias" in text) is (reveal != "verdict")
        assert "bias-averaged" not in text and "Make it" not in text
        assert not any(value in text for value in right) and ".sum(axis=0)" not in text
        assert ("Ask" in text or "?" in text) is (reveal == "hint")


def test_a_planted_exercise_does_not_name_its_rule(tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    text = handout.write(BY_HAND, NET.fields, "mine", planted="bias-averaged")
    (tmp_path / "mine" / "backward.py").write_text(text)
    assert (
        main(["check", str(tmp_path / "mine"), "--json", str(tmp_path / "out.json"), "--sandbox", "none"])
        == 1
    )
    said = capsys.readouterr().out
    assert "4 of 5 rules are right" in said
    for shown in (said, (tmp_path / "out.json").read_text()):
        assert not re.search("bias|hidden_delta|weight_gradient", shown)


def test_a_file_that_asks_for_the_answer_does_not_get_it(tmp_path, capsys):
    (tmp_path / "backward.py").write_text(CLASS["brown/backward.py"].replace("'hint'", "'answer'"))
    assert main(["check", str(tmp_path), "--sandbox", "none"]) == 1
    said = capsys.readouterr().out
    assert "bias-averaged" not in said and "Right is" not in said


def test_the_handout_has_textbook_code():
    assert "return 1 / (1 + np.exp(-z))" in handout.write(BY_HAND, NET.fields, "x")


def test_a_teachers_file_without_an_exercise_is_refused(folder, tmp_path, capsys):
    other = tmp_path / "other.py"
    other.write_text("x = 1\n")
    assert main(["check", str(folder), "--against", str(other)]) == 2
    assert "defines no EXERCISE" in capsys.readouterr().err


def test_a_pipe_in_place_of_the_teachers_file_is_no_wait_without_end(folder, tmp_path, capsys):
    os.mkfifo(tmp_path / "teacher.py")
    assert main(["check", str(folder), "--against", str(tmp_path / "teacher.py")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
