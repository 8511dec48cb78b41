"""bubblewrap around a submission: the command line it makes, and what cannot be reached in it where it works."""

import contextlib
import os
import socket
import sys
import time

import pytest

from compare.common.errors import UserError
from compare.files import sandbox
from compare.files.raised import NoAnswerError
from compare.files.sandbox import NO_SANDBOX, Sandbox, chosen
from compare.files.session import Session
from tests.compare.files.test_limits import ARRAYS
from tests.compare.files.test_process import within, written


@pytest.fixture
def box():
    try:
        return chosen("bwrap")
    except UserError as error:
        pytest.skip(str(error))


def test_the_command_shows_python_and_the_file_and_nothing_else(tmp_path):
    file, hidden, other = str(tmp_path / "mine.py"), str(tmp_path / "sub" / "hw.py"), "/nowhere/hw.py"
    made = Sandbox("/bin/bwrap", "bubblewrap").command(
        [file, str(tmp_path / "sub")], ["/tmp/trace"], [hidden, other], {"A": "b"}
    )
    words = " ".join(made)
    for name in ("user", "pid", "net", "ipc"):
        assert f"--unshare-{name}" in made
    assert "--cap-drop ALL" in words and "--die-with-parent" in made and "--clearenv" in made
    assert f"--ro-bind {file} {file}" in words and "--bind /tmp/trace /tmp/trace" in words
    assert f"--ro-bind /dev/null {hidden}" in words and other not in words
    assert "--setenv A b" in words and "--size" not in made
    shown = [made[i + 1] for i, word in enumerate(made) if word in ("--ro-bind", "--bind")]
    assert not {"/", "/home", "/root", "/tmp", str(tmp_path), os.path.expanduser("~")} & set(shown)
    assert made.index("--tmpfs") < made.index("--ro-bind") < made.index("--remount-ro")


def test_without_a_sandbox_there_is_no_command():
    assert NO_SANDBOX.command(["a"], ["b"], ["c"], {"D": "e"}) == []


def test_the_mode_is_known_and_its_failure_told(monkeypatch):
    with pytest.raises(UserError, match="did you mean 'bwrap'"):
        chosen("bwarp")
    chosen.cache_clear()
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    with pytest.raises(UserError, match=r"--sandbox bwrap: bubblewrap \(bwrap\) is not installed"):
        chosen("bwrap")
    assert chosen("auto").said == "none: bubblewrap (bwrap) is not installed"
    chosen.cache_clear()
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: sys.executable)
    assert "does not work here" in chosen("auto").said
    chosen.cache_clear()


@pytest.fixture
def server():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.mark.parametrize(
    "statement",
    [
        "open({secret!r}).read()",
        "open('/etc/passwd').read()",
        "__import__('os').listdir({folder!r}).index('secret.txt')",
        "open('/usr/written', 'w')",
        "open(__file__, 'a')",
        "__import__('socket').create_connection(('127.0.0.1', {port}), 2)",
        "[].index(1 if {parent} in map(int, filter(str.isdigit, __import__('os').listdir('/proc'))) else 0)",
        "__import__('ctypes').CDLL(None).kill({parent}, 0) and 1 / 0",
        "__import__('os').environ['THREEWAYS_SECRET']",
        "__import__('resource').setrlimit(3 - 1, (-1, -1))",  # RLIMIT_DATA
        "__import__('os').chroot('/')",
        "__import__('os').setuid(12345)",
    ],
)
def test_nothing_outside_is_reached(statement, box, server, tmp_path, monkeypatch):
    monkeypatch.setenv("THREEWAYS_SECRET", "hidden inputs")
    (tmp_path / "secret.txt").write_text("hidden inputs")
    (tmp_path / "mine").mkdir()
    names = {"secret": str(tmp_path / "secret.txt"), "port": server}
    names |= {"parent": os.getpid(), "folder": str(tmp_path)}
    file = written(tmp_path / "mine", within(statement.format(**names)))
    with pytest.raises(NoAnswerError) as raised, Session(file, sandbox=box) as user:
        user.call(*ARRAYS)
    assert raised.value.kind == "raised", raised.value


def test_it_answers_and_writes_into_its_own_memory(box, tmp_path):
    scratch = tmp_path / "scratch"  # in /tmp, or in its folder, which is not shown
    start = f"try: open({str(scratch)!r}, 'w')\nexcept OSError: pass\n"
    file = written(tmp_path, start + within("open('/tmp/x', 'w').write('x')"))
    with Session(file, sandbox=box) as user:
        assert user.call(*ARRAYS)[0] > 0
    assert not scratch.exists()


@pytest.mark.parametrize(
    ("statement", "kind", "said"),
    [
        ("import os; os._exit(3)", "crashed", "status 3"),
        ("import os; os.kill(os.getpid(), 11)", "crashed", "signal SIGSEGV"),
        ("while True: pass", "time", "line 7"),
        ("hog = np.ones(10**9)", "memory", "more memory than 1 GB"),
    ],
)
def test_an_end_is_told_as_without(statement, kind, said, box, tmp_path):
    file = written(tmp_path, within(statement))
    limit = 2 if kind == "time" else 60
    with (
        pytest.raises(NoAnswerError, match=said) as raised,
        Session(file, timeout=limit, sandbox=box) as user,
    ):
        user.call(*ARRAYS)
    assert raised.value.kind == kind


def test_what_it_started_ends_with_it(box, tmp_path):
    """Past the audit hook, a process forked by the kernel's own call."""
    file = written(tmp_path, within("import ctypes, time; ctypes.CDLL(None).fork() or time.sleep(60)"))
    with Session(file, sandbox=box) as user:
        user.call(*ARRAYS)
        assert _inside(file)
    ended = time.monotonic() + 60
    while _inside(file) and time.monotonic() < ended:
        time.sleep(0.01)
    assert not _inside(file)


def _inside(file):
    """The processes in whose file system the file is mounted."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/mounts") as mounts:
            found += [pid] if file in mounts.read() else []
    return found
