"""Thirty submissions side by side: each is judged as it should be, and none stops the others."""

import csv
import json

import pytest

from compare.report import door
from compare.report.kinds.grades import student
from tests.compare.teaching.sample import SAMPLE

from .thirty import leaks, submissions

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def class_of_thirty(tmp_path_factory):
    """(folder, what each student is told, digits of the right gradients)"""
    folder = tmp_path_factory.mktemp("course")
    points, told, right = submissions(folder)
    assert {n: p for n, p in points.items() if p[0] != p[1]} == {}
    return folder, told, right


@pytest.fixture
def graded(class_of_thirty):
    """The plain results of all, and the CSV's rows."""
    folder, _, _ = class_of_thirty
    with (folder / "grades.csv").open(newline="") as table:
        rows = {row["submission"]: row for row in csv.DictReader(table)}
    return json.loads((folder / "grades.json").read_text()), rows


def one(graded, name):
    return next(g for g in graded[0]["submissions"] if g["submission"] == name)


def test_there_are_thirty_and_all_of_them_are_judged(graded):
    assert len(SAMPLE) == 30
    assert len(graded[0]["submissions"]) == len(graded[1]) == 30


def test_students_are_told_nothing_of_the_reference(class_of_thirty):
    _, told, right = class_of_thirty
    assert len(told) == 30 and len(right) > 10
    assert list(leaks(told, right)) == []


@pytest.mark.parametrize("name", SAMPLE)
def test_each_gets_its_status_and_its_points(name, graded):
    _, status, points = SAMPLE[name]
    found = one(graded, name)
    assert (found["status"], found["points"], found["of"]) == (status, points, 10), found["diagnosis"]


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("bias_averaged", "bias-averaged"),
        ("derivative_missing", "missing-activation-derivative"),
        ("derivative_of_output", "derivative-of-output"),
        ("sign_flipped", "sign-flipped"),
        ("batch_mean_missing", "missing-batch-mean"),
        ("mean_twice", "batch-mean-twice"),
    ],
)
def test_a_classical_mistake_is_named(name, id, graded):
    assert id in {i for finding in one(graded, name)["report"]["findings"] for i in finding["one_of"]}


def test_a_missing_answer_is_reported_with_the_line(graded):
    assert one(graded, "raises")["diagnosis"] == "your code raised ValueError: =1+1 (raises.py, line 5)"
    said = "ran out of time after 4 s in loops.py, line 5"
    assert said in one(graded, "loops")["diagnosis"]
    assert "needed more memory than 1 GB (memory_hog.py, line 5)" in one(graded, "memory_hog")["diagnosis"]
    assert "ended with status 0 before an answer" in one(graded, "exits")["diagnosis"]
    assert "no further processes" in one(graded, "forks")["diagnosis"]
    assert one(graded, "imports_torch")["imported"] == ["torch"]


def test_no_cell_of_the_csv_is_a_formula(graded):
    cells = [cell for row in graded[1].values() for cell in row.values()]
    assert "'=cmd()" in graded[1]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_the_csv_says_what_the_design_says(graded):
    row = graded[1]["bias_averaged"]
    assert list(row) == ["submission", "status", "points", "of", "arrays right", "diagnosis", "seconds"]
    assert (row["points"], row["of"], row["arrays right"]) == ("8", "10", "3/4")
    assert "db1 = delta1.sum(axis=0)" in row["diagnosis"]


def test_the_table_has_a_row_for_each_within_100_columns(graded):
    said = door.text(graded[0])
    assert max(map(len, said.splitlines())) <= 100
    for name in SAMPLE:
        assert name in said
    assert "30 submissions in" in said and "the worst counts" in said


def test_each_level_says_what_it_may_and_no_more(graded):
    found = one(graded, "bias_averaged")
    said = {level: student(found, level) for level in ("verdict", "place", "hint", "answer")}
    assert said["verdict"] == "WRONG"
    assert "b1: wrong" in said["place"] and "?" not in said["place"]
    assert "what does the error term hold already" in said["hint"].lower()
    for level in ("verdict", "place", "hint"):
        assert "delta1" not in said[level] and "-0.0" not in said[level]
    assert "db1 = delta1.sum(axis=0)" in said["answer"]
    assert all(len(line) <= 100 for text in said.values() for line in text.splitlines())


def test_what_is_not_there_is_asked_for(graded):
    assert "no entry in the gradients" in student(one(graded, "missing_one"), "hint")
    assert "gradient of b1" not in student(one(graded, "missing_one"), "hint")
    assert "drawn anew" in student(one(graded, "drawn_anew"), "hint")


def test_inputs_in_the_answer_belong_to_the_seed_it_names(graded):
    assert "(seed 11)" in student(one(graded, "bias_averaged"), "answer")


@pytest.mark.parametrize("name", SAMPLE)
def test_every_student_gets_a_report_within_100_columns(name, graded):
    for level in ("verdict", "place", "hint", "answer"):
        said = student(one(graded, name), level)
        assert said and max(map(len, said.splitlines())) <= 100
