"""A baseline: resumable at every epoch, killed or not, with the same numbers to the last bit."""

import csv
import dataclasses
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from compare.common.errors import UserError
from compare.common.results import plain
from compare.networks import data
from compare.report import door, methods
from compare.training import baseline as baselines
from compare.training import config as configs
from compare.training import protocol
from compare.training.checkpoints import Checkpoints, digest
from compare.training.contenders import Contender
from compare.training.kept import Kept

DIGITS = data.load()
CONFIG = dataclasses.replace(configs.read("digits"), epochs=3)
ROOT = Path(__file__).resolve().parents[3]


def numbers(result):
    return [
        (r["implementation"], r["seed"], r["test_accuracy"], r["parameters_sha256"], r["epochs"])
        for r in result.runs
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An uninterrupted baseline of two seeds, and its folder."""
    out = tmp_path_factory.mktemp("baseline") / "whole"
    return baselines.baseline(CONFIG, DIGITS, [0, 1], out), out


def test_the_three_agree_and_learn(whole):
    result, _ = whole
    assert [(r["implementation"], r["seed"]) for r in result.runs] == [
        (who, seed) for seed in (0, 1) for who in ("hand", "torch", "jax")
    ]
    assert all(run["test_accuracy"] > 0.8 and len(run["epochs"]) == 3 for run in result.runs)
    for pair in result.differences:
        if "scikit-learn" not in (pair["one"], pair["other"]):
            assert max(map(abs, pair["differences"])) <= 1 / 360  # one sample of the test set
    assert result.peer["runs"][0]["test_accuracy"] > 0.7


def test_under_five_seeds_no_interval_is_given(whole):
    for row in whole[0].summary:
        assert row["low"] is None and "under 5" in row["reason"]


def test_the_test_set_is_used_once_a_run(whole):
    assert whole[0].test_evaluations == 6 + 2


def test_the_parts_share_no_sample_and_leave_none_out():
    parts = protocol.split(CONFIG, DIGITS)
    rows = np.concatenate([parts.x, parts.x_validation])
    assert len(rows) == len(DIGITS.x_train)
    assert sorted(map(bytes, rows)) == sorted(map(bytes, DIGITS.x_train))


def test_every_start_is_kept_with_its_digest(whole):
    result, out = whole
    for start in result.starts:
        kept = data.read_npz(out / start["file"])
        assert digest({"order": kept["order"]}) == start["batch_order_sha256"]
        parameters = {name[6:]: a for name, a in kept.items() if name.startswith("param.")}
        assert digest(parameters) == start["parameters_sha256"]


def test_the_csv_has_a_row_for_every_epoch(whole):
    rows = list(csv.DictReader(methods.epochs_csv(plain(whole[0])).splitlines()))
    assert len(rows) == 2 * 3 * 3
    assert float(rows[0]["gradient_norm_W1"]) > 0


def test_the_paragraph_says_what_n_is_and_the_table_fits(whole):
    data = plain(whole[0])
    assert "n is the number of seeds" in methods.paragraph(data).replace("\n", " ")
    assert max(map(len, door.text(data).splitlines())) <= 100


@pytest.mark.parametrize("who", ["hand", "torch", "jax"])
@pytest.mark.parametrize("epoch", [0, 1])
def test_a_run_resumed_at_any_epoch_is_bit_identical(whole, who, epoch, tmp_path):
    _, out = whole
    shutil.copytree(out, tmp_path / "b")
    for later in range(epoch + 1, 3):
        (tmp_path / "b" / "seed-0" / who / f"epoch-{later:04}.npz").unlink()
    parts = protocol.split(CONFIG, DIGITS)
    given = protocol.start(CONFIG, parts, 0)
    with Kept(tmp_path / "b") as kept:
        list(protocol.epochs(who, CONFIG, given, parts, Checkpoints(kept, f"seed-0/{who}")))
    for k in range(3):
        place = f"seed-0/{who}/epoch-{k:04}.npz"
        assert (tmp_path / "b" / place).read_bytes() == (out / place).read_bytes()


def test_what_is_finished_is_not_run_again(whole, monkeypatch):
    result, out = whole

    def refuse(self, step):
        raise AssertionError("a finished epoch was run again")

    monkeypatch.setattr(Contender, "step", refuse)
    assert numbers(baselines.baseline(CONFIG, DIGITS, [0, 1], out)) == numbers(result)


def test_more_seeds_go_on_in_the_same_folder(whole, tmp_path):
    result = baselines.baseline(CONFIG, DIGITS, [0], tmp_path / "b")
    more = baselines.baseline(CONFIG, DIGITS, [0, 1], tmp_path / "b")
    assert numbers(more)[:3] == numbers(result) and numbers(more) == numbers(whole[0])


def test_other_settings_in_the_same_folder_are_refused(whole):
    other = dataclasses.replace(CONFIG, batch=16)
    with pytest.raises(UserError, match="begun with batch 32, now it is 16"):
        baselines.baseline(other, DIGITS, [0], whole[1])


def test_a_folder_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(UserError, match="something else"):
        baselines.baseline(CONFIG, DIGITS, [0], tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_config_that_counts_steps_is_refused(tmp_path):
    with pytest.raises(UserError, match="epochs"):
        baselines.baseline(dataclasses.replace(CONFIG, epochs=None, steps=3), DIGITS, [0], tmp_path / "b")


CHILD = """
import dataclasses, sys
from compare.networks import data
from compare.training import baseline, config
said = dataclasses.replace(config.read("digits"), epochs=3)
baseline.baseline(said, data.load(), [0, 1], sys.argv[1])
"""
KILLS = int(os.environ.get("THREEWAYS_KILLS", "3"))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_killed_at_random_moments_the_numbers_are_the_same(whole, tmp_path):
    out, moments = tmp_path / "killed", random.Random(0)
    kept = set()
    for _ in range(KILLS):
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(out)], cwd=ROOT, stderr=subprocess.DEVNULL)
        # From the moment the folder is there, somewhere in the run.
        until = time.monotonic() + 300
        while not (out / "settings.json").exists() and child.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(moments.uniform(0, 4))
        child.kill()
        child.wait()
        now = {path.relative_to(out) for path in out.rglob("epoch-*.npz")}
        assert kept <= now  # nothing finished is lost
        kept = now
    assert numbers(baselines.baseline(CONFIG, DIGITS, [0, 1], out)) == numbers(whole[0])
    assert not list(out.rglob(".*"))


def test_differences_are_taken_seed_by_seed_where_both_have_the_seed():
    (pair,) = baselines.differences({"hand": {0: 0.9, 1: 0.8, 2: 0.7}, "torch": {1: 0.7, 0: 0.9}})
    assert pair["seeds"] == [0, 1]
    assert pair["differences"] == pytest.approx([0.0, 0.1])
