"""The audit of a test suite: plant wrong edits in its backward functions one at a time, and see which it passes."""

import hashlib
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from ...common.errors import FEW, INTERRUPTED, UserError, nearest
from ...common.results import Displayed, environment, read_json, write_bytes, write_json
from ...common.scratch import Scratch
from .copies import Project, project, text_of
from .edits import Planned, named, planned
from .inside import is_test
from .runs import NAME, UNLIKE, Ran, Runner
from .survivors import Row, blind, error, total

BASELINE = 3600.0  # seconds of the first run
ROW = {
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
}
LEAST, SLOWER, RECORDED = 20.0, 5.0, 4.0  # the time limit of an edit: seconds, and times what is measured


@dataclass(frozen=True)
class Audit(Displayed):
    """The result of an audit.

    counts: {planted, wrong, noticed, late, survived, raised, equivalent, unmeasured}: `wrong` edits change a gradient
    and raise nothing in the code under test; of these tests notice some, or run out of time.  functions: the same for
    each function, with `unrun`, lines that no test runs.  tests: {test, ran, noticed}.  untested: functions that no
    test runs.  left: edits that Ctrl-C left.  rows: every edit; a survivor has `error`, relative, and `blind`, the
    assertion that should have seen it.
    """

    schema: str
    environment: dict[str, Any]
    about: dict[str, Any]
    counts: dict[str, int]
    functions: list[Row]
    tests: list[Row]
    untested: list[str]
    rows: list[Row] = field(default_factory=list)
    seconds: float = 0.0
    left: int = 0
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """Return 1 where an edit survived or a function is not tested, else 0; after Ctrl-C 130."""
        return INTERRUPTED if self.interrupted else int(bool(self.counts["survived"] or self.untested))


@dataclass(frozen=True)
class Options:
    """many: edits of a function.  timeout: seconds of an edit; None: by the tests' own time.  each: run every test
    on each edit, not only up to the first that fails.  folder: where finished edits are kept, to go on later."""

    functions: Sequence[str] = ()
    many: int = 20
    jobs: int = 1
    timeout: float | None = None
    seed: int = 0
    each: bool = False
    options: str = ""
    folder: Path | None = None


def audit(tests: str, given: Options, progress: Callable[[int, int], Any] | None = None) -> Audit:
    """Audit the tests at a path.

    Raises UserError where there are no tests, where they fail as they are, or where no backward function is run.
    """
    start = time.monotonic()
    found = project(tests)
    runner = Runner([_target(name, found) for name in given.functions], given.options)
    with Scratch() as folder:
        first = found.copied(Path(folder, "0"))
        began = time.monotonic()
        right = runner.run(first, [found.tests], BASELINE, record=True)
        startup = time.monotonic() - began - sum(t["seconds"] for t in right.tests.values())
        least = LEAST + SLOWER * max(startup, 0.0)  # of imports and collection
        _require_green(right, tests)
        functions, plan, untested = _plan(right, found, runner, given)
        copies = [first] + [found.copied(Path(folder, str(i))) for i in range(1, min(given.jobs, len(plan)))]
        rows: list[Row] = []
        interrupted = False
        try:
            for row in _rows(right, plan, copies, found, runner, given, least, progress):
                rows.append(row)
        except KeyboardInterrupt:
            if not rows:
                raise
            interrupted = True
    rows.sort(key=lambda r: (r["file"], r["line"], r["number"]))
    return Audit(
        schema="threeways/audit/1",
        environment=environment(given.seed),
        about={
            "tests": tests,
            "many": given.many,
            "each": given.each,
            "seconds_of_tests": sum(t["seconds"] for t in right.tests.values()),
        },
        counts=total(rows),
        functions=[
            f | total([r for r in rows if (r["file"], r["target"]) == (f["file"], f["function"])])
            for f in functions
        ],
        tests=_of_tests(right, rows),
        untested=untested,
        rows=rows,
        seconds=time.monotonic() - start,
        left=len(plan) - len(rows),
        interrupted=interrupted,
    )


def _target(name: str, found: Project) -> tuple[str, str]:
    """'package.module:Class.backward' -> ("package.module", "Class.backward"), where both exist."""
    module, colon, function = name.partition(":")
    path = found.path(module) if re.fullmatch(r"\w+(\.\w+)*", module) else None
    if not colon or not function or path is None:
        where = f"there is no module {module!r} in {found.root}" if colon else "it has no ':'"
        raise UserError(f"--functions {name}: {where}; a name like package.module:Class.backward is needed")
    known = named(text_of(found.root / path), lambda _: True)
    if function not in known:
        raise UserError(
            f"--functions {name}: {path} has no function {function!r}: {nearest(function, known)}"
        )
    return module, function


def _require_green(ran: Ran, tests: str) -> None:
    failed = [name for name, about in ran.tests.items() if about["outcome"] == "failed"]
    if ran.late:
        raise UserError(f"the tests at {tests} took more than {BASELINE:.0f} s: give fewer of them")
    if failed:
        more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
        said = ran.tests[failed[0]]["said"]
        raise UserError(
            f'{failed[0]}{more} failed before any edit ({said}): mend or leave it out with --pytest "--deselect ..."'
        )
    if not ran.tests:
        lines = [line for line in ran.said.splitlines() if line.strip()]
        raise UserError(f"pytest ran no test at {tests}: {lines[-1] if lines else 'it said nothing'}")


def _plan(
    right: Ran, found: Project, runner: Runner, given: Options
) -> tuple[list[Row], list[Planned], list[str]]:
    """Return the functions that tests run, the edits to plant, and the functions that no test runs."""
    functions: list[Row] = []
    plan: list[Planned] = []
    untested: list[str] = []
    for module, file in sorted(right.data["modules"].items(), key=lambda item: item[1]):
        if is_test(file) or not file.endswith(".py") or any(f["file"] == file for f in functions):
            continue
        source = text_of(found.root / file)
        wanted = [f for m, f in runner.targets if m == module] if runner.targets else _by_name(source)
        if not wanted:
            continue
        tests = [found.root / n.partition("::")[0] for n in right.tests]
        salt = repr((runner, given.each, sorted({_digest(p) for p in tests})))
        of_file, edits = planned(source, file, wanted, right.data, given.many, given.seed, salt)
        outer = [w for w in wanted if not any(w.startswith(f"{o}.") for o in wanted)]
        untested += [f"{file}:{w}" for w in outer if w not in of_file.ran]
        for function, line in of_file.ran.items():
            unrun = of_file.unrun.get(function, [])
            functions.append({"file": file, "function": function, "line": line, "unrun": unrun})
        plan += edits
    loaded = set(right.data["modules"])
    missing = [f"{m}:{f}" for m, f in runner.targets if m not in loaded]
    if not functions:
        what = ", ".join([*missing, *untested][:FEW])
        said = (
            f"the tests run none of {what}"
            if what
            else "no function that they import is named like a backward pass"
        )
        raise UserError(f"{said}: name the functions with --functions package.module:backward")
    return functions, plan, [*missing, *untested]


def _by_name(source: str) -> list[str]:
    return named(source, lambda name: bool(re.search(NAME, name)) and not re.search(UNLIKE, name))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _rows(
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


def _of_tests(right: Ran, rows: Sequence[Row]) -> list[Row]:
    """Count for each test the wrong edits whose line it ran, and those that it noticed."""
    ran, noticed = Counter[str](), Counter[str]()
    for row in rows:
        if row["outcome"] in ("noticed", "survived"):
            ran.update(list(row["outcomes"]))  # a dict would add its values
            noticed.update(t for t, outcome in row["outcomes"].items() if outcome == "failed")
    return [{"test": test, "ran": ran[test], "noticed": noticed[test]} for test in right.tests if ran[test]]


def jobs_by_default() -> int:
    """Return the number of processes to use where none is given: half of the cores."""
    return max(1, (os.cpu_count() or 2) // 2)
