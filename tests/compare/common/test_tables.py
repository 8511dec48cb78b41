"""CSV that a spreadsheet opens as text and numbers, whoever named the files."""

import csv
import io
import json

import pytest

from compare.cli import main
from compare.common.tables import as_csv, harmless
from compare.common.words import visible
from tests.compare.report.more_samples import grades

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    " =1+1",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "\u2060\u202e=1+1",
    "\uff1d1+1",
    "\uff0b1+1",
    "\uff0d1+1",
    "\uff20SUM(1)",
    "\u22121+1",
    "'=1+1",
    '"=1+1',
    "\u00a0=1+1",
    "a;=1+1",
    "a; =cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "-1e5+1",
]


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_begins_a_formula(cell):
    (row,) = csv.reader(io.StringIO(as_csv([cell], [])))
    assert len(row) == 1
    for part in row[0].split(";"):  # where ";" separates, an apostrophe begins each part
        assert not part.lstrip().startswith(tuple("=+-@\uff1d\uff0b\uff0d\uff20\u2212\ufeff\u200b"))
    assert row[0].isprintable()


@pytest.mark.parametrize(
    "cell",
    [
        1,
        -1.5,
        None,
        "",
        "-",
        "-1.5",
        "+3",
        "1e-5",
        "-1e-05",
        "nan",
        "-inf",
        "b1: bias-averaged",
        "adams",
        "a@b.c",
    ],
)
def test_numbers_and_words_stay(cell):
    assert harmless(cell) == ("" if cell is None else cell)


def test_what_a_terminal_obeys_is_written_out():
    assert visible("a\x1b[2J\x07\x9b1m\ud800\u202eb\nc", "\n") == "a\\x1b[2J\\x07\\x9b1m\\ud800\\u202eb\nc"
    assert visible("µ × ─ é 漢 😀") == "µ × ─ é 漢 😀"


def test_the_figures_of_grades_hold_no_formula(tmp_path, capsys):
    name = "\t=cmd|' /C calc'!A0\x1b[2J"
    data = grades()
    data["submissions"] = [s | {"submission": name} for s in data["submissions"]]
    (tmp_path / "grades.json").write_text(json.dumps(data))
    assert main(["report", str(tmp_path / "grades.json"), "--figures", str(tmp_path / "out")]) == 0
    assert main(["report", str(tmp_path / "grades.json")]) == 0
    assert "\x1b" not in capsys.readouterr().out
    for file in (tmp_path / "out").glob("*.csv"):
        cells = [cell for row in csv.reader(io.StringIO(file.read_text())) for cell in row]
        assert "'\\t=cmd|' /C calc'!A0\\x1b[2J" in cells or name not in file.read_text()
        assert not [cell for cell in cells if cell.lstrip().startswith(("=", "@", "+"))]
