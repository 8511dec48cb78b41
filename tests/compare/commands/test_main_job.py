"""The main job: three parts into one folder, nothing lost, nothing half-written."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from compare.cli import main
from compare.commands import run as command
from compare.commands.main_job import free_folder, run_parts
from compare.common.errors import UserError
from tests.compare.report import samples

ROOT = Path(__file__).resolve().parents[3]


class Part(dict):
    """A sample in the place of a part's result."""

    exit_code = 0
    interrupted = False


def stop():
    raise KeyboardInterrupt


def parts(**changed):
    made = {
        "gradients": lambda: Part(samples.gradients()),
        "curves": lambda: Part(samples.curves()),
        "time": lambda: Part(samples.time()),
    }
    return made | changed


@pytest.fixture
def quickly(monkeypatch, tmp_path):
    """Runs the command in a folder of its own with samples for results."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, **changed):
        monkeypatch.setattr(command, "_work", lambda *_: parts(**changed))
        return main(["run", *arguments])

    return run


def test_a_run_leaves_a_page_and_all_raw_results(quickly, tmp_path, capsys):
    assert quickly() == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith(
        "By hand, by torch and by jax: the same gradients, the same training run, to rounding.\n"
    )
    assert max(map(len, out.splitlines())) <= 100
    assert sorted(p.name for p in (tmp_path / "threeways-run").iterdir()) == ["report.html", "report.json"]
    data = json.loads((tmp_path / "threeways-run" / "report.json").read_text())
    assert list(data)[:2] == ["schema", "environment"]
    assert data["schema"] == "threeways/run/1"
    assert data["gradients"] == samples.gradients()
    assert set(data["seconds"]) == {"gradients", "curves", "time"}


def test_a_second_run_goes_beside_the_first_and_says_so(quickly, tmp_path, capsys):
    quickly()
    first = (tmp_path / "threeways-run" / "report.json").read_bytes()
    quickly("--quick")
    quickly()
    assert "writing to threeways-run-3" in capsys.readouterr().err
    assert (tmp_path / "threeways-run" / "report.json").read_bytes() == first
    assert {p.name for p in tmp_path.iterdir()} == {"threeways-run", "threeways-run-2", "threeways-run-3"}


def test_a_folder_without_a_report_is_used_and_what_is_in_it_kept(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    assert free_folder(tmp_path / "mine") == tmp_path / "mine"


def test_ctrl_c_keeps_what_is_finished(quickly, tmp_path, capsys):
    assert quickly(curves=stop) == 130
    data = json.loads((tmp_path / "threeways-run" / "report.json").read_text())
    assert data["interrupted"] and data["gradients"] and data["curves"] is None and data["time"] is None
    assert "Stopped early" in (tmp_path / "threeways-run" / "report.html").read_text()
    assert "Traceback" not in capsys.readouterr().err


def test_ctrl_c_before_anything_is_finished_leaves_no_folder(quickly, tmp_path, capsys):
    assert quickly(gradients=stop) == 130
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().err == "\nthreeways: stopped\n"


def test_a_part_that_fails_leaves_no_empty_folder(quickly, tmp_path, capsys):
    def refuse():
        raise UserError("this part cannot be done")

    assert quickly(gradients=refuse) == 2
    assert capsys.readouterr().err == "threeways: this part cannot be done\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "codes, worst", [((0, 0, 0), 0), ((0, 3, 0), 3), ((3, 1, 0), 1), ((0, 1, 4), 4)], ids=lambda c: str(c)
)
def test_the_exit_status_is_the_worst_of_the_parts(codes, worst):
    @dataclass(frozen=True)
    class Coded:
        exit_code: int

    work = {
        name: (lambda c=c: Coded(c)) for name, c in zip(("gradients", "curves", "time"), codes, strict=True)
    }
    assert run_parts(work).exit_code == worst


def test_a_part_that_was_stopped_itself_ends_the_run():
    @dataclass(frozen=True)
    class Stopped:
        interrupted: bool = True

    result = run_parts({"curves": Stopped, "time": stop})
    assert result.interrupted and result.curves == Stopped() and result.time is None


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_real_ctrl_c_ends_with_130_and_no_trace(tmp_path):
    running = subprocess.Popen(
        [sys.executable, "-m", "threeways", "run"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    while running.poll() is None and not (tmp_path / "threeways-run").exists():
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=600)
    # A Ctrl-C inside exec, which dataclasses use, makes Python itself end by the signal: 130 to a shell as well.
    assert running.returncode in (130, -signal.SIGINT), err
    assert "Traceback" not in err
    assert not list(tmp_path.rglob(".report*"))  # no half-written file


def test_without_what_draws_the_page_the_results_are_kept(quickly, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert quickly() == 0
    assert "report.html  the page needs jinja2: pip install matplotlib jinja2" in capsys.readouterr().out
    assert json.loads((tmp_path / "threeways-run" / "report.json").read_text())["schema"] == "threeways/run/1"
    assert not (tmp_path / "threeways-run" / "report.html").exists()
