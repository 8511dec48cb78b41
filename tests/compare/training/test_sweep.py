import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from compare.common.errors import UserError
from compare.common.results import plain
from compare.report import door
from compare.report.pictures import sweep as pictures
from compare.training import cells as celled
from compare.training import sweep as sweeps
from compare.training.cells import Sweep, cells, run_cell, settings

ROOT = Path(__file__).resolve().parents[3]
TOML = """
[network]
sizes = [64, 10, 10]
activations = ["tanh", "softmax"]
[optimizer]
name = "momentum"
[training]
epochs = 2
[sweep]
implementations = ["hand", "torch"]
[sweep.over]
rate = [0.01, 0.1]
width = [5, 12]
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("sweep") / "mine.toml"
    path.write_text(TOML)
    return str(path)


@pytest.fixture(scope="module")
def whole(config, tmp_path_factory):
    out = tmp_path_factory.mktemp("sweep") / "whole"
    return sweeps.sweep("mine", cells(config), out, workers=1), out


def test_a_grid_is_every_combination(config):
    found = cells(config)
    assert len(found) == len({cell.id for cell in found}) == 2 * 2 * 2
    assert {json.loads(cell.setting)["width"] for cell in found} == {5, 12}


def test_width_depth_and_activation_make_the_hidden_layers():
    said = celled.applied(
        {"network": {"sizes": [64, 30, 10], "activations": ["sigmoid", "softmax"]}},
        {"width": 7, "depth": 3, "activation": "relu"},
    )
    assert said["network"]["sizes"] == [64, 7, 7, 7, 10]
    assert said["network"]["activations"] == ["relu", "relu", "relu", "softmax"]


def test_random_trials_are_drawn_from_lists_and_ranges_and_are_the_same_each_time():
    sweep = Sweep({"rate": {"low": 1e-4, "high": 1.0}, "batch": [16, 32]}, "random", trials=50)
    drawn = settings(sweep)
    assert drawn == settings(sweep) and len(drawn) == 50
    assert all(1e-4 <= s["rate"] <= 1 and s["batch"] in (16, 32) for s in drawn)
    assert 10 < sum(s["rate"] < 1e-2 for s in drawn) < 40  # half of the logarithms


def test_the_table_has_the_best_by_validation_first(whole):
    result, out = whole
    best = [trial["validation_accuracy"] for trial in result.trials]
    assert best == sorted(best, reverse=True) and len(best) == 8
    assert (out / "table.csv").read_text().startswith("implementation,rate,width,seeds,validation_accuracy")
    assert result.test_evaluations == 8
    assert max(map(len, door.text(plain(result)).splitlines())) <= 100


def test_finished_cells_never_run_twice(whole, config, monkeypatch):
    monkeypatch.setattr(sweeps, "run_cell", refuse)
    again = sweeps.sweep("mine", cells(config), whole[1], workers=1)
    assert again.runs == whole[0].runs


def refuse(cell):
    raise AssertionError("a finished cell was run again")


def test_the_expected_best_of_one_is_the_mean_and_grows_with_the_budget():
    best = sweeps.expected_best([0.2, 0.4, 0.9])
    assert best[0] == pytest.approx(0.5)
    # Of two draws from three values: 1/9, 3/9 and 5/9 are the chances of each to be the larger.
    assert best[1] == pytest.approx((0.2 + 3 * 0.4 + 5 * 0.9) / 9)
    assert best == sorted(best)


def dies_once(cell):
    """A worker that is killed by the first cell it gets, once in all."""
    flag = Path(os.environ["THREEWAYS_TEST_FLAG"])
    if not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return run_cell(cell)


def test_a_killed_worker_loses_nothing(whole, config, tmp_path, monkeypatch):
    monkeypatch.setenv("THREEWAYS_TEST_FLAG", str(tmp_path / "flag"))
    monkeypatch.setattr(sweeps, "run_cell", dies_once)
    result = sweeps.sweep("mine", cells(config), tmp_path / "out", workers=2)
    assert (tmp_path / "flag").exists()
    assert plain(result.runs) == plain(whole[0].runs)


CHILD = """
import sys
from compare.training import cells, sweep
if __name__ == "__main__":
    sweep.sweep("mine", cells.cells(sys.argv[1]), sys.argv[2], workers=1)
"""


def test_a_killed_client_loses_nothing(whole, config, tmp_path):
    out = tmp_path / "out"
    child = subprocess.Popen([sys.executable, "-c", CHILD, config, str(out)], cwd=ROOT)
    until = time.monotonic() + 300
    while not list(out.glob("cells/[!.]*.json")) and child.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    child.kill()
    child.wait()
    kept = {path: path.stat().st_mtime_ns for path in out.glob("cells/[!.]*.json")}
    assert kept
    result = sweeps.sweep("mine", cells(config), out, workers=1)
    assert plain(result.runs) == plain(whole[0].runs)
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in kept.items())


def test_the_pictures_are_svg(whole):
    drawn = plain(whole[0])
    assert pictures.axes_of(drawn) == ("rate", "width")
    assert "<svg" in pictures.curves(drawn).svg() and "<svg" in pictures.heatmap(drawn, "rate", "width").svg()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("[sweep.over]", "[sweep.ovr]"), "sweep.over"),
        (("rate = [0.01, 0.1]", "rat = [0.1]"), "did you mean 'rate'"),
        (("rate = [0.01, 0.1]", "rate = 0.1"), "a list of values"),
        (("rate = [0.01, 0.1]", "rate = [-1.0]"), "above 0"),
        (('["hand", "torch"]', '["hnd"]'), "did you mean 'hand'"),
        (("epochs = 2", "epochs = 0"), "whole number"),
        (("[sweep]", '[sweep]\nkind = "random"'), "trials"),
        (("[sweep]", "[sweep]\nseed = 3"), "did you mean 'seeds'"),
    ],
)
def test_an_unusable_sweep_is_refused_before_anything_runs(tmp_path, change, says):
    path = tmp_path / "bad.toml"
    path.write_text(TOML.replace(*change))
    with pytest.raises(UserError, match=says):
        cells(str(path))


def test_a_scheduler_needs_dask(config, tmp_path):
    try:
        import distributed  # noqa: F401
    except ImportError:
        with pytest.raises(UserError, match=r"threeways\[distributed\]"):
            sweeps.sweep("mine", cells(config), tmp_path / "out", scheduler="tcp://127.0.0.1:1")
