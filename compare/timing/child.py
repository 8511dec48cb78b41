"""The child process: one contender, alone with its core, answers its parent line by line.

Whatever the frameworks print goes to stderr; the answers have a stream of their own.
"""

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

LEDGER = ("trace_s", "lower_s", "compile_s", "toolchain_s")


@dataclass(frozen=True)
class Job:
    """What is to be trained: a class of the three packages by name, its fields, and NumPy arrays."""

    class_name: str
    fields: dict
    params: dict
    x: object
    y: object
    rate: float
    threads: int
    device: str
    epoch: int

    def build(self, package):
        """The network, from `package`: "manual", "torch_ref" or "jax_ref"."""
        return getattr(import_module(package), self.class_name)(**self.fields)


class Worker:
    """The contender between two requests of the parent; each request is a method."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.contender = None
        self.jobs, self.prepared = {}, {}

    def start(self, contender, warm=False):
        """Import, prepare, call twice: the ledger, in seconds. warm: compile something else before the clock."""
        from .contender import INSTALL, catalogue

        self.contender = catalogue()[contender]
        ledger = {}
        try:
            ledger |= _timed("import", lambda: _imported(self.contender.imports))
            ledger |= _timed("compiler_import", lambda: _imported(self.contender.compiler))
        except ImportError as error:
            return {"absent": f"{error}; {INSTALL[self.contender.framework]}"}
        if warm and self.contender.warm:
            self.contender.warm()
        return {"ledger": ledger | self.add("job"), "steps": self.prepared["job"].steps}

    def warm_up(self, contender):
        """Only compile something else, into the cache that this process was given."""
        from .contender import catalogue

        contender = catalogue()[contender]
        _imported(contender.imports + contender.compiler)
        contender.warm()
        return {}

    def add(self, job):
        """Prepare `job` and call it twice: what that took."""
        self.jobs[job] = self._read(job)
        begin = time.perf_counter()
        prepared = self.prepared[job] = self.contender.prepare(self.jobs[job])
        ledger = {"prepare_s": time.perf_counter() - begin}
        built = []

        def first():
            begin = time.perf_counter()
            if prepared.build:
                prepared.step = prepared.build()
            built.append(time.perf_counter() - begin)
            prepared.call(prepared.params, prepared.state)

        ledger |= _timed("first", first)
        parts = dict.fromkeys(LEDGER, 0.0) | self.contender.parts()
        if prepared.build and not any(parts.values()):
            parts["trace_s"] = built[0]  # a graph without a compiler: building it is tracing it
        ledger |= _timed("second", lambda: prepared.call(prepared.params, prepared.state))
        return ledger | parts | {"rest_s": ledger["first_s"] - sum(parts.values())}

    def calibrate(self, target_s, job="job"):
        """How many calls make a block of `target_s`."""
        from . import clock

        return {"calls": clock.calibrate(self.prepared[job], target_s), "resolution_s": clock.resolution()}

    def block(self, calls, job="job"):
        """Raw figures of one block."""
        from . import clock

        return asdict(clock.block(self.prepared[job], calls))

    def study(self, name):
        """One of the studies beside the clock: answers, memory, flops, slope, product, retrace."""
        from . import studies

        return getattr(studies, name)(self.contender, self.jobs["job"], self.prepared["job"], self.folder)

    def _read(self, job):
        import numpy as np

        about = json.loads((self.folder / f"{job}.json").read_text())
        with np.load(self.folder / f"{job}.npz") as arrays:
            params = {name: arrays[f"params.{name}"] for name in about.pop("names")}
            return Job(params=params, x=arrays["x"], y=arrays["y"], **about)


def _imported(modules):
    for module in modules:
        import_module(module)


def _timed(part, work):
    """{part_s: seconds, part_cpu_s: the CPU's, of this process and of the compilers it ran}"""
    from .clock import cpu_of_all

    wall, cpu = time.perf_counter(), cpu_of_all()
    work()
    return {f"{part}_s": time.perf_counter() - wall, f"{part}_cpu_s": cpu_of_all() - cpu}


def main(folder):
    """Serve requests {"do": method, ...} until stdin closes."""
    from .contender import AbsentError

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker = Worker(folder)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(worker, request.pop("do"))(**request)
        except AbsentError as why:
            answer = {"absent": str(why)}
        except Exception as error:
            import traceback

            traceback.print_exc()
            said = str(error).strip().splitlines()
            answer = {"error": f"{type(error).__name__}: {said[0] if said else ''}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
