"""threeways mistakes: the catalogue, one of them, or the bench."""

from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from ..common.words import say
from . import options as o
from .delivery import deliver

IN_PUBLIC = 300.0  # seconds that the code of a public case may take

Id = Annotated[str | None, Argument(help="One mistake: what is wrong, what is right, why.", metavar="ID")]
BenchFlag = Annotated[
    bool, Option("--bench", help="Plant each mistake, and judge random correct networks: tens of minutes.")
]
Lines = Annotated[
    bool,
    Option(
        "--lines",
        help="With --bench: plant mistakes in the lines of other backward passes, and see which line is named.",
    ),
]
Families = Annotated[
    bool,
    Option(
        "--families",
        help="With --bench: judge right functions of many families, drawn from the seed, and plant errors in them.",
    ),
]
Many = Annotated[
    int | None,
    Option(
        help="With --lines: mistakes in each function; 2 take about three minutes, 20 half an hour. [default: 2] "
        "With --families: functions. [default: 4000] With --operations: draws of each right kernel. [default: 2]"
    ),
]
Functions = Annotated[
    str | None,
    Option(help="With --lines, --operations: some of the functions only.", metavar="NAME,NAME,..."),
]
Operations = Annotated[
    bool,
    Option(
        "--operations",
        help="With --bench: judge kernels in torch and jax in each floating type, right and with mistakes planted.",
    ),
]
Wild = Annotated[
    bool,
    Option(
        "--wild", help="Judge mistakes that people made in public, restated in benchmarks/wild of a clone."
    ),
]
Cases = Annotated[
    Path | None,
    Option("--wild-cases", help="With --wild: the folder of the cases.", metavar="DIR", show_default=False),
]
Jobs = Annotated[
    int | None, Option(help="With --wild, --families: files, functions checked at a time. [default: 1]")
]
Errors = Annotated[
    float | None, Option(help="With --families: errors planted in each function, 0.5 too. [default: 2]")
]
Seconds = Annotated[
    float | None, Option(help="With --families: begin no function after so many seconds.", metavar="S")
]
Rows = Annotated[
    Path | None,
    Option(help="With --families: write each case here as it is judged, one JSON line each.", metavar="PATH"),
]
Quick = Annotated[bool, Option("--quick", help="A sample of the bench: about a minute.")]
FULL: dict[str, Any] = {"networks": 5, "architectures": 100, "draws": 100}
SAMPLE: dict[str, Any] = {"networks": 1, "architectures": 50, "draws": 2}


def mistakes(
    id: Id = None,
    bench: BenchFlag = False,
    lines: Lines = False,
    families: Families = False,
    operations: Operations = False,
    many: Many = None,
    functions: Functions = None,
    wild: Wild = False,
    wild_cases: Cases = None,
    jobs: Jobs = None,
    errors: Errors = None,
    seconds: Seconds = None,
    rows: Rows = None,
    quick: Quick = False,
    json: o.Json = None,
    html: o.Html = None,
    force: o.Force = False,
    seed: o.Seed = 0,
) -> int:
    """List the classical mistakes of hand-written backpropagation, show one, or measure how well they are found."""
    from ..common.errors import UserError
    from ..mistakes import text

    if jobs is not None and not 1 <= jobs <= 1000:
        raise UserError(f"--jobs {jobs}: from 1 to 1000")
    if wild:
        others: dict[str, Any] = {
            "ID": id,
            "--bench": bench,
            "--lines": lines,
            "--families": families,
            "--quick": quick,
        }
        others |= {"--operations": operations, "--many": many, "--functions": functions}
        if clash := next((option for option, value in others.items() if value), None):
            raise UserError(f"--wild is a bench of its own: leave out {clash}")
        return _of_the_wild(wild_cases, jobs, json, html, force)
    if wild_cases is not None or (jobs is not None and not families):
        raise UserError(f"{'--wild-cases' if wild_cases else '--jobs'} belongs to threeways mistakes --wild")
    drawn = {"--errors": errors, "--seconds": seconds, "--rows": rows}
    if not (bench and families) and (stray := next((o for o, v in drawn.items() if v is not None), None)):
        raise UserError(f"{stray} belongs to threeways mistakes --bench --families")
    for option, value in (("--errors", errors), ("--seconds", seconds)):
        if value is not None and not 0 <= value < 1e9:
            raise UserError(f"{option} {value:g}: a number from 0 is needed")
    if id is not None and bench:
        raise UserError("--bench plants all mistakes; leave out the id")
    if many is not None and many < 1:
        raise UserError(f"--many {many}: at least 1 is needed")
    benches = {"--lines": lines, "--families": families, "--operations": operations}
    asked = [option for option, value in benches.items() if value]
    if len(asked) > 1:
        raise UserError(f"{' and '.join(asked)} are two benches: one at a time")
    if quick and asked:
        raise UserError(f"{asked[0]} takes --many in place of --quick")
    if bench and not (lines or operations) and (functions or (many is not None and not families)):
        raise UserError(
            "--many and --functions belong to the bench of lines: threeways mistakes --bench --lines"
        )
    given = {
        **benches,
        "--many": many,
        "--functions": functions,
        "--quick": quick,
        "--json": json,
        "--html": html,
    }
    if not bench and any(given.values()):
        first = next(option for option, value in given.items() if value)
        raise UserError(f"{first} belongs to the bench: threeways mistakes --bench")
    if not bench:
        say(text.catalogued() if id is None else text.one(id))
        return 0
    o.writable(force, json, html)
    if lines:
        return _of_lines(many or 2, o.names(functions) or (), seed, json, html, force)
    if families:
        return _of_families(many, jobs, errors, seconds, rows, seed, json, html, force)
    if operations:
        return _of_operations(many or 2, o.names(functions) or (), seed, json, html, force)
    from ..checks.bench.bench import bench as run_bench
    from ..common.progress import steps_bar

    with steps_bar("bench", None) as progress:
        result = run_bench(**(SAMPLE if quick else FULL), seed=seed, progress=progress)
    deliver(result, json, html, force)
    return result.exit_code


def _of_lines(many, functions, seed, json, html, force):
    from ..checks.bench.lines.bench import bench
    from ..common.progress import steps_bar

    with steps_bar("bench of lines", None) as progress:
        result = bench(many, functions, seed, progress=progress)
    deliver(result, json, html, force)
    return result.exit_code


def _of_families(many, jobs, errors, seconds, rows, seed, json, html, force):
    from ..checks.bench.families.bench import FUNCTIONS, bench
    from ..checks.bench.families.judging import ERRORS
    from ..common.progress import steps_bar
    from ..common.results import write_lines

    o.writable(force, rows)
    errors, seconds = ERRORS if errors is None else errors, float("inf") if seconds is None else seconds
    with (
        open(rows, "w", encoding="utf-8") if rows else nullcontext() as out,
        steps_bar("bench of families", None) as progress,
    ):
        keep = None if out is None else partial(write_lines, out)
        result = bench(many or FUNCTIONS, seed, jobs or 1, progress, errors, seconds=seconds, keep=keep)
    deliver(result, json, html, force)
    return result.exit_code


def _of_operations(many, kernels, seed, json, html, force):
    from ..checks.bench.operations.bench import bench
    from ..common.progress import steps_bar

    with steps_bar("bench of operations", None) as progress:
        result = bench(many, kernels, seed, progress=progress)
    deliver(result, json, html, force)
    return result.exit_code


def _of_the_wild(folder, jobs, json, html, force):
    from ..checks.bench.wild.bench import bench
    from ..checks.bench.wild.corpus import cases
    from ..common.progress import steps_bar

    o.writable(force, json, html)
    found = cases(folder)
    with steps_bar("bench of public mistakes", None) as progress:
        result = bench(found, judged_in_public, jobs or 1, progress)
    deliver(result, json, html, force)
    return result.exit_code


def judged_in_public(case, file):
    """Check one file of a case as its author would: the report in plain form, with the exit status.

    The limit is for a check that hangs; on a busy machine the one that `check` has would measure the machine.
    """
    from ..files.process import run

    asked = {"file": None, "operation": {}, "step": {"rule": case.rule or {}}}[case.how]
    outcome = run(file, case.target, timeout=IN_PUBLIC, operation=asked)
    return outcome.report | {"exit": outcome.exit}
