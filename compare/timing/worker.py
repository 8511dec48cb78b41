"""The work of a child after importing its framework: prepare tasks, time blocks of calls, study the step."""

import time
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from . import clock, studies
from .contender import Contender, Prepared
from .task import Task, load

LEDGER = ("trace_s", "lower_s", "compile_s", "toolchain_s")


class Worker:
    """The contender between two requests of the parent; each request is a method."""

    def __init__(self, folder: Path, contender: Contender):
        self.folder, self.contender = folder, contender
        self.engine = import_module(f"{__package__}.engines.{contender.framework}")
        self.tasks: dict[str, Task] = {}
        self.prepared: dict[str, Prepared] = {}

    @property
    def steps(self) -> int:
        """Optimiser steps of one call."""
        return self.prepared["task"].steps

    def warm(self) -> None:
        """Compile something else, where the contender compiles."""
        if self.contender.toolchain or self.contender.framework == "jax":
            self.engine.warm()

    def add(self, task: str) -> dict[str, float]:
        """Prepare `task` and call it twice; return what that took."""
        self.tasks[task] = load(self.folder, task)
        begin = time.perf_counter()
        prepared = self.prepared[task] = self.engine.prepared(self.tasks[task], self.contender)
        ledger = {"prepare_s": time.perf_counter() - begin}
        built = []

        def first() -> None:
            begin = time.perf_counter()
            if prepared.build:
                prepared.step = prepared.build()
            built.append(time.perf_counter() - begin)
            prepared.call(prepared.params, prepared.state)

        ledger |= clock.timed("first", first)
        parts = dict.fromkeys(LEDGER, 0.0) | self.engine.parts(self.contender)
        if prepared.build and not any(parts.values()):
            parts["trace_s"] = built[0]  # a graph without a compiler: building it is tracing it
        ledger |= clock.timed("second", lambda: prepared.call(prepared.params, prepared.state))
        return ledger | parts | {"rest_s": ledger["first_s"] - sum(parts.values())}

    def calibrate(self, target_s: float, task: str = "task") -> dict:
        """Find how many calls make a block of `target_s`."""
        calls = clock.calibrate(self.prepared[task], target_s, self.tasks[task].clock)
        return {"calls": calls, "resolution_s": clock.resolution()}

    def block(self, calls: int, task: str = "task") -> dict:
        """Time one block; return its raw figures."""
        return asdict(clock.block(self.prepared[task], calls))

    def study(self, name: str) -> dict:
        """Run one of the studies: answers, memory, flops, slope, product, curvature or retrace."""
        it = studies.Studied(
            self.engine, self.contender, self.tasks["task"], self.prepared["task"], self.folder
        )
        return getattr(studies, name)(it)
