"""Which files are submissions, what they are called, and the hints."""

import pytest

from compare.cli import main
from compare.common.errors import UserError
from compare.mistakes.catalogue import catalogue
from compare.teaching.folder import submissions
from compare.teaching.hints import ANY, BY_KIND, HINTS, hint


def made(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    return folder


def test_a_folder_gives_what_is_below_it_but_for_the_assignment_and_what_is_hidden(tmp_path):
    names = (
        "b.py",
        "a/solution.py",
        "c.ipynb",
        "notes.txt",
        "_helper.py",
        ".ipynb_checkpoints/c.ipynb",
        "hw.py",
    )
    found = submissions([(made(tmp_path, *names), None)], tmp_path / "hw.py")
    assert [one.name for one in found] == ["a/solution", "b", "c"]


def test_two_of_one_name_get_their_paths(tmp_path):
    made(tmp_path, "a/mine.py", "b/mine.py")
    found = submissions([(tmp_path / "a/mine.py", None), (tmp_path / "b/mine.py", "f")], "hw.py")
    assert len({one.name for one in found}) == 2 and found[1][2] == "f"


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"holds no \.py file"):
        submissions([(tmp_path, None)], "hw.py")


def test_a_folder_without_an_assignment_is_refused(tmp_path, capsys):
    assert main(["check", str(tmp_path)]) == 2
    assert "--against" in capsys.readouterr().err


@pytest.mark.parametrize("id", catalogue())
def test_a_hint_is_a_question_that_does_not_show_the_line(id):
    mistake = catalogue()[id]
    question = hint({"one_of": [id]}, "W1")
    assert question.endswith("?")
    assert not any(line in question for line in mistake.lines(2)[:2])


def test_what_has_no_name_gets_a_question_too():
    assert (
        hint(None, "b2") == BY_KIND["b"]
        and hint(None, "kernel") == ANY
        and hint(None, "loss") == BY_KIND["loss"]
    )
    assert len(set(HINTS.values())) == len(HINTS)
