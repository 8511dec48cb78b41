import json
import shutil
from pathlib import Path

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


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--lines"], "threeways mistakes --bench"),
        (["--bench", "--many", "3"], "--bench --lines"),
        (["--bench", "--lines", "--quick"], "--many in place of --quick"),
        (["--bench", "--lines", "--many", "0"], "at least 1"),
        (["--bench", "--lines", "--functions", "siamees"], "did you mean 'siamese'"),
        (["--families"], "threeways mistakes --bench"),
        (["--bench", "--lines", "--families"], "one at a time"),
        (["--bench", "--families", "--quick"], "--many in place of --quick"),
        (["--bench", "--families", "--functions", "mlp"], "--bench --lines"),
        (["--wild", "--bench"], "leave out --bench"),
        (["bias-averaged", "--wild"], "leave out ID"),
        (["--jobs", "2"], "threeways mistakes --wild"),
        (["--wild", "--jobs", "0"], "from 1 to 1000"),
        (["--bench", "--families", "--jobs", "0"], "from 1 to 1000"),
        (["--bench", "--families", "--errors", "-1"], "a number from 0"),
        (["--bench", "--lines", "--seconds", "5"], "--bench --families"),
        (["--wild", "--wild-cases", "nowhere"], "no cases in nowhere"),
    ],
)
def test_options_of_the_bench_of_lines_are_checked(options, says, capsys):
    assert main(["mistakes", *options]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.slow
def test_the_bench_of_lines_writes_a_row_for_each_mistake(tmp_path, capsys):
    path, page = tmp_path / "lines.json", tmp_path / "lines.html"
    options = ["--many", "1", "--functions", "siamese", "--json", str(path), "--html", str(page)]
    assert main(["mistakes", "--bench", "--lines", *options]) == 0
    result = json.loads(path.read_text())
    assert (
        result["schema"] == "threeways/lines/1"
        and result["single"]["found"] == result["single"]["cases"] == 1
    )
    (row,) = [r for r in result["rows"] if r["case"] == "single"]
    assert {"line", "kind", "named", "fixes", "said", "seconds", "right", "wrong"} <= row.keys()
    assert "siamese" in page.read_text()
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 100


def test_a_case_of_the_wild_writes_a_row_for_each_file(tmp_path, capsys):
    cases = Path(__file__).parents[3] / "benchmarks" / "wild"
    shutil.copytree(cases / "ridge-tutorial-two-lambda", tmp_path / "cases" / "ridge-tutorial-two-lambda")
    path, page = tmp_path / "wild.json", tmp_path / "wild.html"
    options = ["--wild-cases", str(tmp_path / "cases"), "--json", str(path), "--html", str(page)]
    assert main(["mistakes", "--wild", *options]) == 0
    result = json.loads(path.read_text())
    assert result["schema"] == "threeways/wild/1" and result["sources"] == 1
    assert [(r["kind"], r["verdict"]) for r in result["rows"]] == [("right", "right"), ("wrong", "wrong")]
    assert "1 of 1 public mistakes found" in " ".join(capsys.readouterr().out.split())
    assert "linear regression" in page.read_text()
