"""The tests of dask_apart.py, in a process of their own.

Threads of dask's clients outlive a test, and what the garbage collector ends may wait for them in any thread: also in
the one by which a worker of pytest-xdist is asked for more.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.compare.training.test_sweep import ROOT

HANGS = 200  # seconds after which one test says where it is


@pytest.mark.slow
def test_a_sweep_over_dask_loses_nothing_and_says_what_ended_in_one_line():
    pytest.importorskip("distributed")
    own = str(Path(__file__).with_name("dask_apart.py"))
    options = ["-p", "no:xdist", "-p", "no:cacheprovider", "-o", f"faulthandler_timeout={HANGS}"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, own], cwd=ROOT, capture_output=True, text=True, timeout=500
    )
    assert ran.returncode == 0 and "passed" in ran.stdout, ran.stdout + ran.stderr
