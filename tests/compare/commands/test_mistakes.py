import json

import pytest

from compare.cli import main
from compare.mistakes.catalogue import catalogue
from compare.mistakes.steps import steps


def test_the_catalogue_lists_every_mistake_within_100_columns(capsys):
    assert main(["mistakes"]) == 0
    said = capsys.readouterr().out
    for id in catalogue() | steps():
        assert f"  {id} " in said
    assert max(map(len, said.splitlines())) <= 100


@pytest.mark.parametrize("id", catalogue() | steps())
def test_one_mistake_is_shown_with_the_right_line(id, capsys):
    assert main(["mistakes", id]) == 0
    said = capsys.readouterr().out
    assert "wrong " in said and "right " in said and "why " in said
    assert max(map(len, said.splitlines())) <= 100


def test_an_unknown_mistake_gets_the_nearest_name(capsys):
    assert main(["mistakes", "bias-avraged"]) == 2
    assert "did you mean 'bias-averaged'?" in capsys.readouterr().err


def test_options_of_the_bench_without_the_bench_are_refused(capsys):
    assert main(["mistakes", "--quick"]) == 2
    assert "threeways mistakes --bench" in capsys.readouterr().err
    assert main(["mistakes", "bias-averaged", "--bench"]) == 2


def test_the_bench_writes_its_result(tmp_path, capsys, monkeypatch):
    from compare.commands import mistakes

    monkeypatch.setattr(mistakes, "SAMPLE", {"architectures": 2, "draws": 1, "planted": False, "workers": 1})
    path = tmp_path / "bench.json"
    assert main(["mistakes", "--bench", "--quick", "--json", str(path)]) == 0
    result = json.loads(path.read_text())
    assert result["schema"] == "threeways/mistakes/1"
    wanted = {"cases", "found", "placed", "named", "correct", "false_alarms", "inconclusive"}
    assert wanted <= result["by_dtype"]["float32"].keys()
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 100
