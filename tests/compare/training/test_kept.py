"""The folder of a baseline or a sweep: killed anywhere it ends with the same bits; changes are refused."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from compare.cli import main
from compare.common.child import ROOT
from compare.common.errors import UserError
from compare.files.sandbox import chosen
from compare.training.kept import SUMS, Kept, sha256

from .tampered import HAND, TAMPERED

KILLS = int(os.environ.get("THREEWAYS_KILLS", "16"))
SMALL = """
[network]
sizes = [64, 5, 10]
activations = ["tanh", "softmax"]
[data]
train = 64
[training]
epochs = 2
[sweep]
[sweep.over]
rate = [0.01, 0.1]
"""


def script(*arguments, **options):
    command = [sys.executable, "-m", "tests.compare.training.killing", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, **options).stdout


def contents(folder):
    """{place: bytes} of what a run leaves, but the report, which holds the environment."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in files
        if path.name not in (SUMS, "report.json")
    }


def written_out(folder):
    return json.loads((folder / "report.json").read_text()) | {"environment": None}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("command", ["baseline", "sweep"])
def test_killed_before_and_after_each_rename_it_ends_with_the_same_bits(command, tmp_path):
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    script(command, tmp_path / "whole", 0)
    assert int(script(command, tmp_path / "killed", KILLS)) == KILLS
    whole, killed = (tmp_path / name / "out" for name in ("whole", "killed"))
    assert contents(killed) == contents(whole)
    assert written_out(killed) == written_out(whole)
    assert not list(killed.rglob(".*"))


@pytest.fixture(scope="module")
def by_hand_alone():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("compare.training.baseline.absent", lambda who: who != "hand")
        yield


@pytest.fixture(scope="module")
def folders(tmp_path_factory, by_hand_alone):
    """A finished baseline and a finished sweep, by the command, beside their TOML."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "run.toml").write_text(SMALL)
    for command, more in (("baseline", ["--seeds", "2"]), ("sweep", ["--workers", "1"])):
        out = str(folder / command)
        assert main([command, str(folder / "run.toml"), "--out", out, *more]) == 0
    return folder


@pytest.fixture
def copied(folders, tmp_path, capsys):
    """copied(command) -> (a copy of its folder, a function that goes on in it and returns its status and its line)"""

    def made(command):
        shutil.copytree(folders, tmp_path, dirs_exist_ok=True)
        more = ["--seeds", "2"] if command == "baseline" else ["--workers", "1"]

        def resumed():
            capsys.readouterr()
            status = main([command, str(tmp_path / "run.toml"), "--out", str(tmp_path / command), *more])
            return status, capsys.readouterr().err

        return tmp_path / command, resumed

    return made


@pytest.mark.parametrize("name", TAMPERED)
def test_a_tampered_folder_is_refused_with_the_files_name(name, copied):
    command, change, said = TAMPERED[name]
    out, resumed = copied(command)
    change(out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    status, line = resumed()
    assert status == 2 and said in line and line.count("\n") == 1, line
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_an_unchanged_folder_goes_on_and_its_report_lists_what_it_holds(copied):
    out, resumed = copied("baseline")
    first = written_out(out)
    assert resumed()[0] == 0
    assert written_out(out) == first
    sums = dict(line.split("  ")[::-1] for line in (out / SUMS).read_text().splitlines())
    assert {"settings.json", "seed-0/start.npz", f"{HAND}/epoch-0001.npz"} <= first["files"].keys()
    assert first["files"].items() <= sums.items()
    (out / "report.json").unlink()
    assert resumed()[0] == 0
    sums = [line.split("  ") for line in (out / SUMS).read_text().splitlines()]
    assert len({name for _, name in sums}) == len(sums) == len(contents(out)) + 1  # and the report's
    assert all(sha256(out / name) == found for found, name in sums)


def test_temporary_files_of_a_killed_run_are_swept_and_those_of_a_running_one_are_not(copied):
    out, resumed = copied("sweep")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for folder in (out, out / "cells"):
        (folder / f".x.json.{ended.pid}-0.tmp").write_text("half")
        (folder / f".x.json.{os.getpid()}-0.tmp").write_text("half")
    assert resumed()[0] == 0
    assert {path.name for path in out.rglob(".*")} == {f".x.json.{os.getpid()}-0.tmp"}


def test_a_second_run_in_the_same_folder_is_refused(copied):
    out, resumed = copied("sweep")
    with Kept(out):
        status, line = resumed()
    assert status == 2 and "another run is at work" in line


COMMAND = """
import resource, sys
import compare.training.baseline
from compare.cli import main
compare.training.baseline.absent = lambda who: who != "hand"
most = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (most or resource.RLIM_INFINITY,) * 2)
sys.exit(main(sys.argv[1:]))
"""


def started(arguments, within=(), most=0):
    """Run a command in a process of its own, by hand alone; files of more than `most` bytes cannot be written."""
    command = [*within, sys.executable, "-c", COMMAND, str(most), *map(str, arguments)]
    # Bytecode that cannot be written to its end would break every later process.
    environment = os.environ | {"PYTHONPATH": ROOT, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def arguments(command, out, folders):
    more = ["--seeds", "2"] if command == "baseline" else ["--workers", "1"]
    return [command, str(folders / "run.toml"), "--out", str(out), *more]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such limit here")
@pytest.mark.parametrize("command", ["baseline", "sweep"])
def test_where_a_file_cannot_be_written_to_its_end_the_next_run_goes_on(command, folders, tmp_path):
    out = tmp_path / "out"
    stopped = started(arguments(command, out, folders), most=700)
    assert stopped.returncode == 2 and "File too large" in stopped.stderr, stopped.stderr
    assert stopped.stderr.count("\n") == 1 and not list(out.rglob(".*"))
    assert main(arguments(command, out, folders)) == 0
    assert contents(out) == contents(folders / command)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["baseline", "sweep"])
def test_on_a_full_disk_and_in_a_folder_for_reading_it_ends_in_one_line(command, folders, tmp_path):
    try:
        chosen("bwrap")
    except UserError as error:
        pytest.skip(str(error))
    small, out = tmp_path / "small", tmp_path / "out"
    small.mkdir(), out.mkdir()
    inside = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev"]
    full = [*inside, "--size", "16384", "--tmpfs", str(small), "--bind", str(out), str(out), "sh", "-c"]
    full += ['"$@"; status=$?; cp -a "$0"/out/. "$1"; exit $status'.replace('"$1"', f"'{out}'"), str(small)]
    stopped = started(arguments(command, small / "out", folders), within=full)
    assert stopped.returncode == 2 and "No space left on device" in stopped.stderr, stopped.stderr
    assert stopped.stderr.count("\n") == 1 and not list(out.rglob(".*"))
    readonly = started(arguments(command, out, folders), within=inside)
    assert readonly.returncode == 2 and "Read-only file system" in readonly.stderr
    assert readonly.stderr.count("\n") == 1
    assert main(arguments(command, out, folders)) == 0
    assert contents(out) == contents(folders / command)


SLOW = """
import sys, time
from compare.training import cells, sweep

def slow(cell):
    open(f"{sys.argv[2]}/{__import__('os').getpid()}", "w").close()
    time.sleep(600)

if __name__ == "__main__":
    sweep.run_cell = slow
    sweep.sweep("mine", cells.cells(sys.argv[1]), f"{sys.argv[2]}/out", workers=2)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no /proc here")
def test_the_workers_of_a_killed_sweep_end_within_seconds(tmp_path):
    (tmp_path / "run.toml").write_text(SMALL)
    (tmp_path / "slow.py").write_text(SLOW)
    environment = os.environ | {"PYTHONPATH": ROOT}
    client = subprocess.Popen(
        [sys.executable, str(tmp_path / "slow.py"), str(tmp_path / "run.toml"), str(tmp_path)],
        env=environment,
    )
    workers, until = [], time.monotonic() + 300
    while len(workers) < 2 and time.monotonic() < until:
        workers = [path.name for path in tmp_path.iterdir() if path.name.isdigit()]
        time.sleep(0.05)
    assert len(workers) == 2
    client.send_signal(signal.SIGKILL)
    client.wait()
    until = time.monotonic() + 60
    while any(map(runs, workers)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(map(runs, workers))


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
