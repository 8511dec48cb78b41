"""Plant each edit in a copy, run the tests that run its line, and say what became of it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from ...common.errors import UserError
from ...common.results import read_json, write_bytes, write_json
from .copies import Project, text_of
from .edits import Planned
from .options import Options
from .runs import Ran, Runner
from .survivors import Row, blind, error

ROW = frozenset(
    [
        "file",
        "line",
        "function",
        "target",
        "kind",
        "before",
        "after",
        "outcome",
        "outcomes",
        "said",
        "error",
        "blind",
    ]
)
SLOWER, RECORDED = (
    5.0,
    4.0,
)  # the time limit of an edit: times what its tests take; and where they are recorded


def judged(
    right: Ran,
    plan: Sequence[Planned],
    copies: Sequence[Path],
    found: Project,
    runner: Runner,
    given: Options,
    least: float,
    progress: Callable[[int, int], Any] | None,
) -> Iterator[Row]:
    """Yield the row of each edit, from the folder where it is kept or by running the tests."""
    free: SimpleQueue[Path] = SimpleQueue()
    for copy in copies:
        free.put(copy)
    stopped = threading.Event()

    def one(number: int, edit: Planned) -> Row | None:
        if stopped.is_set():
            return None
        kept = given.folder and given.folder / f"{edit.id}.json"
        if kept and kept.exists():
            return _row(kept) | {"number": number}
        copy = free.get()
        try:
            row = _judged(right, edit, copy, found, runner, given, least)
        finally:
            free.put(copy)
        if kept:
            write_json(kept, {"schema": "threeways/audit-edit/1", "row": row})
        return row | {"number": number}

    with ThreadPoolExecutor(max_workers=max(1, len(copies))) as pool:
        waiting = [pool.submit(one, number, edit) for number, edit in enumerate(plan)]
        try:
            for done, future in enumerate(as_completed(waiting), start=1):
                row = future.result()
                if progress:
                    progress(done, len(plan))
                if row:
                    yield row
        except BaseException:
            stopped.set()
            raise


def _row(path: Path) -> Row:
    """Return the row that an earlier run kept. Raises UserError where the file is another or damaged."""
    row = read_json(path).get("row")
    if not isinstance(row, dict) or not row.keys() >= ROW:
        raise UserError(f"{path} is no edit of an audit: remove it")
    return row


def _judged(
    right: Ran, edit: Planned, copy: Path, found: Project, runner: Runner, given: Options, least: float
) -> Row:
    """Plant an edit in a copy, run the tests that run its line, and undo it."""
    source = text_of(found.root / edit.file)
    at = edit.wrong.statement
    own = sum(right.tests[t]["seconds"] for t in edit.tests)
    limit = given.timeout or least + SLOWER * own
    paths = list(dict.fromkeys(test.partition("::")[0] for test in edit.tests))
    row: Row = {
        "file": edit.file,
        "line": at.line,
        "function": edit.function,
        "target": edit.target,
        "kind": edit.wrong.kind,
        "before": edit.before,
        "after": edit.after,
    }
    write_bytes(copy / edit.file, edit.applied(source).encode())
    try:
        ran = runner.run(copy, paths, limit, edit.tests, first=not given.each)
        outcomes = {test: about["outcome"] for test, about in ran.tests.items()}
        failed = next((t for t, about in ran.tests.items() if about["outcome"] == "failed"), None)
        row |= {"by": failed, "outcomes": outcomes, "error": None, "blind": None}
        if failed:
            about = ran.tests[failed]
            return row | {"outcome": "raised" if about["raised"] else "noticed", "said": about["said"]}
        if ran.late:
            return row | {"outcome": "late", "said": f"more than {limit:.0f} s"}
        if not outcomes or ran.exit not in (0, 1):
            return row | {"outcome": "raised", "said": " ".join(ran.said.split())[-200:]}
        again = runner.run(copy, paths, RECORDED * limit, edit.tests, record=True)
        off = error(right, again, edit.function, edit.file)
        if off is None:
            # A generator that tests share gives other numbers where some are left out: run the same ones, unedited.
            write_bytes(copy / edit.file, source.encode())
            right = runner.run(copy, paths, RECORDED * limit, edit.tests, record=True)
            off = error(right, again, edit.function, edit.file)
    finally:
        write_bytes(copy / edit.file, source.encode())
    if not off:
        return row | {"outcome": "unmeasured" if off is None else "equivalent", "said": ""}
    seen = blind(right, again, row, off, found.root)
    return row | {"outcome": "survived", "said": "", "error": off, "blind": seen}
