"""The plan of a measurement, and the record of each contender."""

from dataclasses import dataclass, field
from typing import Any

from .contender import Contender

STATES = ("fresh machine", "fresh function", "warm cache")


@dataclass(frozen=True)
class Plan:
    """The amount to measure: states of the ledger (one process each), rounds in each, seconds per block."""

    states: tuple[str, ...]
    rounds: int
    block_s: float
    studies: tuple[str, ...] = ()
    retrace: bool = False
    width_rounds: int = 0


@dataclass
class Record:
    """The measurements of one contender, from all its processes."""

    contender: Contender
    ledgers: dict[str, dict] = field(default_factory=dict)
    samples: list[dict] = field(default_factory=list)
    studies: dict[str, Any] = field(default_factory=dict)
    widths: dict[int, list[dict]] = field(default_factory=dict)
    status: str = "measured"
    reason: str | None = None
    steps: int = 1
    resolution_s: float = 0.0
