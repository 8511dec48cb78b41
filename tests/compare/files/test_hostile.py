"""A file that breaks what it runs in, or brings what is no array, ends in a verdict or in one line."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from compare.common.errors import UserError
from compare.files.process import run
from compare.files.raised import NoAnswerError
from compare.files.surroundings import Surroundings
from tests.fuzz.hostile import GIVEN, HAND

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")


def outcome(tmp_path, timeout=20.0, **slots):
    file = tmp_path / "mine.py"
    file.write_text(HAND.format(**GIVEN | slots))
    return run(file, timeout=timeout, memory=1.0)


@pytest.mark.parametrize(
    ("slots", "said"),
    [
        ({"body": "import builtins; builtins.len = None"}, "changed builtins.len"),
        ({"body": "np.asarray = None"}, "changed numpy.asarray"),
        ({"x": "(row for row in V)"}, "x (generator) cannot be read and copied"),
        ({"x": "np.ma.masked_greater(V, 0)"}, "x: a masked array's mask would be lost"),
        ({"params": "__import__('types').SimpleNamespace(W=W, b=b)"}, "params is a SimpleNamespace"),
        ({"answer": "np.ma.masked, grads"}, "the loss is a masked array"),
        (
            {"answer": "loss, {**grads, **{str(i): 1.0 for i in range(10**5)}}"},
            "100,002 gradients are returned",
        ),
        ({"tail": "def example(n): return params, x, y"}, "example() missing 1 required positional argument"),
        (
            {"body": "raise type('E', (Exception,), {'__str__': lambda s: s})"},
            "your code raised E (mine.py, line",
        ),
        ({"x": "np.broadcast_to(1.0, (10**15, 2))"}, "more memory than 1 GB"),
    ],
)
def test_it_is_said_in_one_line(slots, said, tmp_path):
    with pytest.raises(UserError) as raised:
        outcome(tmp_path, **slots)
    assert said in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "slots",
    [
        {"params": "__import__('collections').defaultdict(lambda: W, W=W, b=b)"},
        {"tail": "globals()[1] = 2; __file__ = None; sys.argv = None"},
        {"body": "import json; json.dumps = None"},
    ],
)
def test_what_does_not_matter_does_not(slots, tmp_path):
    assert outcome(tmp_path, **slots).exit == 0


@linux
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("os.kill(os.getpid(), 19)", "signal SIGSTOP"),
        pytest.param(
            "import faulthandler; faulthandler.cancel_dump_traceback_later()\n    while True: pass",
            "ran out of time after 1 s",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_process_that_no_longer_answers_is_noticed(body, said, tmp_path):
    with pytest.raises(NoAnswerError, match=said):
        outcome(tmp_path, timeout=1.0, body=body)


@linux
def test_what_it_started_and_wrote_ends_with_it(tmp_path):
    started = f"import subprocess, tempfile; subprocess.Popen({SLEEPING!r}, start_new_session=True)"
    found = outcome(tmp_path, body=f"{started}; print(tempfile.mkdtemp())")
    assert found.exit == 0 and not Path(found.printed.splitlines()[0]).exists()
    until = time.monotonic() + 60
    while _sleeping() and time.monotonic() < until:
        time.sleep(0.05)
    assert not _sleeping()


SLEEPING = ["sleep", f"613.{os.getpid()}"]  # told apart from that of another run on this machine


def _sleeping():
    return " ".join(SLEEPING) in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout


def test_surroundings_are_put_back():
    around, was = Surroundings(), (np.sum, os.getcwd, list(sys.path))
    try:
        np.sum, os.getcwd, sys.path[:] = None, None, []
        assert around.restored() in ("os.getcwd", "numpy.sum", "sys.path")
    finally:
        np.sum, os.getcwd, sys.path[:] = was
    assert around.restored() is None
