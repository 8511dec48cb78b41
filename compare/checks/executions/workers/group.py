"""The parent's side: workers started, asked all at once, and ended together."""

import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from ....common.arrays import Arrays
from ....common.child import Child, ChildError, ending
from ....common.errors import UserError
from ....common.scratch import Scratch
from .wire import packed, unpacked

CODE = "from compare.checks.executions.workers.child import main\nmain()\n"
START, ANSWER = 120.0, 300.0  # seconds
LINGERING = 1.0  # seconds to tell the killed process from those that fail after it


@dataclass(frozen=True)
class Engine:
    """A way to share a step out. processes: whether each worker is one; else they are devices of one process."""

    name: str
    framework: str
    processes: bool
    says: str


ENGINES = {
    e.name: e
    for e in (
        Engine("torch.gloo", "torch", True, "DistributedDataParallel over gloo, a process each"),
        Engine("jax.mesh", "jax", False, "arrays sharded over a mesh of devices, in one process"),
        Engine("jax.distributed", "jax", True, "arrays sharded over a mesh of several processes' devices"),
    )
}


class WorkerLostError(UserError):
    """A worker ended before the run did."""


class Group:
    """The workers of one engine; a context manager. Each has the whole batch and takes its shard of it.

    spec: network, optimiser and dtype, see `specified`.
    """

    def __init__(self, engine: str, workers: int, spec: Mapping[str, Any]):
        self.engine, self.workers = ENGINES[engine], workers
        self.folder = Scratch()
        address = (
            str(Path(self.folder.name) / "store") if engine == "torch.gloo" else f"127.0.0.1:{free_port()}"
        )
        count = workers if self.engine.processes else 1
        devices = 1 if self.engine.processes else workers
        environment = {
            "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
            "JAX_PLATFORMS": "cpu",
            "OMP_NUM_THREADS": "1",
            "GLOO_SOCKET_IFNAME": "lo" if os.path.isdir("/sys/class/net/lo") else "",
        }
        environment = {name: value for name, value in environment.items() if value}
        self.children = [
            Child(
                CODE,
                engine,
                str(rank),
                str(workers),
                address,
                json.dumps(dict(spec)),
                environment=environment,
            )
            for rank in range(count)
        ]
        self.threads = ThreadPoolExecutor(count)
        try:
            self.ask("ready", seconds=START)
        except BaseException:
            self.end()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.end()

    def ask(self, request: str, seconds: float = ANSWER, **arrays: Any) -> list[Any]:
        """Return each process's answer. Raises WorkerLostError with one line where a process ends."""
        message = {"request": request, **{name: packed(tree) for name, tree in arrays.items()}}
        jobs = {self.threads.submit(c.ask, message, seconds): rank for rank, c in enumerate(self.children)}
        answers: dict[int, Any] = {}
        for job in as_completed(jobs):
            try:
                answers[jobs[job]] = job.result()
            except ChildError as error:
                raise self._lost(jobs[job], error) from error
            if "raised" in answers[jobs[job]]:
                lost = self._killed()
                raise lost or UserError(
                    f"{self.engine.name}, worker {jobs[job]}: {answers[jobs[job]]['raised']}"
                )
        return [answers[rank] for rank in sorted(answers)]

    def _killed(self) -> WorkerLostError | None:
        """Return the error of the first process that a signal ended, if any."""
        limit = time.monotonic() + LINGERING
        while time.monotonic() < limit:
            for rank, child in enumerate(self.children):
                status = child.process.poll()
                if status is not None and status < 0:
                    return self._error(rank, ending(status))
            time.sleep(0.05)
        return None

    def _lost(self, rank: int, error: ChildError) -> WorkerLostError:
        first = next((r for r, c in enumerate(self.children) if c.process.poll() == -9), rank)
        status = self.children[first].process.poll()
        if error.late:
            return self._error(rank, f"no answer in {ANSWER:.0f} s")
        said = ending(status)
        return self._error(first, said if status is None or status < 0 else self.children[first].last_words())

    def _error(self, rank: int, said: str) -> WorkerLostError:
        return WorkerLostError(f"{self.engine.name}: worker {rank} of {self.workers} ended: {said}")

    def gradient(self, params: Arrays, x: np.ndarray, y: np.ndarray) -> tuple[float, Arrays]:
        """Return the loss and the gradients of a batch that the workers share."""
        return self.gradients(params, x, y, "gradient")[0]

    def gradients(
        self, params: Arrays, x: np.ndarray, y: np.ndarray, request: str
    ) -> list[tuple[float, Arrays]]:
        """Return what each process answers. request: "gradient", or "own_gradient" by the user's worker."""
        self.ask("put", params=params)
        return [(a["loss"], unpacked(a["arrays"])) for a in self.ask(request, x=x, y=y)]

    def end(self) -> None:
        """End all workers, at once."""
        for child in self.children:
            child.end()
        self.threads.shutdown(wait=True)
        self.folder.cleanup()


def specified(net: Any, rule: Any, dtype: str) -> dict[str, Any]:
    """Return what a worker makes network and optimiser of. Raises UserError for a Trio that is in no file."""
    named = getattr(rule, "named", rule)
    return {"net": net.saved(), "rule": None if named is None else vars(named), "dtype": dtype}


@contextmanager
def gathered(engine: str, workers: int, net: Any, rule: Any, dtype: str) -> Iterator[Group]:
    """Yield the workers of an engine, and end them after."""
    with Group(engine, workers, specified(net, rule, dtype)) as group:
        yield group


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
