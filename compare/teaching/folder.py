"""Many submissions side by side: one that fails stops nothing."""

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from ..common.errors import UserError
from ..common.results import cores, environment
from ..user.raised import in_a_line
from .assignment import Assignment, read
from .grade import Graded, grade

SCHEMA = "threeways/grades/1"
SUFFIXES = (".py", ".ipynb")


class Submission(NamedTuple):
    """A file to grade: its name in the table, its path, and its function, if one was named."""

    name: str
    path: Path
    function: str | None


@dataclass(frozen=True)
class Grades:
    """All submissions in the order of their names. seconds: from the first to the last, by `jobs` at a time."""

    schema: str
    environment: dict[str, Any]
    assignment: str
    inputs: list[int | None]
    of: float
    warnings: list[str]
    submissions: list[Graded]
    jobs: int
    seconds: float


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
            found.append(Submission(path.stem, path, function))
            continue
        below = [p for p in sorted(path.rglob("*")) if p.suffix in SUFFIXES and _counts(p.relative_to(path))]
        found += [
            Submission(str(p.relative_to(path).with_suffix("")), p, None) for p in below if p.resolve() != own
        ]
        if not below:
            raise UserError(f"{path} holds no .py file and no notebook")
    names = [one.name for one in found]
    return [one if names.count(one.name) == 1 else one._replace(name=str(one.path)) for one in found]


def _counts(path: Path) -> bool:
    """Return whether no part is hidden (.ipynb_checkpoints) or private (_helpers.py, __pycache__)."""
    return not any(part.startswith((".", "_")) for part in path.parts)


def grade_all(
    found: Sequence[Submission],
    assignment: Assignment,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Grades:
    """Return the Grades of `submissions(...)`. progress(done, total) is called after each."""
    jobs = min(jobs or cores(), len(found))
    started = time.perf_counter()
    graded: dict[int, Graded] = {}
    for done, (position, result) in enumerate(_results(found, assignment, jobs), 1):
        graded[position] = result
        if progress:
            progress(done, len(found))
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
    )


def _results(found: Sequence[Submission], assignment: Assignment, jobs: int) -> Iterator[tuple[int, Graded]]:
    """Yield (position, Graded) as they come."""
    if jobs == 1:
        for position, one in enumerate(found):
            yield position, _safely(one, assignment)
        return
    # Spawned, not forked: torch and jax may hold threads here. Each worker reads the teacher's file itself.
    limits = {"timeout": assignment.timeout, "memory": assignment.memory}
    new = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, new, _begin, (assignment.file, limits))
    try:
        running = {pool.submit(_work, one): i for i, one in enumerate(found)}
        for future in as_completed(running):
            position = running[future]
            error = future.exception()
            yield position, future.result() if error is None else _bug(found[position], error)
    finally:
        pool.shutdown(cancel_futures=True)


_ASSIGNMENT: list[Assignment] = []  # of a worker process


def _begin(file: str, limits: dict[str, Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, and the submission being judged
    _ASSIGNMENT.append(replace(read(file, rehearse=False), **limits))


def _work(one: Submission) -> Graded:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return _safely(one, _ASSIGNMENT[0])
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _safely(one: Submission, assignment: Assignment) -> Graded:
    try:
        return grade(one.path, assignment, one.name, one.function)
    except Exception as error:
        return _bug(one, error)


def _bug(one: Submission, error: BaseException) -> Graded:
    return Graded(one.name, "bug", diagnosis=f"a bug in threeways: {in_a_line(error)}")
