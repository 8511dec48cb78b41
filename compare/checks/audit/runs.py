"""Run the tests of a copy in a process of their own, with inside/ as a plugin, and read what it wrote."""

import contextlib
import importlib.util
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...common.scratch import Scratch

INSIDE = Path(__file__).with_name("inside")
# A function is a gradient by its name: backward, conv_backward, grad_sigmoid, hidden_delta, tanh_prime, vjp.
NAME = (
    r"(?i)(^|_)(backward|backprop\w*|bprop|back|vjps?|grads?|gradients?|deltas?|derivatives?|prime|adjoint|dloss)"
    r"(_|\d|$)"
)
UNLIKE = r"(?i)zero_grad|no_grad|require|check|num\w*_grad|clip|descent|test_|global|enable|ascent|set_grad|plot|flush"


@dataclass(frozen=True)
class Ran:
    """The records of one run of the tests (see inside/); late: it ran out of time; said: its last lines."""

    exit: int | None
    late: bool
    said: str
    data: dict[str, Any]
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def tests(self) -> dict[str, dict[str, Any]]:
        return self.data.get("tests", {})


@dataclass(frozen=True)
class Runner:
    """How the tests are run.  targets: (module, function) that were named; none: found by NAME.  options: pytest's."""

    targets: Sequence[tuple[str, str]] = ()
    options: str = ""
    memory: float = 8.0

    def run(
        self,
        copy: Path,
        paths: Sequence[str],
        seconds: float,
        tests: Sequence[str] | None = None,
        record: bool = False,
        first: bool = False,
    ) -> Ran:
        """Run the tests at `paths`, or those named of them.  first: stop at the first that fails."""
        with Scratch() as folder:
            out = Path(folder, "out.json")
            shutil.copytree(
                INSIDE, Path(folder, "_threeways_audit"), ignore=shutil.ignore_patterns("__pycache__")
            )
            settings = {
                "root": str(copy),
                "targets": list(self.targets),
                "name": NAME,
                "unlike": UNLIKE,
                "tests": tests,
                "record": record,
                "memory": self.memory,
                "out": str(out),
            }
            Path(folder, "settings.json").write_text(json.dumps(settings))
            command = [
                sys.executable,
                "-m",
                "pytest",
                "-p",
                "_threeways_audit",
                "-p",
                "no:cacheprovider",
                "-q",
            ]
            command += ["-n0"] if importlib.util.find_spec("xdist") else []
            command += ["--no-cov"] if importlib.util.find_spec("pytest_cov") else []
            command += (["-x"] if first else []) + _split(self.options) + list(paths)
            environment = os.environ | {
                "THREEWAYS_AUDIT": str(Path(folder, "settings.json")),
                "PYTHONPATH": os.pathsep.join(
                    [str(copy), str(copy / "src"), folder, *filter(None, [os.environ.get("PYTHONPATH")])]
                ),
                "PYTHONDONTWRITEBYTECODE": "1",  # two edits of a file within a second have one time stamp
            }
            status, said = _finished(command, copy, environment, seconds)
            data = _read(out)
            arrays = {}
            if record and data:
                with np.load(f"{out}.npz", allow_pickle=False) as kept:
                    arrays = {name: kept[name] for name in kept.files}
        return Ran(status, status is None, said, data, arrays)


def _read(out: Path) -> dict[str, Any]:
    """Return what inside.py wrote; {} where the tests ended their process before it was whole."""
    try:
        return json.loads(out.read_text())
    except (OSError, ValueError):
        return {}


def _split(options: str) -> list[str]:
    try:
        return shlex.split(options)
    except ValueError as error:
        raise UserError(f"--pytest {options!r}: {error}") from error


def _finished(
    command: Sequence[str], folder: Path, environment: dict[str, str], seconds: float
) -> tuple[int | None, str]:
    """Return the exit status of a command and its last lines; None where it had to be ended."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=seconds)
        return process.returncode, said[-2000:]
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)  # the tests may have started others
            else:
                process.kill()
        process.wait()
