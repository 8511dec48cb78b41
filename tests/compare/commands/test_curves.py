import json

import pytest

from compare.commands.curves import curves
from compare.common.errors import UserError


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


def test_a_published_run_is_not_mixed_with_other_settings():
    for settings in ({"rate": 0.1}, {"seed": 3}, {"dtype": "float32"}, {"optimizer": "adam"}):
        with pytest.raises(UserError, match=f"leave out --{next(iter(settings))}"):
            curves(run="micrograd", **settings)


def test_a_published_run_says_how_it_meets_the_figures(capsys):
    assert curves(run="micrograd") == 0
    assert capsys.readouterr().out.count("100 of 100 accuracies equal") == 3


def test_adam_under_a_schedule_trains_alike(capsys):
    assert curves(optimizer="adam", schedule="cosine", clip=1.0, steps=10) == 0
    assert "adam, rate 0.01, cosine (steps 10, end 0), clip 1" in " ".join(capsys.readouterr().out.split())
