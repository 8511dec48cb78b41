import json

import pytest

from compare.commands.curves import curves
from compare.errors import UserError


def test_the_command_writes_its_raw_results(tmp_path, capsys):
    path = tmp_path / "c.json"
    assert curves(steps=5, json=path) == 0
    assert capsys.readouterr().out.startswith("AGREE")
    result = json.loads(path.read_text())
    assert result["schema"] == "threeways/curves/1" and result["ok"] is True
    assert [len(c["loss"]) for c in result["contenders"]] == [5, 5, 5]


def test_an_existing_file_is_refused_before_any_work(tmp_path):
    path = tmp_path / "c.json"
    path.write_text("mine")
    with pytest.raises(UserError, match="--force"):
        curves(steps=5, json=path)
    assert path.read_text() == "mine"


def test_nothing_is_written_where_the_settings_are_unusable(tmp_path):
    with pytest.raises(UserError):
        curves(steps=0, json=tmp_path / "c.json")
    assert not list(tmp_path.iterdir())
