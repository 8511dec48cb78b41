"""The raw result of `threeways time`: everything measured, nothing shown here."""

from dataclasses import dataclass, field

from ..common.results import Displayed
from ..common.statistics import Interval

SCHEMA = "threeways/time/1"


@dataclass(frozen=True)
class ContenderTimes:
    """One contender. Seconds are of one optimiser step, but for the ledger's, which are of one call.

    status: "measured", "absent" (cannot run here) or "failed", with the reason.  part: no way to train, but a part
    of one.  ledger: the first call on a fresh machine; ledgers: the same in every state.
    answers, memory, flops, slope, product, curvature: see studies.py.
    samples: one entry a block: process, round, calls, wall_s, cpu_s, involuntary.
    """

    name: str
    framework: str
    kind: str | None
    says: str
    part: bool
    status: str
    reason: str | None = None
    cpu_per_wall: float | None = None
    comparable: bool = True
    steady_s: Interval | None = None
    ledger: dict = field(default_factory=dict)
    ledgers: dict = field(default_factory=dict)
    steps_per_call: int = 1
    answers: dict | None = None
    memory: dict | None = None
    flops: dict | None = None
    slope: dict | None = None
    product: dict | None = None
    curvature: dict | None = None
    samples: list = field(default_factory=list)


@dataclass(frozen=True)
class BreakEven:
    """The step at which a static graph has repaid its first call; None if it never does, with the reason."""

    steps: Interval | None
    epochs: float | None
    seconds: float | None
    reason: str | None


@dataclass(frozen=True)
class Pair:
    """A static and a dynamic contender of one framework. ratio: dynamic / static time of a step.

    break_even_steps and its reason are those of a fresh machine; break_even has every state.
    """

    static: str
    dynamic: str
    framework: str
    ratio: Interval
    break_even_steps: Interval | None
    reason: str | None
    break_even: dict


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
class Evaluation:
    """The figures computed from the raw samples.

    clock: "wall", or "cpu" where another process was using the core: then all seconds of steps, and those that
    break-even counts, are the CPU's.
    """

    clock: str
    contenders: list[ContenderTimes]
    pairs: list[Pair]
    engines: list[Comparison]
    control: Control | None
    warnings: list[str]


@dataclass(frozen=True)
class TimeResult(Displayed):
    """All of `threeways time`, as its JSON file has it; clock .. warnings are those of its Evaluation.

    parameters: the shape of each.  where: where a step's time goes, by framework.
    widths: times over widths and their fits, or None.
    """

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
    clock: str
    states: list
    contenders: list
    pairs: list
    engines: list
    control: Control | None
    retrace: list
    where: list
    widths: dict | None
    warnings: list
    took_s: float
    exit_code: int = 0
    parameters: dict = field(default_factory=dict)
