"""Limits on time and memory: what they count, and the message where they are exceeded."""

import itertools
import sys

import numpy as np
import pytest

from compare.cli import main
from compare.files import guard
from compare.files.guard import Guard, NoAnswerError
from compare.files.process import run
from compare.files.session import Session
from tests.compare.files.test_process import RIGHT, within, written

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited on Linux only")
ARRAYS = {"W1": np.arange(1.0, 7.0).reshape(3, 2), "b1": np.ones(3)}, np.eye(4, 2) + 0.5, np.ones((4, 3))


@linux
def test_memory_that_runs_short_is_reported_with_the_users_line(tmp_path):
    file = written(tmp_path, within("hog = np.ones(10**9)"))
    with pytest.raises(
        NoAnswerError, match=r"more memory than 1 GB \(mine.py, line 7\): --memory gives more"
    ) as raised:
        run(file, memory=1)
    assert raised.value.kind == "memory"


@linux
def test_memory_is_enough_again_with_a_higher_limit(tmp_path, capsys):
    file = written(tmp_path, within("hog = np.empty(3 * 2**26)"))  # 1.5 GB, of which nothing is touched
    assert main(["check", file, "--memory", "1"]) == 2
    assert "--memory gives more" in capsys.readouterr().err
    assert main(["check", file, "--memory", "2"]) == 0


@linux
def test_what_is_kept_between_calls_counts(tmp_path):
    file = written(tmp_path, "kept = []\n" + within("kept.append(np.ones(2**24))"))  # 128 MB in each call
    with pytest.raises(NoAnswerError, match="more memory than 1 GB"):
        run(file, memory=1)


@linux
def test_memory_in_a_method_of_the_users_class_is_limited_too(tmp_path):
    text = "class Net:\n    def loss_and_grads(self, params, x, y):\n        hog = np.ones(10**9)\n"
    with pytest.raises(NoAnswerError, match="more memory than 1 GB"):
        run(written(tmp_path, RIGHT + "\n\n" + text), "Net", memory=1)


def test_a_script_reads_no_options_of_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["threeways", "check", "mine.py"])
    with open(tmp_path / "trace", "w") as trace, Guard(100.0, None, trace, "mine.py"):
        assert sys.argv == ["mine.py"]
    assert sys.argv == ["threeways", "check", "mine.py"]


def test_time_counts_within_the_users_calls_only(tmp_path, monkeypatch):
    clock = itertools.count()  # each look at it is a second later
    monkeypatch.setattr(guard, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(guard, "waited", lambda: 0.0)
    with open(tmp_path / "trace", "w") as trace:
        limits = Guard(100.0, None, trace, "mine.py")
        for _ in range(3):
            with limits, limits:  # a method that calls another is not counted twice
                pass
            for _ in range(10):
                next(clock)  # what judging takes
    assert limits.left == 97


def test_time_in_which_a_call_waits_for_a_core_does_not_count(tmp_path, monkeypatch):
    clock, queue = itertools.count(), itertools.count(step=0.75)  # of each second a quarter is the call's own
    monkeypatch.setattr(guard, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(guard, "waited", lambda: next(queue))
    with open(tmp_path / "trace", "w") as trace:
        limits = Guard(100.0, None, trace, "mine.py")
        for _ in range(4):
            with limits:
                pass
    assert limits.left == 99


def test_an_import_and_example_count(tmp_path):
    text = "import time\nwhile True: time.sleep(0.1)\n"
    with pytest.raises(NoAnswerError, match=r"ran out of time after 1 s in mine.py, line 2"):
        run(written(tmp_path, text), timeout=1)


@pytest.mark.parametrize("option", ["--timeout", "--memory"])
def test_a_limit_is_above_zero(option, tmp_path, capsys):
    assert main(["check", written(tmp_path, RIGHT), option, "0"]) == 2
    assert f"{option} 0: a number above 0" in capsys.readouterr().err


def test_a_session_sends_arrays_and_gets_arrays(tmp_path):
    with Session(written(tmp_path, RIGHT)) as user:
        loss, grads = user.call(*ARRAYS)
        _, moved = user.call(*ARRAYS, noisy=1)
    assert isinstance(loss, float) and {n: a.shape for n, a in grads.items()} == {"dW1": (3, 2), "db1": (3,)}
    assert 0 < np.abs(moved["dW1"] - grads["dW1"]).max() < 1e-12


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("import os; os._exit(0)", "crashed"),
        ("import os; os.kill(os.getpid(), 11)", "crashed"),
        ("import os; os.closerange(3, 99); os.closerange(0, 3); import time; time.sleep(60)", "crashed"),
        ("raise ValueError", "raised"),
        ("raise SystemExit", "raised"),
        ("import subprocess; subprocess.run(['true'])", "raised"),
        ("return 'text'", "unusable"),
        ("return 1.0, {'W1': 'text'}", "unusable"),
        ("return 1.0, {'W1': 1j * params['W1']}", "unusable"),
        ("while True: print('on and on')", "time"),
    ],
)
def test_a_missing_answer_has_a_kind(statement, kind, tmp_path):
    with (
        pytest.raises(NoAnswerError) as raised,
        Session(written(tmp_path, within(statement)), timeout=2 if kind == "time" else 60) as user,
    ):
        user.call(*ARRAYS)
    assert raised.value.kind == kind, raised.value


@linux
@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("np.convolve(np.ones(10**6), np.ones(10**6))", "time"),
        ("import faulthandler\n    faulthandler.cancel_dump_traceback_later()\n    while True: pass", "time"),
        ("import os; os.kill(os.getpid(), 19)", "crashed"),
    ],
)
def test_a_loop_in_numpy_one_without_an_alarm_and_a_stopped_process_end(statement, kind, tmp_path):
    file = written(tmp_path, within(statement))
    with pytest.raises(NoAnswerError) as raised, Session(file, timeout=1) as user:
        user.call(*ARRAYS)
    assert raised.value.kind == kind, raised.value


@linux
@pytest.mark.parametrize(
    "statement",
    [
        "import resource; resource.setrlimit(resource.RLIMIT_DATA, (-1, -1))",
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))",
        "open('large', 'wb').write(bytes(101 << 20))",
    ],
)
def test_no_limit_can_be_raised_and_no_file_grows_past_its_own(statement, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoAnswerError) as raised, Session(written(tmp_path, within(statement))) as user:
        user.call(*ARRAYS)
    assert raised.value.kind == "raised"


def test_a_session_that_failed_is_not_asked_again(tmp_path):
    with Session(written(tmp_path, within("import os; os._exit(3)"))) as user:
        for _ in range(2):
            with pytest.raises(NoAnswerError, match="status 3"):
                user.call(*ARRAYS)


def test_a_call_after_one_that_raised_is_answered(tmp_path):
    with Session(written(tmp_path, within("assert x.all()"))) as user:
        with pytest.raises(NoAnswerError, match="AssertionError"):
            user.call(ARRAYS[0], 0 * ARRAYS[1], ARRAYS[2])
        assert user.call(*ARRAYS)[0] > 0


def test_a_session_leaves_no_child_behind(tmp_path):
    with pytest.raises(KeyboardInterrupt), Session(written(tmp_path, RIGHT)) as user:
        raise KeyboardInterrupt
    assert user.process.poll() is not None
