"""What is timed, how much of it, and what was seen of each contender."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..networks import Network
from .contender import Contender
from .jobs import Job

STATES = ("fresh machine", "fresh function", "warm cache")
RATE = 0.1


@dataclass(frozen=True)
class Plan:
    """How much is measured: the states the ledger is read in (one process each), rounds in each, seconds a block."""

    states: tuple[str, ...]
    rounds: int
    block_s: float
    studies: tuple[str, ...] = ()
    retrace: bool = False
    width_rounds: int = 0


@dataclass
class Record:
    """What was seen of one contender, over all its processes."""

    contender: Contender
    ledgers: dict[str, dict] = field(default_factory=dict)
    samples: list[dict] = field(default_factory=list)
    studies: dict[str, Any] = field(default_factory=dict)
    widths: dict[int, list[dict]] = field(default_factory=dict)
    status: str = "measured"
    reason: str | None = None
    steps: int = 1
    resolution_s: float = 0.0


@dataclass(frozen=True)
class Task:
    """What is timed, and how."""

    net: Network
    x: np.ndarray
    y: np.ndarray
    params: dict[str, np.ndarray]
    threads: int
    device: str
    epoch: int
    seed: int
    widths: tuple[int, ...]

    @property
    def dtype(self) -> str:
        """The floating type that is timed."""
        return str(next(iter(self.params.values())).dtype)

    def job(self, net: Network, params: dict[str, np.ndarray]) -> Job:
        """What a child trains: this task with another network."""
        about = (self.x, self.y, RATE, self.threads, self.device, self.epoch)
        return Job(net.class_name, net.fields, params, *about)
