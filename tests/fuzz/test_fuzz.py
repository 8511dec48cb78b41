"""The fuzz notices what it looks for, and a sample of it finds nothing."""

import os
import random
import subprocess
import sys

import pytest

from compare.common.child import ROOT
from tests.fuzz import changes
from tests.fuzz.running import _wrong

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")


@pytest.mark.slow
def test_a_sample_ends_with_a_status_and_a_line():
    command = [sys.executable, "-m", "tests.fuzz", "--count", "80", "--seed", "0"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("kind", "status", "out", "err", "file"),
    [
        ("hang", None, "", "", None),
        ("exit 4", 4, "", "threeways: a bug in threeways\n", None),
        ("exit -9", -9, "", "", None),
        ("traceback", 0, "Traceback (most recent call last):\n", "", None),
        ("not one line", 2, "", "threeways: one\ntwo\n", None),
        ("no word", 2, "", "", None),
        ("control character", 0, "a \x1b[2J", "", None),
        ("control character", 2, "", "threeways: \u202e\n", None),
        ("leftover", 0, "", "", (".r.json.12-0.tmp", "half")),
        ("formula", 0, "", "", ("t.csv", "a,=1+1\n")),
        ("formula", 0, "", "", ("t.csv", '"\ufeff@SUM(1)"\n')),
        ("script", 0, "", "", ("p.html", "<script>alert(1)</script>")),
    ],
)
def test_what_is_wrong_is_noticed(kind, status, out, err, file, tmp_path):
    if file:
        (tmp_path / file[0]).write_text(file[1])
    assert kind in [found for found, _ in _wrong("a_report", status, out, err, tmp_path, set())]


def test_what_is_right_is_not(tmp_path):
    (tmp_path / "t.csv").write_text("a,-1.5,-,'=1+1\n")
    assert not list(_wrong("a_report", 2, "", "threeways: no such file\n", tmp_path, set()))


@pytest.mark.parametrize("name", ["r.json", "t.toml", "f.py", "d.npz", "x.bin"])
def test_a_change_depends_on_the_seed_alone(name, tmp_path):
    made = {
        "r.json": b'{"a": [1, 2, {"b": "c"}]}',
        "t.toml": b"[a]\nrate = 1\n",
        "f.py": b"x = 1\ny = x + 2\n",
    }
    if name == "d.npz":
        import numpy as np

        np.savez(tmp_path / "valid.npz", x=np.eye(3), y=np.arange(3))
        made[name] = (tmp_path / "valid.npz").read_bytes()
    found = []
    for seed in (*range(12), *range(12)):
        (tmp_path / name).write_bytes(made.get(name, os.fsencode("0123456789")))
        changes.change(tmp_path / name, random.Random(seed))
        found.append((tmp_path / name).read_bytes() if (tmp_path / name).is_file() else None)
        if (tmp_path / name).is_dir():
            (tmp_path / name).rmdir()
    assert found[:12] == found[12:] and len(set(found)) > 6
