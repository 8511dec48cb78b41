"""Six habits of writing a backward pass, from the command line: right files are RIGHT, planted mistakes are named."""

import json

import pytest

from compare.cli import main
from compare.files import starters
from tests.compare.files.planted import PLANTED, STYLES, source, wrong

pytestmark = pytest.mark.usefixtures("warm")


@pytest.mark.parametrize("style", STYLES)
def test_a_right_file_is_right(style, tmp_path, capsys):
    file = tmp_path / f"{style}.py"
    file.write_text(source(style))
    assert main(["check", str(file)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("RIGHT")
    assert "Recognised" in said
    assert max(map(len, said.splitlines())) <= 100


@pytest.mark.parametrize(
    ("style", "id", "right", "mistaken"), PLANTED, ids=[f"{s}-{i}" for s, i, *_ in PLANTED]
)
@pytest.mark.lines
def test_a_planted_mistake_is_named(style, id, right, mistaken, tmp_path, capsys):
    file, answer = tmp_path / "mine.py", tmp_path / "answer.json"
    file.write_text(wrong(style, right, mistaken))
    assert main(["check", str(file), "--json", str(answer)]) == 1
    assert capsys.readouterr().out.startswith("WRONG")
    findings = json.loads(answer.read_text())["findings"]
    assert id in {i for finding in findings for i in finding["one_of"]}
    placed = [finding for finding in findings if finding["line"] is not None]
    assert placed and all(finding["fix"] for finding in placed)


@pytest.mark.parametrize("style", starters.STYLES)
def test_a_starter_is_written_once(style, tmp_path, capsys):
    file = tmp_path / "mine.py"
    assert main(["check", "--init", str(file), "--style", style]) == 0
    assert file.read_text() == starters.text(style)
    assert main(["check", "--init", str(file), "--style", style]) == 2
    assert "exists" in capsys.readouterr().err


def test_an_unknown_style_is_answered_with_the_nearest(tmp_path, capsys):
    assert main(["check", "--init", str(tmp_path / "a.py"), "--style", "nielson"]) == 2
    assert "did you mean 'nielsen'" in capsys.readouterr().err
