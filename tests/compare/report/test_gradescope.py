"""results.json has the fields that Gradescope documents, and says no more than is to be revealed."""

import json

import pytest

from compare.cli import main
from tests.compare.teaching.sample import ASSIGNMENT, RIGHT, changed, first

TOP = {"score", "execution_time", "output", "output_format", "visibility", "stdout_visibility", "tests"}
TEST = {"name", "score", "max_score", "status", "output", "output_format", "visibility"}


@pytest.fixture
def results(tmp_path):
    """results(source, *options) -> the dict of results.json"""

    def run(source, *options):
        (tmp_path / "assignment.py").write_text(ASSIGNMENT)
        (tmp_path / "mine.py").write_text(source)
        out = tmp_path / "results.json"
        command = ["check", str(tmp_path / "mine.py"), "--against", str(tmp_path / "assignment.py")]
        assert main([*command, "--gradescope", str(out), "--force", *options]) == 0
        return json.loads(out.read_text())

    return run


def test_the_fields_are_those_of_the_documentation(results):
    found = results(changed(("delta1.sum", "delta1.mean")))
    assert found.keys() == TOP
    assert all(test.keys() == TEST for test in found["tests"])
    assert found["score"] == sum(test["score"] for test in found["tests"]) == 8
    assert sum(test["max_score"] for test in found["tests"]) == 10
    (failed,) = [test for test in found["tests"] if test["status"] == "failed"]
    assert (failed["name"], failed["score"], failed["max_score"]) == ("gradient of b1", 0, 2)


def test_at_the_level_verdict_no_test_tells_the_place(results):
    found = results(changed(("delta1.sum", "delta1.mean")), "--reveal", "verdict")
    assert [test["name"] for test in found["tests"]] == ["all gradients"]
    assert "b1" not in json.dumps(found)


def test_what_crashes_gets_its_report_too(results):
    found = results("raise SystemExit(0)\n")
    assert found["score"] == 0 and "NO VERDICT" in found["output"]
    assert all(test["status"] == "failed" for test in found["tests"])


def test_what_it_prints_is_plain_text_and_shown_with_the_answer_only(results):
    talkative = first("print('<script>alert(1)</script>\\x1b[31m')")
    found = results(talkative, "--reveal", "answer")
    assert found["output_format"] == "text"
    assert "<script>" in found["output"] and "\x1b" not in found["output"]
    assert "script" not in results(talkative)["output"]  # it could be the hidden inputs


def test_several_need_a_folder_with_a_file_for_each(tmp_path, capsys):
    (tmp_path / "assignment.py").write_text(ASSIGNMENT)
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(RIGHT)
    command = ["check", str(tmp_path), "--against", str(tmp_path / "assignment.py")]
    assert main([*command, "--gradescope", str(tmp_path / "results")]) == 0
    assert [json.loads((tmp_path / "results" / n).read_text())["score"] for n in ("a.json", "b.json")] == [
        10,
        10,
    ]
    assert main([*command, "--gradescope", str(tmp_path / "r.json")]) == 2
    assert "takes one submission; 2 were given: name a folder" in capsys.readouterr().err
