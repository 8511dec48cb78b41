"""One run of a plan: children started one by one, then their blocks interleaved in an order drawn from the seed."""

import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..networks import initial
from . import process, widths
from .plan import STATES, Plan, Record
from .task import Task


@dataclass
class Running:
    """One live child. calls: in a block, by task."""

    child: process.TimedChild
    record: Record
    calls: dict[str, int]

    @property
    def name(self) -> str:
        """The contender's name."""
        return self.record.contender.name

    def calibrate(self, task: str, block_s: float) -> None:
        """Find how many calls of `task` make a block."""
        found = self.child.request("calibrate", target_s=block_s, task=task)
        self.calls[task], self.record.resolution_s = found["calls"], found["resolution_s"]

    def block(self, task: str) -> dict:
        """Time one block of `task`."""
        return self.child.request("block", calls=self.calls[task], task=task)


class Session:
    """One run of the plan: generations of children, one of each contender, one generation a state."""

    def __init__(
        self,
        task: Task,
        plan: Plan,
        folder: Path,
        on: Sequence[int],
        tell: Callable[[str, int, int], object],
    ):
        self.task, self.plan, self.folder, self.on, self.tell = task, plan, folder, on, tell
        self.order = random.Random(task.seed)
        self.done = self.total = 0

    def run(self, records: dict[str, Record], all_widths: bool = False) -> Record:
        """Fill the records; return the control's Record, of the first contender run twice."""
        present = [r for r in records.values() if r.status == "measured"] or list(records.values())
        control = Record(present[0].contender, status=present[0].status, reason=present[0].reason)
        self.task.save(self.folder, "task")
        self.total = len(self.plan.states) * (len(records) + 1 + self.plan.rounds)
        for generation, state in enumerate(self.plan.states):
            if state == STATES[1]:
                self._toolchain(records.values())
            with ExitStack() as children:
                twins = [*records.values(), control]
                running = [
                    live
                    for record in (twins if generation % 2 == 0 else reversed(twins))
                    if (live := self._start(children, record, state, twin=record is control))
                ]
                self._rounds(running, generation)
                if state == self.plan.states[-1]:
                    running = [live for live in running if live.record is not control]
                    self._studies(running)
                    self._widths(running, all_widths)
                    self._retrace(running)
        return control

    def _start(self, children: ExitStack, record: Record, state: str, twin: bool) -> Running | None:
        """Start the contender in a child of its own; None where it cannot run."""
        self._step(f"starting {record.contender.name}")
        if record.status != "measured":
            return None
        cache = self._cache(record.contender.name + ("-twin" if twin else ""), state)
        child = children.enter_context(self._child(cache))
        with _noted(record):
            started = child.request("start", contender=record.contender.name, warm=state == STATES[1])
            if "absent" in started:
                record.status, record.reason = "absent", started["absent"]
                child.end()
                return None
            record.ledgers[state], record.steps = started["ledger"], started["steps"]
            live = Running(child, record, {})
            live.calibrate("task", self.plan.block_s)
            return live
        return None

    def _rounds(self, running: list[Running], generation: int) -> None:
        for turn in range(self.plan.rounds):
            self._step("timing blocks in random order")
            for live in self.order.sample(running, len(running)):
                if live.record.status == "measured":
                    with _noted(live.record):
                        about = {"process": generation, "round": turn}
                        live.record.samples.append(about | live.block("task"))

    def _studies(self, running: list[Running]) -> None:
        for live in running:
            for study in self.plan.studies:
                self._now(f"{study} of {live.name}")
                try:
                    live.record.studies[study] = live.child.request("study", name=study)
                except process.FailedError as error:
                    live.record.studies[study] = {"error": str(error)}

    def _retrace(self, running: list[Running]) -> None:
        for live in running:
            if self.plan.retrace and live.record.contender.retraces:
                self._now(f"changed arguments to {live.name}")
                with _noted(live.record, fatal=False):
                    live.record.studies["retrace"] = live.child.request("study", name="retrace")

    def _widths(self, running: list[Running], everyone: bool) -> None:
        running = [live for live in running if everyone or live.record.contender.widths]
        for width in self.task.widths:
            net = widths.at(self.task.net, width)
            params = initial(net, self.task.seed, self.task.dtype, biases=0.1)
            name = f"width-{width}"
            replace(self.task, net=net, params=params).save(self.folder, name)
            for live in running:
                self._now(f"{live.name} at width {width}")
                with _noted(live.record, fatal=False):
                    live.child.request("add", task=name)
                    live.calibrate(name, self.plan.block_s)
                    live.record.widths[width] = []
        for _ in range(self.plan.width_rounds):
            places = [(live, width) for live in running for width in live.record.widths]
            for live, width in self.order.sample(places, len(places)):
                with _noted(live.record, fatal=False):
                    live.record.widths[width].append(live.block(f"width-{width}"))

    def _toolchain(self, records: Iterable[Record]) -> None:
        """Fill a cache in which torch's compiler has found its C++ compiler and compiled something else."""
        needed = [r for r in records if r.status == "measured" and r.contender.toolchain]
        if needed:
            self._now("compiling something else first")
            with _noted(needed[0], fatal=False), self._child(self.folder / "toolchain") as child:
                child.request("warm_up", contender=needed[0].contender.name)

    def _cache(self, name: str, state: str) -> Path:
        """Return the folder of compiled things that this contender finds in this state."""
        fresh, seeded = self.folder / f"cache-{name}", self.folder / f"seeded-{name}"
        if state != STATES[1]:
            return fresh
        toolchain = self.folder / "toolchain"
        if toolchain.exists():
            shutil.copytree(toolchain, seeded)
        return seeded

    def _child(self, cache: Path) -> process.TimedChild:
        variables = process.child_environment(self.task.threads, self.task.dtype, cache, self.task.device)
        return process.TimedChild(self.folder, variables, self.on)

    def _step(self, what: str) -> None:
        self._now(what)
        self.done += 1

    def _now(self, what: str) -> None:
        self.tell(what, self.done, self.total)


@contextmanager
def _noted(record: Record, fatal: bool = True) -> Iterator[None]:
    """A child's failure ends that contender, not the run; without `fatal`, only the request that failed."""
    try:
        yield
    except process.FailedError as error:
        if fatal:
            record.status, record.reason = "failed", str(error)
