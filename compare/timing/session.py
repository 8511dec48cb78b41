"""One run of a plan: children started one by one, then their blocks interleaved in an order drawn from the seed."""

import json
import random
import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import numpy as np

from ..networks import Network, initial
from . import process, widths
from .contender import Contender

STATES = ("fresh machine", "fresh function", "warm cache")
RATE = 0.1


@dataclass(frozen=True)
class Plan:
    """How much is measured: the states the ledger is read in (one process a state), rounds in each, seconds a block."""

    states: tuple
    rounds: int
    block_s: float
    studies: tuple = ()
    retrace: bool = False
    width_rounds: int = 0


@dataclass
class Record:
    """What was seen of one contender, over all its processes."""

    contender: Contender
    ledgers: dict = field(default_factory=dict)
    samples: list = field(default_factory=list)
    studies: dict = field(default_factory=dict)
    widths: dict = field(default_factory=dict)
    status: str = "measured"
    reason: str | None = None
    steps: int = 1
    resolution_s: float = 0.0


@dataclass
class Running:
    """One live child."""

    child: process.Child
    record: Record
    calls: int


@dataclass(frozen=True)
class Task:
    """What is timed, and how."""

    net: Network
    x: np.ndarray
    y: np.ndarray
    params: dict
    threads: int
    device: str
    epoch: int
    seed: int
    widths: tuple

    @property
    def dtype(self):
        return str(next(iter(self.params.values())).dtype)


class Session:
    """One run of the plan: generations of children, one of each contender, one generation a state."""

    def __init__(self, task, plan, folder, on, tell):
        self.task, self.plan, self.folder, self.on, self.tell = task, plan, folder, on, tell
        self.order = random.Random(task.seed)
        self.done = self.total = 0

    def run(self, records, all_widths=False):
        """Fill the records; the control's Record, of the first contender run twice, is returned."""
        control = Record(next(iter(records.values())).contender)
        self._write("job", self.task.net, self.task.params)
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

    def _start(self, children, record, state, twin):
        """Start the contender in a child of its own; None where it cannot run."""
        self._step(f"starting {record.contender.name}")
        if record.status != "measured":
            return None
        cache = self._cache(record.contender.name + ("-twin" if twin else ""), state)
        child = children.enter_context(self._child(cache))
        with _noted(record):
            started = child.ask("start", contender=record.contender.name, warm=state == STATES[1])
            if "absent" in started:
                record.status, record.reason = "absent", started["absent"]
                child.kill()
                return None
            record.ledgers[state] = started["ledger"]
            record.steps = started["steps"]
            asked = child.ask("calibrate", target_s=self.plan.block_s)
            record.resolution_s = asked["resolution_s"]
            return Running(child, record, asked["calls"])

    def _rounds(self, running, generation):
        for turn in range(self.plan.rounds):
            self._step("timing blocks in random order")
            for live in self.order.sample(running, len(running)):
                if live.record.status == "measured":
                    with _noted(live.record):
                        block = live.child.ask("block", calls=live.calls)
                        live.record.samples.append({"process": generation, "round": turn} | block)

    def _studies(self, running):
        for live in running:
            for study in self.plan.studies:
                self.tell(f"{study} of {live.record.contender.name}", self.done, self.total)
                try:
                    live.record.studies[study] = live.child.ask("study", name=study)
                except process.ChildError as error:
                    live.record.studies[study] = {"error": str(error)}

    def _retrace(self, running):
        for live in running:
            if self.plan.retrace and live.record.contender.retraces:
                self.tell(f"changed arguments to {live.record.contender.name}", self.done, self.total)
                with _noted(live.record, fatal=False):
                    live.record.studies["retrace"] = live.child.ask("study", name="retrace")

    def _widths(self, running, everyone):
        running = [live for live in running if everyone or live.record.contender.widths]
        calls = {}
        for width in self.task.widths:
            net = widths.at(self.task.net, width)
            self._write(f"width-{width}", net, initial(net, self.task.seed, self.task.dtype, biases=0.1))
            for live in running:
                self.tell(f"{live.record.contender.name} at width {width}", self.done, self.total)
                with _noted(live.record, fatal=False):
                    live.child.ask("add", job=f"width-{width}")
                    asked = live.child.ask("calibrate", target_s=self.plan.block_s, job=f"width-{width}")
                    calls[live.record.contender.name, width] = asked["calls"]
                    live.record.widths[width] = []
        for _ in range(self.plan.width_rounds):
            places = [(live, width) for live in running for width in live.record.widths]
            for live, width in self.order.sample(places, len(places)):
                with _noted(live.record, fatal=False):
                    count = calls[live.record.contender.name, width]
                    block = live.child.ask("block", calls=count, job=f"width-{width}")
                    live.record.widths[width].append(block)

    def _toolchain(self, records):
        """A cache in which torch's compiler has found its C++ compiler and compiled something else."""
        needed = [r for r in records if r.status == "measured" and r.contender.toolchain]
        if needed:
            self.tell("compiling something else first", self.done, self.total)
            with _noted(needed[0], fatal=False), self._child(self.folder / "toolchain") as child:
                child.ask("warm_up", contender=needed[0].contender.name)

    def _cache(self, name, state):
        """The folder of compiled things that this contender finds in this state."""
        fresh, seeded = self.folder / f"cache-{name}", self.folder / f"seeded-{name}"
        if state != STATES[1]:
            return fresh
        toolchain = self.folder / "toolchain"
        if toolchain.exists():
            shutil.copytree(toolchain, seeded)
        return seeded

    def _child(self, cache):
        variables = process.child_environment(self.task.threads, self.task.dtype, cache, self.task.device)
        return process.Child(self.folder, variables, self.on)

    def _step(self, what):
        self.tell(what, self.done, self.total)
        self.done += 1

    def _write(self, name, net, params):
        about = {
            "class_name": net.class_name,
            "fields": net.fields,
            "names": list(params),
            "rate": RATE,
            "threads": self.task.threads,
            "device": self.task.device,
            "epoch": self.task.epoch,
        }
        (self.folder / f"{name}.json").write_text(json.dumps(about))
        arrays = {f"params.{key}": p for key, p in params.items()}
        np.savez(self.folder / f"{name}.npz", x=self.task.x, y=self.task.y, **arrays)


@contextmanager
def _noted(record, fatal=True):
    """A child's failure ends that contender, not the run; without `fatal`, only what was being asked."""
    try:
        yield
    except process.ChildError as error:
        if fatal:
            record.status, record.reason = "failed", str(error)
