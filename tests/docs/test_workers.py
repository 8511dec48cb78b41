"""The launch commands of docs/workers.md, on loopback."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}


def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(*command):
    return subprocess.Popen(
        [sys.executable, *command], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def told(process):
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err[-2000:]
    return out


def test_torchrun_starts_the_torch_workers():
    pytest.importorskip("torch")
    where = ("--master-addr", "127.0.0.1", "--master-port", str(port()))
    out = told(
        start(
            "-m", "torch.distributed.run", "--nproc-per-node", "2", *where, str(EXAMPLES / "workers_torch.py")
        )
    )
    assert "process 0 of 2" in out and "process 1 of 2" in out


def test_each_command_starts_a_process_of_jax_distributed():
    pytest.importorskip("jax")
    address = f"127.0.0.1:{port()}"
    both = [start(str(EXAMPLES / "workers_jax.py"), address, "2", str(rank)) for rank in (0, 1)]
    for rank, process in enumerate(both):
        assert f"process {rank} of 2" in told(process)
