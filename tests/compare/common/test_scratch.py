"""A temporary folder ends with its process; that of a killed one goes when the next begins."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from compare.common import scratch
from compare.common.child import ROOT

LEFT = """
import os
from compare.common.scratch import Scratch
it = Scratch()
print(it.name, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    scratch._swept.cache_clear()
    yield tmp_path
    scratch._swept.cache_clear()


@pytest.mark.skipif(scratch.fcntl is None, reason="no locks here")
def test_the_folder_of_a_killed_process_goes_and_that_of_a_running_one_stays(temporary):
    killed = subprocess.run(
        [sys.executable, "-c", LEFT], cwd=ROOT, capture_output=True, text=True, env={"TMPDIR": str(temporary)}
    )
    assert killed.returncode == -signal.SIGKILL and Path(killed.stdout.strip()).is_dir()
    (temporary / "threeways-of-another-kind").mkdir()
    scratch._swept.cache_clear()
    with scratch.Scratch() as first:
        assert not Path(killed.stdout.strip()).exists()
        scratch._swept.cache_clear()
        with scratch.Scratch() as second:
            assert Path(first).is_dir() and Path(second).is_dir()
    assert [path.name for path in temporary.iterdir()] == ["threeways-of-another-kind"]
