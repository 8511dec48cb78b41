"""The result of `threeways executions`: each way to execute a step, with the fault of a wrong one."""

from dataclasses import dataclass

from ...common.errors import INCONCLUSIVE, WRONG
from ...common.results import Displayed
from .reference import Off
from .subject import STEPS


@dataclass(frozen=True)
class Fault:
    """The fault of a wrong execution. id: "stale-constant", "operation", or of `mistakes.shares`; None: not found.

    one_of: ids of mistakes that give the very numbers.
    """

    id: str | None
    sentence: str
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One way to execute a step.

    absent: why it was not tried.  ok: None then.  gradient: the worst entry on the first batch, again: on the second,
    by the same program; steps: after ten steps.
    """

    name: str
    framework: str
    says: str
    absent: str | None = None
    ok: bool | None = None
    gradient: Off | None = None
    again: Off | None = None
    steps: Off | None = None
    fault: Fault | None = None

    @property
    def tried(self) -> tuple[tuple[str, Off], ...]:
        """Return what was compared, by its words."""
        pairs = (
            ("gradient", self.gradient),
            ("gradient of a second batch", self.again),
            (f"{STEPS} steps", self.steps),
        )
        return tuple((said, off) for said, off in pairs if off is not None)


@dataclass(frozen=True)
class ExecutionsResult(Displayed):
    """The raw result of `threeways executions`. ok: None where nothing was tried.

    references: the float64 runs of the frameworks, each compared with the first: the judges agree.
    """

    schema: str
    environment: dict
    ok: bool | None
    rows: tuple[Row, ...]
    references: tuple[Row, ...]
    network: str
    data: str
    optimizer: str
    batch: int
    steps: int
    dtype: str
    seed: int
    backend: str
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0, 1 where an execution is wrong, 3 where none was tried."""
        return {True: 0, False: WRONG, None: INCONCLUSIVE}[self.ok]
