"""Many submissions side by side: one that fails stops nothing."""

import multiprocessing
import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from ..common.errors import UserError
from ..common.results import environment
from .assignment import Assignment, read
from .grade import Graded, grade

SCHEMA = "threeways/grades/1"
SUFFIXES = (".py", ".ipynb")


@dataclass(frozen=True)
class Grades:
    """All submissions in the order of their names. seconds: from the first to the last, by `jobs` at a time."""

    schema: str
    environment: dict
    assignment: str
    inputs: list
    of: float
    warnings: list
    submissions: list
    jobs: int
    seconds: float


def submissions(given, assignment):
    """[(name, path, function or None), ...] of files and folders; in a folder every .py and .ipynb below it.

    given: [(path, function)].  A name is the file's, or in a folder its place there. The assignment itself is
    left out. Raises UserError where nothing is found.
    """
    found, own = [], Path(assignment).resolve()
    for path, function in given:
        path = Path(path)
        if not path.is_dir():
            found.append((path.stem, path, function))
            continue
        below = [p for p in sorted(path.rglob("*")) if p.suffix in SUFFIXES and _counts(p.relative_to(path))]
        found += [(str(p.relative_to(path).with_suffix("")), p, None) for p in below if p.resolve() != own]
        if not below:
            raise UserError(f"{path} holds no .py file and no notebook")
    names = [name for name, _, _ in found]
    return [(n if names.count(n) == 1 else str(path), path, f) for n, path, f in found]


def _counts(path):
    """Not hidden (.ipynb_checkpoints), not private (_helpers.py, __pycache__)."""
    return not any(part.startswith((".", "_")) for part in path.parts)


def grade_all(found, assignment: Assignment, jobs=None, progress=None):
    """The Grades of `submissions(...)`. progress(done, total) is called after each."""
    jobs = min(jobs or cores(), len(found))
    started, graded = time.perf_counter(), {}
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


def cores():
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _results(found, assignment, jobs):
    """(position, Graded) as they come."""
    if jobs == 1:
        for position, one in enumerate(found):
            yield position, _safely(one, assignment)
        return
    # Started anew, not forked: torch and jax may hold threads here. Each reads the teacher's file for itself.
    limits = {"timeout": assignment.timeout, "memory": assignment.memory}
    new = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, new, _begin, (assignment.file, limits))
    try:
        running = {pool.submit(_work, one): i for i, one in enumerate(found)}
        for future in as_completed(running):
            position = running[future]
            error = future.exception()
            yield position, future.result() if error is None else _ours(found[position][0], error)
    finally:
        pool.shutdown(cancel_futures=True)


_ASSIGNMENT: list = []  # of a worker process


def _begin(file, limits):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, but for what is just being judged
    _ASSIGNMENT.append(replace(read(file, rehearse=False), **limits))


def _work(one):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return _safely(one, _ASSIGNMENT[0])
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _safely(one, assignment):
    name, path, function = one
    try:
        return grade(path, assignment, name, function)
    except Exception as error:
        return _ours(name, error)


def _ours(name, error):
    said = str(error).splitlines()
    return Graded(name, "bug", diagnosis=f"a bug of ours: {type(error).__name__}: {said[0] if said else ''}")
