"""The audit of a test suite: plant wrong edits in its backward functions one at a time, and see which it passes."""

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...common.errors import INTERRUPTED, UserError
from ...common.results import Displayed, environment
from ...common.scratch import Scratch
from .copies import project
from .judging import SLOWER, judged
from .options import Options
from .plan import plan, target
from .runs import Ran, Runner
from .survivors import Row, total

BASELINE = 3600.0  # seconds of the first run
LEAST = 20.0  # seconds that each edit has besides the time of imports and of its tests


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


def audit(tests: str, given: Options, progress: Callable[[int, int], Any] | None = None) -> Audit:
    """Audit the tests at a path.

    Raises UserError where there are no tests, where they fail as they are, or where no backward function is run.
    """
    start = time.monotonic()
    found = project(tests)
    runner = Runner([target(name, found) for name in given.functions], given.options)
    with Scratch() as folder:
        first = found.copied(Path(folder, "0"))
        began = time.monotonic()
        right = runner.run(first, [found.tests], BASELINE, record=True)
        startup = time.monotonic() - began - sum(t["seconds"] for t in right.tests.values())
        least = LEAST + SLOWER * max(startup, 0.0)  # of imports and collection
        _require_green(right, tests)
        functions, edits, untested = plan(right, found, runner, given)
        copies = [first] + [found.copied(Path(folder, str(i))) for i in range(1, min(given.jobs, len(edits)))]
        rows: list[Row] = []
        interrupted = False
        try:
            for row in judged(right, edits, copies, found, runner, given, least, progress):
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
        left=len(edits) - len(rows),
        interrupted=interrupted,
    )


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
