"""Run one input in a fork of this warm process, and say what was wrong with how it ended."""

import contextlib
import csv
import ctypes
import gc
import importlib
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import typer

from tests.fuzz import warm
from tests.fuzz.hostile import LEAVING
from tests.fuzz.inputs import KINDS, drawn, kind_of, made

HIDDEN = ("torch", "jax", "optax")  # a run is by hand alone, and short
LIMIT, GRACE = 60.0, 5.0  # seconds of one input, and for what it started to end behind it
MEMORY = 3 << 30  # bytes
STATUSES = (0, 1, 2, 3)
# Where the work of a usable call begins that would take long: {module: names}.
WORK = {
    "compare.timing.measure": ["measure"],
    "compare.training": ["train"],
    "compare.training.published": ["train_config"],
    "compare.timing.graphs.graph": ["drawn"],
    "compare.timing.limits.observation": ["everything"],
    "compare.commands.main_job": ["run_parts"],
    "compare.checks.executions.executions": ["executions"],
    "compare.checks.bench.wild.bench": ["bench"],
    "compare.training.printed.numbers": ["printed"],
    "compare.training.shared": ["side_by_side"],
    "compare.timing.sharing": ["time_workers"],
}
LONG = {"compare.training.baseline": ["baseline"], "compare.training.sweep": ["sweep"]}
LONG |= {"compare.checks.audit.audit": ["audit"]}
WARM = (
    "compare.report.html",
    "compare.report.export",
    "compare.training.diff",
    "compare.checks.gradients",
    "compare.teaching.folder",
)
WARM += (
    "compare.files.process",
    "compare.mistakes.catalogue",
    "sklearn.datasets",
    "sklearn.neural_network",
    "joblib",
    "matplotlib.pyplot",
)
WITH_FRAMEWORKS = (
    "compare.files.child",
    "compare.files.versions",
    "compare.witnesses.torch",
    "compare.witnesses.jax",
)
SUBREAPER = 36  # of prctl: what an input leaves behind becomes a child of this process


@dataclass(frozen=True)
class Tried:
    """One input, and how it ended. found: what was wrong, [(in a word, the evidence)]; status: None where it hung."""

    number: int
    kind: str
    arguments: list[str]
    status: int | None
    seconds: float
    found: list[tuple[str, str]]


class _Less:
    """A finder that does not find what is hidden."""

    def __init__(self, finder: Any):
        self.finder = finder

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        return None if name.partition(".")[0] in HIDDEN else self.finder.find_spec(name, path, target)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.finder, name)


def prepared(folder: Path) -> None:
    """Warm this process up and write the valid files."""
    sys.meta_path[:] = [_Less(finder) for finder in sys.meta_path]  # type: ignore[misc]
    for name in (*WARM, *WORK, *LONG):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    # Typer makes the commands anew for each call, which takes longer than most of these inputs.
    typer.main.get_command = cache(typer.main.get_command)  # type: ignore[attr-defined]
    with contextlib.redirect_stdout(None), contextlib.chdir(folder):
        made(folder)
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    gc.freeze()


def with_frameworks() -> None:
    """Import torch and jax here, and begin the children of a user's file as forks of this process."""
    sys.meta_path[:] = [getattr(finder, "finder", finder) for finder in sys.meta_path]
    for name in (*HIDDEN, "jax.numpy", *WITH_FRAMEWORKS):
        importlib.import_module(name)
    warm.installed()
    gc.freeze()


def tried(number: int, seed: int, valid: Path, kept: Path | None = None) -> Tried:
    """Draw an input and run it; say what was wrong."""
    folder, started = kept or Path(tempfile.mkdtemp(prefix="fuzz-", dir=valid.parent)), time.monotonic()
    kind = kind_of(number, seed)
    try:
        work = folder / "work"
        shutil.copytree(valid, work)
        (folder / "tmp").mkdir()
        with contextlib.chdir(work):
            arguments = drawn(number, seed)
        before = _files(work)
        status = _run(kind, arguments, folder)
        said = [(folder / name).read_bytes().decode("utf-8", "replace") for name in ("out", "err")]
        wrong = list(_wrong(kind, status, *said, work, before))
        text = b"".join(path.read_bytes() for path in work.glob("f.*") if path.is_file())
        if not any(mark.encode() in text for mark in LEAVING):
            left = [path.name for path in (folder / "tmp").iterdir() if not path.name.startswith("pymp-")]
            wrong += [("leftover", f"{name} in the folder of temporary files") for name in left]
            wrong += [("process left", f"process {pid}") for pid in _left()]
        _left()
        return Tried(number, kind, arguments, status, round(time.monotonic() - started, 3), wrong)
    finally:
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


def _files(work: Path) -> set[Path]:
    return {path for path in work.rglob("*") if path.is_file()}


def _run(kind: str, arguments: list[str], folder: Path) -> int | None:
    """Return the exit status; None where it did not end in time."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        _child(kind, arguments, folder)
    until, pause = time.monotonic() + LIMIT, 0.001
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(pause)
        pause = min(1.3 * pause, 0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _child(kind: str, arguments: list[str], folder: Path) -> None:
    status = 99
    try:
        os.setsid()
        for name, descriptor in (("out", 1), ("err", 2)):
            os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT), descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdout, sys.stderr = (open(fd, "w", errors="strict", closefd=False) for fd in (1, 2))  # noqa: SIM115
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder / "tmp")
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        os.chdir(folder / "work")
        sys.argv = ["threeways", *arguments]
        begun = {} if KINDS[kind].frameworks else WORK | LONG if kind == "options" else WORK
        for module, names in begun.items():
            for name in names:
                setattr(importlib.import_module(module), name, _begun)
        from compare.cli import main

        status = main([os.fsdecode(os.fsencode(a)) for a in arguments])
        sys.stdout.flush(), sys.stderr.flush()
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)


def _begun(*arguments: Any, **options: Any) -> Any:
    raise typer.Exit(0)


def _wrong(kind: str, status: int | None, out: str, err: str, work: Path, before: set[Path]):
    last = err.strip().splitlines()[-1][:300] if err.strip() else ""
    if status is None:
        yield "hang", f"no end within {LIMIT:g} s"
    elif status not in STATUSES:
        yield f"exit {status}", last
    if re.search(r"^Traceback \(most recent", out + "\n" + err, re.MULTILINE):
        yield "traceback", last
    if (
        status == 2
        and "your code" not in err
        and "check" not in kind
        and kind not in MANY_LINES
        and err.count("\n") != 1
    ):
        yield "not one line", err[:300]
    if status == 2 and not (out + err).strip():
        yield "no word", ""
    for text in (out, err):
        if obeyed := re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ufeff]", text):
            yield "control character", repr(text[max(0, obeyed.start() - 60) : obeyed.end() + 30])
    for path in _files(work) - before:
        if path.name.startswith("."):
            yield "leftover", str(path.relative_to(work))
        if path.suffix in (".html", ".svg", ".md") and b"<script>alert(1)" in path.read_bytes():
            yield "script", str(path.relative_to(work))
        if path.suffix == ".csv":
            with path.open(newline="") as file:
                cells = [cell for row in csv.reader(file) for cell in row]
            yield from (
                ("formula", repr(cell)) for cell in cells if FORMULA.match(cell) and not _number(cell)
            )


FORMULA = re.compile(r"[\s\ufeff\u200b-\u202e]*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212]")


def _number(cell: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(inf|nan)|-", cell) is not None


MANY_LINES = (
    "a_file_of_ones_own",
    "a_submission",
    "a_hostile_submission",
    "an_exercise",
    "a_hostile_file",
    "a_notebook",
    "three_versions",
    "an_operation",
    "a_place",
    "a_baseline_of_a_file",
)  # a message there may show the lines to add


def _left() -> list[int]:
    """Return the processes that an input left behind, and end them."""
    left, until = [], time.monotonic() + GRACE
    while time.monotonic() < until:
        try:
            if not os.waitpid(-1, os.WNOHANG)[0]:
                time.sleep(0.01)
        except ChildProcessError:
            return []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                left.append(int(path.parent.name))
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return left
