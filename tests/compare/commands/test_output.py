"""What a terminal obeys never reaches it, whatever a file is called: commands print through one door."""

import ast
import json
from pathlib import Path

import pytest

from compare import commands
from compare.cli import main
from compare.common.words import say
from tests.compare.report.more_samples import EVERY_KIND

NAME = "a\x1b[31m\u202eb"


def test_say_writes_out_what_a_terminal_obeys(capsys):
    say("a\x1b[2J\u202e\ud800\nb", end="")
    say("\x07", error=True)
    assert capsys.readouterr() == ("a\\x1b[2J\\u202e\\ud800\nb", "\\x07\n")


@pytest.mark.parametrize("path", sorted(Path(commands.__path__[0]).glob("*.py")), ids=lambda path: path.stem)
def test_a_command_prints_through_the_door_alone(path):
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert "print" not in [call.id for call in calls if isinstance(call, ast.Name)]


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--init", f"{NAME}.py"],
        ["check", "--init", f"{NAME}.py", "--style", "assignment"],
        ["exercise", "mlp", NAME],
        ["report", "r\x1b.json"],
        ["report", "r\x1b.json", "--figures", NAME],
        ["report", "r\x1b.json", "r\x1b.json", "--html", f"{NAME}.html"],
        ["derive", "--md", f"{NAME}.md"],
        ["check", f"{NAME}.py"],
        ["baseline", f"{NAME}.toml"],
        ["gradients", "--data", f"{NAME}.npz"],
        ["gradients", "--set", f"{NAME}=1"],
        ["curves", "--optimizer", NAME],
        [NAME],
    ],
)
def test_a_name_with_control_characters_is_written_out(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("r\x1b.json").write_text(json.dumps(EVERY_KIND["grades"]))
    assert main(arguments) in (0, 2)
    said = "".join(capsys.readouterr()).replace("\n", "")
    assert said and said.isprintable()
