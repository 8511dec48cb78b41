"""The raw result of `threeways time`: everything measured, nothing shown here."""

from dataclasses import dataclass, field

from .statistics import Interval

SCHEMA = "threeways/time/1"


@dataclass(frozen=True)
class ContenderTimes:
    """One contender. Seconds are of one optimiser step, but for the ledger's, which are of one call.

    status: "measured", "absent" (cannot run here) or "failed", with the reason.
    samples: one entry a block: process, round, calls, wall_s, cpu_s, involuntary.
    """

    name: str
    framework: str
    kind: str | None
    says: str
    status: str
    reason: str | None = None
    cpu_per_wall: float | None = None
    steady_s: Interval | None = None
    ledger: dict = field(default_factory=dict)
    steps_per_call: int = 1
    samples: list = field(default_factory=list)


@dataclass(frozen=True)
class Pair:
    """A static and a dynamic contender of one framework. ratio: dynamic / static time of a step.

    break_even_steps: the steps after which the static one is ahead, all that came before it counted; None where
    it never is, with the reason.
    """

    static: str
    dynamic: str
    framework: str
    ratio: Interval
    break_even_steps: Interval | None
    break_even_epochs: float | None
    break_even_s: float | None
    reason: str | None


@dataclass(frozen=True)
class Comparison:
    """Two contenders of different engines: their ratio says nothing of graph kinds."""

    name: str
    against: str
    ratio: Interval


@dataclass(frozen=True)
class Control:
    """The same contender twice, in two processes: what this measurement calls equal."""

    name: str
    ratio: Interval | None
    samples: list


@dataclass(frozen=True)
class TimeResult:
    """All of `threeways time`, as its JSON file has it."""

    schema: str
    environment: dict
    network: str
    data: str
    batch: int
    steps_per_epoch: int
    dtype: str
    threads: int
    device: str
    pinned_to: list
    quick: bool
    contenders: list
    pairs: list
    engines: list
    control: Control | None
    retrace: list
    warnings: list
    exit_code: int = 0
