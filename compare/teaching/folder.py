"""Many submissions side by side: one that fails stops nothing."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from ..common.errors import UserError
from ..common.kernel import end_with_parent
from ..common.results import cores, environment
from ..common.scratch import Scratch
from ..common.words import visible
from ..files.sandbox import NO_SANDBOX, Sandbox
from ..user.raised import in_a_line
from .assignment import Assignment, read
from .grade import Graded, grade
from .journal import Journal, digest

SCHEMA = "threeways/grades/1"
SUFFIXES = (".py", ".ipynb")


class Submission(NamedTuple):
    """A file to grade: its name in the table, its path, and its function, if one was named.

    apart: it lies below the folder that was given, in one of its own, whose other files it may import.
    """

    name: str
    path: Path
    function: str | None
    apart: bool = False


@dataclass(frozen=True)
class Grades:
    """All submissions in the order of their names.

    seconds: from the first to the last, by `jobs` at a time; resumed: how many an earlier run had graded.  sandbox:
    around the process of each.
    """

    schema: str
    environment: dict[str, Any]
    assignment: str
    inputs: list[int | None]
    of: float
    warnings: list[str]
    submissions: list[Graded]
    jobs: int
    seconds: float
    sandbox: str | None = None
    resumed: int = 0


def submissions(given: Iterable[tuple[str, str | None]], assignment: str | Path) -> list[Submission]:
    """Return the Submissions in files and folders: of a folder every .py and .ipynb below it, but the assignment.

    given: [(path, function)].  A name is the file's, or in a folder its place there. Raises UserError where a folder
    holds none.
    """
    found: list[Submission] = []
    own = Path(assignment).resolve()
    for file, function in given:
        path = Path(file)
        if not path.is_dir():
            found.append(Submission(visible(path.stem), path, function))
            continue
        below = [p for p in sorted(path.rglob("*")) if p.suffix in SUFFIXES and _counts(p.relative_to(path))]
        found += [
            Submission(visible(str(p.relative_to(path).with_suffix(""))), p, None, p.parent != path)
            for p in below
            if p.resolve() != own
        ]
        if not below:
            raise UserError(f"{path} holds no .py file and no notebook")
    names = [one.name for one in found]
    return [one if names.count(one.name) == 1 else one._replace(name=visible(str(one.path))) for one in found]


def _counts(path: Path) -> bool:
    """Return whether no part is hidden (.ipynb_checkpoints) or private (_helpers.py, __pycache__)."""
    return not any(part.startswith((".", "_")) for part in path.parts)


def grade_all(
    found: Sequence[Submission],
    assignment: Assignment,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    sandbox: Sandbox = NO_SANDBOX,
    journal: Path | None = None,
) -> Grades:
    """Return the Grades of `submissions(...)`. progress(done, total) is called after each.

    journal: a file for the results as they come, from which a later call goes on.
    """
    jobs = min(jobs or cores(), len(found))
    started = time.perf_counter()
    graded: dict[int, Graded] = {}
    marks = [f"{one.name} {one.function} {digest(one.path)}" for one in found]
    with closing(Journal(journal, _key(assignment, sandbox))) if journal else nullcontext() as kept:
        if kept:
            graded = {i: kept.known[mark] for i, mark in enumerate(marks) if mark in kept.known}
        resumed = len(graded)
        todo = {i: task for i, task in enumerate(_tasks(found, assignment)) if i not in graded}
        for position, result in _results(todo, assignment, jobs, sandbox, len(found) > 1):
            graded[position] = result
            if kept:
                kept.add(marks[position], result)
            if progress:
                progress(len(graded), len(found))
    return Grades(
        SCHEMA,
        environment(),
        assignment.file,
        [case.seed for case in assignment.cases],
        assignment.of,
        assignment.warnings,
        [graded[i] for i in range(len(found))],
        jobs,
        time.perf_counter() - started,
        sandbox.said,
        resumed,
    )


def _key(assignment: Assignment, sandbox: Sandbox) -> dict[str, Any]:
    """Return what a result depends on besides the submission's file."""
    limits = {"timeout": assignment.timeout, "memory": assignment.memory, "sandbox": sandbox.said}
    return {"assignment": digest(Path(assignment.file)), "versions": environment()["versions"]} | limits


class _Task(NamedTuple):
    """others: names of files beside the submission that it may not import.  beside: what its sandbox shows."""

    one: Submission
    others: list[str]
    beside: list[str]


def _tasks(found: Sequence[Submission], assignment: Assignment) -> list[_Task]:
    """Return the task of each submission."""
    own = Path(assignment.file).absolute()
    closed = {own, *(one.path.absolute() for one in found if not one.apart)}
    busy = {above for path in closed for above in (path, *path.parents)}
    modules: dict[Path, list[str]] = {}
    names: dict[Path, list[str]] = {}
    for path in sorted(closed):
        names.setdefault(path.parent, []).append(path.stem)
    for one in found:
        folder = one.path.absolute().parent
        if folder not in modules:
            modules[folder] = [str(path) for path in _modules(folder) if path not in busy]
    folders = [one.path.absolute().parent for one in found]
    return [_Task(one, names.get(at, []), modules[at]) for one, at in zip(found, folders, strict=True)]


def _modules(folder: Path) -> list[Path]:
    """Return what can be imported from a folder: its .py files, and folders with an __init__.py; no symbolic link."""
    try:
        entries = [entry for entry in sorted(folder.iterdir()) if not entry.is_symlink()]
        return [e for e in entries if e.suffix == ".py" or Path(e, "__init__.py").is_file()]
    except OSError:
        return []


def _results(
    todo: dict[int, _Task], assignment: Assignment, jobs: int, sandbox: Sandbox, apart: bool
) -> Iterator[tuple[int, Graded]]:
    """Yield (position, Graded) as they come; apart: in worker processes, which a submission may bring down."""
    if not apart:
        for position, task in todo.items():
            yield position, _safely(task, assignment, sandbox)
        return
    left, suspects = dict(todo), dict[int, _Task]()
    while left:
        with Scratch() as folder:
            begun = Path(folder, "begun")
            begun.touch()
            for position, result in _pooled(left, assignment, jobs, sandbox, str(begun)):
                del left[position]
                yield position, result
            # What is left was being judged, or waiting, when a worker ended: was it one of the first?
            began = {int(line) for line in begun.read_text().split()}
        suspects |= {i: left.pop(i) for i in began if i in left}
    for i, task in suspects.items():
        found = dict(_pooled({i: task}, assignment, 1, sandbox))
        yield i, found.get(i) or _ended(task.one, assignment)


def _pooled(
    todo: dict[int, _Task], assignment: Assignment, jobs: int, sandbox: Sandbox, begun: str = os.devnull
) -> Iterator[tuple[int, Graded]]:
    """Yield (position, Graded) until all are done, or a worker has ended."""
    # Spawned, not forked: torch and jax may hold threads here. Each worker reads the teacher's file itself.
    limits = {"timeout": assignment.timeout, "memory": assignment.memory}
    new = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, new, _begin, (assignment.file, limits, sandbox, begun))
    try:
        running = {pool.submit(_work, i, task): i for i, task in todo.items()}
        for future in as_completed(running):
            position = running[future]
            error = future.exception()
            if isinstance(error, BrokenProcessPool):
                return
            yield position, future.result() if error is None else _bug(todo[position].one, assignment, error)
    except BrokenProcessPool:  # while they were handed out
        return
    finally:
        pool.shutdown(cancel_futures=True)


_WORKER: list[tuple[Assignment, Sandbox, str]] = []  # of a worker process


def _begin(file: str, limits: dict[str, Any], sandbox: Sandbox, begun: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, and the submission being judged
    end_with_parent()
    _WORKER.append((replace(read(file, rehearse=False), **limits), sandbox, begun))


def _work(position: int, task: _Task) -> Graded:
    assignment, sandbox, begun = _WORKER[0]
    with open(begun, "a") as file:
        file.write(f"{position}\n")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return _safely(task, assignment, sandbox)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _safely(task: _Task, assignment: Assignment, sandbox: Sandbox) -> Graded:
    one, others, beside = task
    if one.path.is_symlink():
        return _none(one, assignment, "unusable", f"{one.name} is a symbolic link: the file itself is needed")
    try:
        return grade(one.path, assignment, one.name, one.function, others, sandbox=sandbox, beside=beside)
    except Exception as error:
        return _bug(one, assignment, error)


def _bug(one: Submission, assignment: Assignment, error: BaseException) -> Graded:
    return _none(one, assignment, "bug", f"a bug in threeways: {visible(in_a_line(error))}")


def _ended(one: Submission, assignment: Assignment) -> Graded:
    return _none(one, assignment, "crashed", "the process that judged it ended, twice")


def _none(one: Submission, assignment: Assignment, status: str, diagnosis: str) -> Graded:
    return Graded(one.name, status, of=assignment.of, worth=assignment.points, diagnosis=diagnosis)
