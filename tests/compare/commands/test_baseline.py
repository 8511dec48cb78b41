import json

import pytest

from compare.commands.baseline import baseline
from compare.commands.diff import diff
from compare.commands.sweep import sweep
from compare.common.errors import UserError


def test_a_baseline_and_its_diff_from_the_command_line(tmp_path, capsys):
    out, path = tmp_path / "b", tmp_path / "b.json"
    assert baseline("digits", seeds=1, epochs=1, out=out, json=path) == 0
    assert capsys.readouterr().out.startswith("DONE")
    assert json.loads(path.read_text())["schema"] == "threeways/baseline/1"
    assert diff(out, out, json=tmp_path / "d.json") == 0
    assert capsys.readouterr().out.startswith("SAME")


def test_no_seeds_are_refused_before_anything_is_made(tmp_path):
    with pytest.raises(UserError, match="--seeds 0"):
        baseline("digits", seeds=0, out=tmp_path / "b")
    assert not list(tmp_path.iterdir())


def test_no_workers_are_refused(tmp_path):
    with pytest.raises(UserError, match="--workers 0"):
        sweep("digits-sweep", workers=0, out=tmp_path / "s")
