"""A sweep over dask's workers, killed: needs the extra [distributed]. test_dask.py runs these tests."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from compare.common.errors import UserError
from compare.common.results import plain
from compare.training import sweep as sweeps
from compare.training import workers
from compare.training.cells import cells
from tests.compare.training.test_sweep import ROOT, TOML

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("default")

CHILD = """
import sys
from compare.training import cells, sweep
if __name__ == "__main__":
    sweep.sweep("mine", cells.cells(sys.argv[1]), sys.argv[2], scheduler=sys.argv[3])
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("dask") / "mine.toml"
    # By hand alone, and longer: to import torch takes each process more time than its cells do.
    text = TOML.replace("epochs = 2", "epochs = 20").replace('["hand", "torch"]', '["hand"]')
    path.write_text(text.replace("rate = [0.01, 0.1]", "rate = [0.01, 0.03, 0.1, 0.3]"))
    return str(path)


@pytest.fixture
def cluster(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    settings = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**settings) as running:
        yield running


@pytest.fixture(scope="module")
def alone(config, tmp_path_factory):
    return sweeps.sweep("mine", cells(config), tmp_path_factory.mktemp("alone") / "out", workers=1)


# THREEWAYS_KILLS=20 kills at 20 random moments; the suite's one is a sample.
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(int(os.environ.get("THREEWAYS_KILLS", "1"))))
def test_a_killed_worker_and_a_killed_client_lose_nothing(cluster, config, alone, tmp_path, seed):
    moments = random.Random(seed)
    out, address = tmp_path / "out", cluster.scheduler_address
    client = subprocess.Popen([sys.executable, "-c", CHILD, config, str(out), address], cwd=ROOT)
    wait_for(out, moments.randint(1, 3), client)
    time.sleep(moments.uniform(0, 0.3))
    with distributed.Client(address) as watching:
        first, *_ = watching.run(os.getpid).values()
    os.kill(first, signal.SIGKILL)
    wait_for(out, 4, client)
    time.sleep(moments.uniform(0, 0.3))
    client.kill()
    client.wait()
    kept = {path: path.stat().st_mtime_ns for path in finished(out)}
    assert kept
    result = sweeps.sweep("mine", cells(config), out, scheduler=address)
    assert plain(result.runs) == plain(alone.runs)
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in kept.items())


def finished(out):
    return list(out.glob("cells/[!.]*.json"))


def wait_for(out, number, client):
    until = time.monotonic() + 300
    while len(finished(out)) < number and client.poll() is None and time.monotonic() < until:
        time.sleep(0.05)


def test_a_scheduler_that_does_not_answer_is_one_line(config, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "PATIENCE", 1)
    with pytest.raises(UserError, match="no dask scheduler answers at"):
        sweeps.sweep("mine", cells(config), tmp_path / "out", scheduler="tcp://127.0.0.1:9")


GARBAGE = {
    "nothing": b"",
    "another protocol": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "lengths without end": b"\xff" * 4096,
    "frames of no message": (16).to_bytes(8, "little") + (1).to_bytes(8, "little") + bytes(64),
    "silence": None,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", GARBAGE)
def test_a_port_that_is_no_scheduler_is_one_line(name, config, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(workers, "PATIENCE", 1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def answers():
            while True:
                try:
                    other, _ = server.accept()
                except OSError:
                    return
                kept.append(other)
                if GARBAGE[name] is not None:
                    other.sendall(GARBAGE[name])
                    other.close()

        threading.Thread(target=answers, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(UserError, match="no dask scheduler answers at") as refused:
            sweeps.sweep("mine", cells(config), tmp_path / "out", scheduler=address)
        for other in kept:
            other.close()
    assert "\n" not in str(refused.value) and not capsys.readouterr().err
    # What a client leaves behind is closed by its finaliser, in whatever thread: it may wait there for ever.
    assert not any(thread.name == "IO loop" for thread in threading.enumerate())


@pytest.mark.slow
def test_a_scheduler_that_dies_is_one_line_and_the_sweep_goes_on(config, alone, tmp_path):
    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    )
    out, raised = tmp_path / "out", []

    def run():
        try:
            sweeps.sweep("mine", cells(config), out, scheduler=cluster.scheduler_address)
        except BaseException as error:
            raised.append(f"{type(error).__name__}: {error}")

    for _ in range(3):  # a scheduler in this process, beside other tests, may be too busy to answer at once
        thread = threading.Thread(target=run)
        thread.start()
        while not finished(out) and thread.is_alive():
            time.sleep(0.02)
        if finished(out):
            break
        assert "no dask scheduler answers" in raised.pop()
    cluster.close()
    thread.join(100)
    assert raised and raised[0].startswith("UserError") and "went away" in raised[0] and "\n" not in raised[0]
    assert plain(sweeps.sweep("mine", cells(config), out, workers=1).runs) == plain(alone.runs)
