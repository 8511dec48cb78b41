"""Check how a report on a public mistake is scored, with reports that are made up and one that is real."""

import pytest

from compare.checks.bench.wild.bench import bench
from compare.checks.bench.wild.corpus import FOLDER, cases
from compare.commands.mistakes import judged_in_public
from compare.common.errors import UserError

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="benchmarks/ is not in the wheel")
NAME = "svm-decay-factor"


def the(name):
    return next(case for case in cases() if case.name == name)


def finding(line, *, lines=(), one_of=(), to=None):
    found = {"line": line, "lines": list(lines), "file": "wrong.py", "one_of": list(one_of), "fix": None}
    if to:
        change = {"line": line, "from": "dW += reg * W", "to": to}
        found["fix"] = change | {"statement": change}
    return found


def scored(findings, exit=1, case=None):
    """Return the row of the wrong file, where the right file is called right."""
    case = case or the(NAME)

    def judge(case, file):
        wrong = file.stem == "wrong"
        return {"findings": findings if wrong else [], "diagnosis": "", "exit": exit if wrong else 0}

    result = bench([case], judge)
    (row,) = [r for r in result.rows if r["kind"] == "wrong"]
    return row, result


def test_a_named_line_counts_among_three_and_alone():
    (planted,) = the(NAME).planted()
    assert scored([finding(planted)])[0]["alone"]
    row, _ = scored([finding(planted - 1, lines=[planted - 1, planted])])
    assert row["line"] and not row["alone"]
    assert not scored([finding(planted, lines=[planted - 3, planted - 2, planted - 1, planted])])[0]["line"]
    assert not scored([finding(planted - 1)])[0]["line"]


def test_the_id_that_fits_explains_and_another_does_not():
    (planted,) = the(NAME).planted()
    assert scored([finding(planted, one_of=["decay-factor", "factor-two"])])[0]["by_id"]
    assert not scored([finding(planted, one_of=["sign-flipped"])])[0]["explained"]


def test_a_change_explains_only_where_it_makes_the_gradient_right():
    (planted,) = the(NAME).planted()
    assert scored([finding(planted, to="dW += 2 * reg * W")])[0]["by_change"]
    for change in ("dW += 3 * reg * W", "dW += reg * undefined", "dW += reg * W / 0"):
        assert not scored([finding(planted, to=change)])[0]["explained"]


def test_what_is_called_right_is_not_found_whatever_it_names():
    (planted,) = the(NAME).planted()
    row, result = scored([finding(planted, one_of=["decay-factor"])], exit=0)
    assert not (row["found"] or row["line"] or row["explained"]) and result.exit_code == 1


def test_right_code_that_is_called_wrong_fails_the_bench():
    accused = the("caffe-batchnorm-mean-y")
    for exit, wrong in ((1, 1), (0, 0), (3, 0)):
        reports = {"findings": [], "diagnosis": None, "exit": exit}
        result = bench([accused], lambda *_, reports=reports: reports, jobs=2)
        part = result.held_out if accused.held_out else result.seen
        assert part["accused"] == 1 and part["accused_wrong"] == wrong and result.exit_code == wrong


def test_a_file_without_a_verdict_is_kept_with_its_message():
    def judge(case, file):
        raise UserError("no loss in wrong.py")

    (row, _) = sorted(bench([the(NAME)], judge).rows, key=lambda r: r["kind"] != "wrong")
    assert row["verdict"] == "no verdict" and row["said"] == "no loss in wrong.py" and not row["found"]


@pytest.mark.lines
@pytest.mark.parametrize("name", [NAME, "adam-power-forgotten"])
def test_a_public_mistake_is_found_and_explained_by_the_command_itself(name):
    result = bench([the(name)], judged_in_public)
    row = next(r for r in result.rows if r["kind"] == "wrong")
    assert row["found"] and row["line"] and row["explained"] and result.exit_code == 0


@pytest.mark.slow
@pytest.mark.usefixtures("warm")
def test_no_accused_file_is_called_wrong():
    result = bench([case for case in cases() if case.accused], judged_in_public)
    assert [r["case"] for r in result.rows if r["verdict"] == "wrong"] == []
    unread = {r["case"] for r in result.rows if r["verdict"] == "no verdict"}
    assert unread <= {"single-neuron-derivative", "sklearn-relu-of-output"}, (
        "a child that died called none wrong"
    )
