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
        self.contender = self.prepared = None

    def start(self, contender):
        """Import, prepare, call twice: the ledger, in seconds."""
        from .contender import INSTALL, catalogue

        self.contender = catalogue()[contender]
        ledger = {}
        for part, modules in (
            ("import_s", self.contender.imports),
            ("compiler_import_s", self.contender.compiler),
        ):
            begin = time.perf_counter()
            try:
                for module in modules:
                    import_module(module)
            except ImportError as error:
                return {"absent": f"{error}; {INSTALL[self.contender.framework]}"}
            ledger[part] = time.perf_counter() - begin
        begin = time.perf_counter()
        self.prepared = self.contender.prepare(self._job())
        ledger["prepare_s"] = time.perf_counter() - begin
        for part in ("first_s", "second_s"):
            begin = time.perf_counter()
            self.prepared.call(self.prepared.params, self.prepared.state)
            ledger[part] = time.perf_counter() - begin
            if part == "first_s":
                ledger = {
                    **dict.fromkeys(("trace_s", "lower_s", "compile_s"), 0.0),
                    **ledger,
                    **self.contender.parts(),
                }
        known = sum(ledger.get(part, 0.0) for part in ("trace_s", "lower_s", "compile_s", "toolchain_s"))
        ledger["rest_s"] = ledger["first_s"] - known
        return {"ledger": ledger, "steps": self.prepared.steps}

    def calibrate(self, target_s):
        """How many calls make a block of `target_s`."""
        from . import clock

        return {"calls": clock.calibrate(self.prepared, target_s), "resolution_s": clock.resolution()}

    def block(self, calls):
        """Raw figures of one block."""
        from . import clock

        return asdict(clock.block(self.prepared, calls))

    def _job(self):
        import numpy as np

        about = json.loads((self.folder / "job.json").read_text())
        with np.load(self.folder / "job.npz") as arrays:
            params = {name: arrays[f"params.{name}"] for name in about.pop("names")}
            return Job(params=params, x=arrays["x"], y=arrays["y"], **about)


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
            answer = {
                "error": f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"
            }
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
