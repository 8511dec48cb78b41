"""The lines of a submission, and how much of them a student sees at each level of --reveal."""

import json

import pytest

from compare.cli import main
from compare.report.kinds.grades import blocks, student
from compare.teaching import lines
from compare.teaching.hints import CHANGES, what_changes
from tests.compare.commands.test_fix import MINE
from tests.compare.teaching.sample import ASSIGNMENT, changed

WRONG = MINE.replace("dz.sum(axis = 0)", "dz.mean(axis = 0)")
SECRETS = ("dz.sum", ".sum(axis", "axis=0)", "(axis = 0)")


@pytest.fixture
def check(tmp_path, capsys):
    def run(source, *options, against=False):
        (tmp_path / "mine.py").write_text(source)
        (tmp_path / "assignment.py").write_text(ASSIGNMENT)
        extra = (
            ["--against", str(tmp_path / "assignment.py")]
            if against
            else ["--html", str(tmp_path / "r.html")]
        )
        out = tmp_path / "r.json"
        status = main(["check", str(tmp_path / "mine.py"), "--json", str(out), "--force", *extra, *options])
        said = capsys.readouterr().out
        page = "" if against else (tmp_path / "r.html").read_text()
        return status, said, json.loads(out.read_text()), page

    return run


@pytest.mark.parametrize("reveal", ["verdict", "place", "hint"])
def test_below_the_answer_neither_text_nor_json_nor_page_has_the_line_or_its_fix(check, reveal):
    status, said, data, page = check(WRONG, "--reveal", reveal)
    assert status == 1 and data["revealed"] == reveal
    for shown in (said, json.dumps(data), page):
        assert not any(secret in shown for secret in SECRETS)
    assert ("b1: line 11" in said) == (reveal != "verdict")
    assert ("Ask yourself" in said) == (reveal == "hint")
    assert all(f["fix"] is None and f["source"] is None for f in data["findings"])


def test_the_answer_is_the_default_for_a_file_of_your_own(check):
    _, said, data, _ = check(WRONG)
    assert "dz.sum(axis" in said and data["findings"][0]["fix"]["line"] == 11


def test_a_submission_gets_its_line_and_its_json_keeps_the_answer_back(check):
    wrong = changed(("delta1.sum", "delta1.mean"))
    line = next(i for i, each in enumerate(wrong.splitlines(), 1) if "delta1.mean" in each)
    status, said, data, _ = check(wrong, "--reveal", "place", against=True)
    assert status == 1 and f"b1: line {line}" in said
    (graded,) = data["submissions"]
    assert graded["report"]["findings"][0]["line"] == line and graded["report"]["findings"][0]["fix"] is None
    assert "delta1.sum" not in json.dumps(data) and graded["hints"] == [] and graded["diagnosis"] == ""
    _, said, data, _ = check(wrong, "--reveal", "answer", against=True)
    assert f"Change line {line}" in said and "delta1.sum" in json.dumps(data)


def test_the_class_report_counts_who_has_the_same_wrong_line():
    def graded(name, line, source):
        finding = {
            "array": "b1",
            "rule": "line",
            "one_of": [],
            "line": line,
            "lines": [line],
            "source": source,
        }
        return {
            "submission": name, "status": "wrong", "points": 1, "of": 4, "seconds": 1, "diagnosis": "",
            "arrays": {"b1": "wrong"}, "report": {"findings": [finding]},
        }  # fmt: skip

    class_ = [
        graded("a", 12, "db1 = dz.mean(axis=0)"),
        graded("b", 12, "db1  =  dz.mean(axis=0)"),
        graded("c", 9, "dW = 1"),
    ]
    data = {"submissions": class_, "seconds": 1, "jobs": 1, "inputs": [1], "warnings": [], "of": 4}
    said = [line for block in blocks(data) if block.kind == "notes" for line in block.lines]
    assert said[0] == "line 12: db1 = dz.mean(axis=0), 2 of 3 students"
    assert not any("dW" in line for line in said)


def test_an_answer_of_the_child_that_is_no_finding_changes_nothing():
    good = {"array": "b1", "line": 2, "lines": [2], "source": "forged \x1b", "fix": None}
    for forged in (
        {},
        {"findings": [{"line": 3}]},
        {"findings": 7},
        {"findings": ["x"]},
        {"findings": [good | {"array": "x = 0.123"}]},
        {"findings": [good | {"line": 123456, "lines": [123456]}]},
    ):
        assert lines.located(forged, "a = 1\nb = 2\n", ("b1",)) == []
    (found,) = lines.located({"findings": [good]}, "a = 1\nb = 2\n", ("b1",))
    assert (found.source, found.line) == ("b = 2", 2)


def test_the_kind_of_a_change_is_said_in_words_that_do_not_give_it_away():
    for kind in (
        "sign",
        "axis",
        "sum for mean",
        "factor 1/N",
        "+= for =",
        "another variable",
        "expression",
        "transpose",
    ):
        said = what_changes({"fix": {"kind": kind}})
        assert said and "mean" not in said and "1/N" not in said
    assert (
        what_changes({"fix": {"kind": "statement dropped"}}) in CHANGES
        and what_changes({"fix": None}) is None
    )


def test_an_exercise_keeps_its_answers_back():
    rule = {
        "rule": "bias_gradient",
        "state": "wrong",
        "place": "layer 1",
        "hint": "Which?",
        "answer": "sum",
        "one_of": ["x"],
        "layers": [1],
    }
    shown = {
        level: lines.revealed_rules({"rules": [rule]}, level)["rules"][0]
        for level in ("verdict", "place", "hint", "answer")
    }
    assert shown["answer"] == rule
    assert (shown["hint"]["hint"], shown["hint"]["answer"], shown["hint"]["one_of"]) == ("Which?", "", [])
    assert (shown["place"]["place"], shown["place"]["hint"]) == ("layer 1", "")
    assert (shown["verdict"]["place"], shown["verdict"]["layers"]) == ("", [])


def test_the_text_of_a_student_at_place_has_numbers_alone():
    finding = {
        "array": "b1",
        "rule": "line",
        "one_of": [],
        "line": 12,
        "lines": [12, 14],
        "source": "db1 = secret",
        "fix": {"to": "secret"},
    }
    graded = {
        "points": 1, "of": 4, "printed": "", "status": "wrong", "inputs": 1, "arrays": {"b1": "wrong", "loss": "agree"},
        "hints": ["secret?"], "diagnosis": "secret", "changed": [], "report": {"findings": [finding]},
    }  # fmt: skip
    said = student(graded, "place")
    assert "b1: line 12 or line 14" in said and "secret" not in said
