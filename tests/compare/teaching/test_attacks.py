"""Marks for nothing, and one file that stops the others: every attack is planted, and fails."""

import os

import pytest

from compare.common.child import ROOT
from compare.common.errors import UserError
from compare.files.sandbox import chosen
from compare.teaching.assignment import read
from compare.teaching.folder import grade_all, submissions
from compare.teaching.grade import grade
from tests.compare.teaching.attacks import FORGED, HOSTILE, NUMBERS, PAST, REACHING
from tests.compare.teaching.sample import ASSIGNMENT

# What an attack earns honestly: the loss, or the arrays it leaves right.
EARNED = {"differences_float16": 1, "differences_float32": 1, "biases_float16": 8, "noise_on_demand": 8}


def box(mode):
    try:
        return chosen(mode)
    except UserError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def assignment(tmp_path_factory):
    file = tmp_path_factory.mktemp("teacher") / "assignment.py"
    file.write_text(ASSIGNMENT)  # of one seed: right on several would be harder
    return read(file)


# A sandbox changes nothing for attacks of numbers alone: `python -m tests.robustness forging` runs them in both modes.
OF_NUMBERS = ("none", "bwrap") if os.environ.get("THREEWAYS_FORGING") else ("none",)
EACH = [(name, mode) for name in NUMBERS for mode in OF_NUMBERS] + [
    pytest.param(name, mode, marks=[pytest.mark.slow] * (mode == "none"))
    for name in REACHING
    for mode in ("none", "bwrap")
]


@pytest.mark.parametrize(("name", "mode"), EACH)
def test_no_attack_earns_more_than_what_it_derived(name, mode, assignment, tmp_path, monkeypatch):
    sandbox = box(mode)
    if name in NUMBERS:  # the process that looks for the wrong line decides no points
        monkeypatch.setattr("compare.teaching.grade._placed", lambda report, *_: report)
    file = tmp_path / f"{name}.py"
    reached = tmp_path / "reached"
    file.write_text(FORGED[name].replace("REACHED", str(reached)).replace("ROOT", repr(ROOT)))
    found = grade(file, assignment, sandbox=sandbox)
    if mode == "none" and name in PAST:
        assert found.status == "right"  # the docs say so; where it no longer holds, they are to be changed
        return
    assert found.status not in ("right", "inconclusive", "bug"), found
    assert found.points <= EARNED.get(name, 0), (found.arrays, found.diagnosis)
    assert not reached.exists()


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["none", "bwrap"])
def test_a_hostile_file_is_a_row_and_stops_no_other(mode, assignment, tmp_path):
    sandbox = box(mode)
    for name, (source, _) in HOSTILE.items():
        (tmp_path / f"{name}.py").write_text(source, encoding="latin-1")
    found = submissions([(tmp_path, None)], assignment.file)
    rows = {g.submission: g for g in grade_all(found, assignment, 2, sandbox=sandbox).submissions}
    assert rows.keys() == HOSTILE.keys()
    for name, (_, expected) in HOSTILE.items():
        row = rows[name]
        assert row.status in ((expected,) if isinstance(expected, str) else expected), row
        assert (row.points, row.of) == (0, assignment.of)
        assert row.diagnosis.replace("\n", "").isprintable()
