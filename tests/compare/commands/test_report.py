"""threeways report: from a JSON file to the page, to pictures and CSV, and two against each other."""

import csv
import inspect
import json

import pytest

from compare.cli import COMMANDS, app, main
from compare.report.door import text
from tests.compare.report import samples


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """saved(name, result): a JSON file in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def save(name, result):
        (tmp_path / name).write_text(json.dumps(result))
        return name

    return save


def test_the_page_stands_beside_the_file_unless_told_otherwise(saved, tmp_path, capsys):
    assert main(["report", saved("g.json", samples.gradients())]) == 0
    said = capsys.readouterr().out
    assert said == f"{text(samples.gradients())}\n\ng.html: open it in a browser\n"
    assert (tmp_path / "g.html").read_text().startswith("<!DOCTYPE html>")
    assert main(["report", "g.json", "--html", "other.html"]) == 0
    assert (tmp_path / "other.html").read_text() == (tmp_path / "g.html").read_text()


def test_an_existing_page_is_kept_unless_told_otherwise(saved, tmp_path, capsys):
    (tmp_path / "g.html").write_text("mine")
    assert main(["report", saved("g.json", samples.gradients())]) == 2
    assert "--force replaces it" in capsys.readouterr().err
    assert (tmp_path / "g.html").read_text() == "mine"
    assert main(["report", "g.json", "--force"]) == 0


def test_figures_are_svg_png_and_csv(saved, tmp_path, capsys):
    assert main(["report", saved("run.json", samples.run()), "--figures", "figures"]) == 0
    written = {path.name for path in (tmp_path / "figures").iterdir()}
    for picture in ("network", "heatmaps", "curves", "timing", "ledger", "break-even", "widths"):
        assert {f"{picture}.svg", f"{picture}.png"} <= written
    assert {"curves.csv", "table-gradients.csv", "table-time.csv", "heatmap-W1.csv"} <= written
    assert capsys.readouterr().out == f"figures: {len(written)} files, SVG, PNG and CSV\n"
    assert not (tmp_path / "run.html").exists()


def test_the_csv_of_curves_has_every_loss_as_it_was(saved, tmp_path):
    main(["report", saved("c.json", samples.curves()), "--figures", "."])
    rows = list(csv.DictReader((tmp_path / "curves.csv").read_text().splitlines()))
    losses = samples.curves()["contenders"][0]["loss"]
    assert [float(row["loss, hand"]) for row in rows] == losses
    assert [int(row["step"]) for row in rows] == list(range(len(losses)))


def test_figures_replace_nothing_unless_told_otherwise(saved, tmp_path, capsys):
    (tmp_path / "heatmaps.svg").write_text("mine")
    assert main(["report", saved("g.json", samples.gradients()), "--figures", "."]) == 2
    assert "heatmaps.svg exists" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["g.json", "heatmaps.svg"]


def test_two_files_are_held_against_each_other(saved, tmp_path):
    one, other = saved("a.json", samples.time()), samples.time()
    other["contenders"][0]["steady_s"]["median"] *= 3
    other["environment"]["python"] = "3.12"
    assert main(["report", one, saved("b.json", other)]) == 0
    page = (tmp_path / "a-b.html").read_text()
    for said in ("a.json", "b.json", "300 µs", "900 µs", "3.11", "3.12"):
        assert said in page


def test_an_array_that_only_one_result_has_is_said_to_be_there(saved, tmp_path):
    fewer = samples.gradients(verdicts=samples.gradients()["verdicts"][1:])
    assert main(["report", saved("a.json", samples.gradients()), saved("b.json", fewer)]) == 0
    page = (tmp_path / "a-b.html").read_text()
    assert page.count("there</td>") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["absent.json"], "cannot read absent.json"),
        (["text.txt"], "is not JSON"),
        (["list.json"], "is not a result of threeways"),
        (["unknown.json"], "there is no page for threeways/nothing/1"),
        (["g.json", "c.json"], "two results of one command"),
        (["g.json", "g.json", "--figures", "x"], "leave out the second"),
        (["g.json", "--figures", "text.txt"], "cannot make the folder text.txt"),
        (["g.json", "--html", "no/page.html"], "there is no folder no"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(saved, tmp_path, capsys, arguments, says):
    (tmp_path / "text.txt").write_text("no JSON")
    saved("list.json", [1])
    saved("unknown.json", {"schema": "threeways/nothing/1"})
    saved("g.json", samples.gradients())
    saved("c.json", samples.curves())
    assert main(["report", *arguments]) == 2
    err = capsys.readouterr().err
    assert says in err and err.count("\n") == 1


def test_every_command_that_writes_raw_results_writes_a_page_too():
    callbacks = {
        name: command.callback for name, command in zip(COMMANDS, app().registered_commands, strict=True)
    }
    for name, callback in callbacks.items():
        options = inspect.signature(callback).parameters
        assert ("json" in options) <= ("html" in options), name
