"""threeways check: your own derivation, in your own file; or those of a class, against the teacher's file."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from ..common.words import say
from . import options as o
from .delivery import deliver

Files = Annotated[
    list[str] | None,
    Argument(
        help="A .py file, a notebook, or the folder of an exercise; FILE:NAME if it has several functions.",
        metavar="FILE[:FN]",
    ),
]
Init = Annotated[Path | None, Option("--init", help="Write a starter file here.", metavar="FILE")]
Style = Annotated[
    str,
    Option(
        help="The style of the starter: plain, coursera, cs231n, nielsen, class; assignment for a teacher; three "
        "for a network in NumPy, torch and jax."
    ),
]
Timeout = Annotated[
    float | None,
    Option(
        help="Seconds that your code may take in all; the time of the check does not count. [default: 60]"
    ),
]
Memory = Annotated[
    float | None, Option(help="Gigabytes that your code may use; limited on Linux only. [default: 4]")
]
Fix = Annotated[
    bool,
    Option(
        "--fix",
        help="Write a copy of FILE with every change that was run, as FILE's name and .fixed.py, and check it.",
    ),
]
Certify = Annotated[
    bool,
    Option(
        "--certify",
        help="Prove every entry right or wrong in ball arithmetic and print the derivative's enclosures.",
    ),
]
OPERATION = "For one operation"
Reference = Annotated[
    str | None,
    Option(
        help="FILE:NAME is an operation with a hand-written backward; this function of FILE is its plain form.",
        metavar="NAME",
        rich_help_panel=OPERATION,
    ),
]
Operation = Annotated[
    bool,
    Option("--operation", help="FILE:NAME is an operation; no reference.", rich_help_panel=OPERATION),
]
Sweep = Annotated[
    bool,
    Option(
        "--sweep", help="Check the operation at other shapes, layouts and types.", rich_help_panel=OPERATION
    ),
]
Order = Annotated[
    int, Option(help="2: check the operation's double backward too.", rich_help_panel=OPERATION)
]
COURSE = "For a course"
Against = Annotated[
    Path | None,
    Option(
        help="The teacher's file; FILE is then a submission, or a folder of them.",
        metavar="ASSIGNMENT.py",
        rich_help_panel=COURSE,
    ),
]
Reveal = Annotated[
    str | None,
    Option(
        help="How much a report, its JSON too, shows a student: verdict, place (the arrays and the lines), hint or "
        "answer. [default: what the assignment says; for an exercise hint; for a file of your own answer]",
        rich_help_panel=COURSE,
    ),
]
Jobs = Annotated[
    int | None, Option(help="Submissions graded at a time. [default: all cores]", rich_help_panel=COURSE)
]
Sandbox = Annotated[
    str,
    Option(
        help="What a submission or an exercise runs in: auto (bubblewrap where it works), bwrap, or none.",
        rich_help_panel=COURSE,
    ),
]
Csv = Annotated[
    Path | None, Option("--csv", help="Write the table here.", metavar="PATH", rich_help_panel=COURSE)
]
Gradescope = Annotated[
    Path | None,
    Option(
        help="Write Gradescope's results.json of one submission here; of exercises, each student's in this folder.",
        metavar="PATH",
        rich_help_panel=COURSE,
    ),
]


def check(
    files: Files = None,
    init: Init = None,
    style: Style = "plain",
    timeout: Timeout = None,
    memory: Memory = None,
    json: o.Json = None,
    html: o.Html = None,
    force: o.Force = False,
    verbose: o.Verbose = False,
    fix: Fix = False,
    certify: Certify = False,
    reference: Reference = None,
    operation: Operation = False,
    sweep: Sweep = False,
    order: Order = 1,
    against: Against = None,
    reveal: Reveal = None,
    jobs: Jobs = None,
    sandbox: Sandbox = "auto",
    csv: Csv = None,
    gradescope: Gradescope = None,
) -> int:
    """Check your own derivation: is it the gradient of your loss, and if not, which line is wrong?

    FILE defines a function (params, x, y) -> (loss, gradients), and either `example()`, which returns (params, x, y),
    or `params`, `X` and `Y`. Other forms are read too: functions with arguments of their own, a loss and a gradient
    apart, objects and layers, a script with a training loop. It runs in a process of its own.

    A folder of handed-in exercises is marked as a class: who has which rule right, and the commonest mistakes. With
    --against, the file that was handed out says what is judged, whatever a student changed in it.

    FILE:NAME with --reference NAME (or --operation) is an operation for check_vjp: a torch.autograd.Function, also with
    Triton kernels, or a jax.custom_vjp, also with Pallas kernels. `example()` returns its inputs.

    With --against, the teacher's file holds the inputs, the reference and the points. A submission runs in a process
    of its own, which returns arrays only; the verdict is made outside of it. In bubblewrap that process sees Python
    and its own file, and has no network. Without it (--sandbox none, or auto where bwrap does not work) a submission
    can read and write what you can, use the network, and with some knowledge of CPython start and end processes.
    Exit status of one submission: 0 right, 1 wrong, 2 no verdict, 3 inconclusive; of several: 0, whatever the grades.
    """
    from ..common.errors import UserError
    from ..common.results import check_writable

    bounds = (("--timeout", timeout, 0.001, 1e6), ("--memory", memory, 0.01, 1e6), ("--jobs", jobs, 1, 1000))
    for option, value, least, most in bounds:
        if value is not None and not least <= value <= most:
            raise UserError(f"{option} {value:g}: a number above 0 is needed, from {least:g} to {most:g}")
    if init is not None:
        return _start(init, style, force)
    if not files:
        raise UserError(
            "a file is needed: threeways check FILE; threeways check --init FILE writes one to start from"
        )
    if certify and against is not None:
        raise UserError("--certify proves one file of your own: leave out --against")
    if fix and (against is not None or len(files) > 1 or reveal not in (None, "answer")):
        raise UserError(
            "--fix shows the answer for one file of your own: leave out --against, --reveal and others"
        )
    exercises = _exercises(files)
    if exercises:
        from .grading import exercises_graded

        limits = {"timeout": timeout, "memory": memory, "jobs": jobs, "sandbox": sandbox}
        shown = {"reveal": reveal, "csv": csv, "gradescope": gradescope, "json": json, "html": html}
        return exercises_graded(files[0], exercises, against, **limits, **shown, force=force)
    if against is not None:
        from .grading import graded

        wishes = {"reveal": reveal, "timeout": timeout, "memory": memory, "jobs": jobs, "json": json}
        wishes["sandbox"] = sandbox
        given = [split(file) for file in files]
        return graded(given, against, **wishes, csv=csv, gradescope=gradescope, html=html, force=force)
    if jobs or csv or gradescope:
        raise UserError(
            "--jobs, --csv and --gradescope grade a course: add --against ASSIGNMENT.py, or give a folder of exercises"
        )
    if len(files) > 1 and (json or html):
        raise UserError("--json and --html hold one report: give one file")
    check_writable(json, force)
    check_writable(html, force)
    limits = {name: value for name, value in (("timeout", timeout), ("memory", memory)) if value is not None}
    wishes = {**limits, "certify": certify}
    if reference is not None or operation or sweep or order != 1:
        if certify or fix or len(files) > 1 or against is not None:
            raise UserError(
                "--reference and --operation check one operation: leave out --certify, --fix, other files"
            )
        outcome, said = _operation(files[0], limits, reference, sweep, order, verbose)
        deliver(outcome.report, json, html, force, said=said)
        return outcome.exit
    if len(files) > 1:
        return _several(files, wishes, verbose, reveal, sandbox)
    if not fix:
        outcome, said = _one(files[0], wishes, verbose, reveal, sandbox)
        deliver(outcome.report, json, html, force, said=said)
        return outcome.exit
    from .correcting import copy_of, corrected

    path, function = split(files[0])
    if _is_exercise(path) or _handout(path):
        raise UserError("--fix is for a file of your own, not for an exercise")
    copy = copy_of(path, force)
    outcome, said = _one(files[0], wishes, verbose, reveal, sandbox)
    told = corrected(path, function, outcome.report, copy, **limits)
    deliver(outcome.report, json, html, force, said=said, after="\n".join(["", *told]))
    return outcome.exit


def _exercises(files):
    """Return the handed-in exercises of a folder; [] for any other argument, such as the folder of one exercise."""
    path = Path(files[0])
    if len(files) > 1 or not path.is_dir() or _handout(path):
        return []
    from ..teaching.handed_in import handed_in  # the checker, which a file's check needs in its child only

    return handed_in(path)


def _handout(folder):
    """Return the file in the folder that `threeways exercise` wrote; None in any other."""
    return next((p for p in (Path(folder, f"backward{s}") for s in (".py", ".ipynb")) if p.is_file()), None)


def _start(path, style, force):
    from ..files.starters import write

    write(path, style, force)
    if style == "three":
        say(f"Wrote {path}. Its versions agree; compare them with: threeways gradients {path}")
    elif style == "assignment":
        say(f"Wrote {path}. Grade with it: threeways check SUBMISSION... --against {path}")
    else:
        say(f"Wrote {path}. It is right; check it with: threeways check {path}")
    return 0


def _one(file, wishes, verbose, reveal, sandbox):
    from ..common.errors import UserError, nearest
    from ..common.progress import waiting
    from ..common.words import printed_by_user, visible
    from ..files.process import run
    from ..files.sandbox import chosen
    from ..report import door
    from ..report.kinds.exercise import SHOWN

    path, function = split(file)
    handout = _handout(path)
    path = str(handout or path)
    exercise = handout is not None or _is_exercise(path)
    if reveal is not None and reveal not in SHOWN:
        raise UserError(f"--reveal {reveal}: {nearest(reveal, SHOWN)}")
    if exercise:
        from ..teaching.exercise import check
        from ..teaching.lines import revealed_rules

        if wishes.pop("certify"):
            raise UserError("--certify proves a function of your own, not an exercise")
        with waiting(f"checking {visible(path)}"):
            outcome = check(path, **wishes, sandbox=chosen(sandbox))
        reveal = reveal or outcome.report["reveal"]
        outcome = replace(outcome, report=revealed_rules(outcome.report, reveal))
        return outcome, door.text(outcome.report, verbose, reveal=reveal) + printed_by_user(outcome.printed)
    with waiting(f"checking {visible(path)} (most files take 1 to 20 s)"):
        outcome = run(path, function, **wishes, environment=_environment(path))
    if reveal not in (None, "answer"):
        from ..teaching.lines import revealed

        outcome = replace(outcome, report=revealed(outcome.report, reveal))
    return outcome, door.text(outcome.report, verbose) + printed_by_user(outcome.printed)


def _environment(path):
    """Return the variables that the process of a file needs: without a GPU Triton's kernels are interpreted."""
    if not Path(path).is_file() or b"triton" not in Path(path).read_bytes():
        return {}
    from ..files.operated import interpreter_needed

    return {"TRITON_INTERPRET": "1"} if interpreter_needed(path) else {}


def _operation(file, limits, reference, sweep, order, verbose):
    """Check one operation of a file; without a GPU its Triton kernels are interpreted."""

    from ..common.words import printed_by_user
    from ..files.process import run
    from ..report import door

    path, function = split(file)
    environment = _environment(path)
    asked = {"reference": reference, "sweep": sweep, "order": order, "interpreted": bool(environment)}
    outcome = run(path, function, **limits, operation=asked, environment=environment)
    return outcome, door.text(outcome.report, verbose) + printed_by_user(outcome.printed)


def _is_exercise(path):
    """Return whether the file, or a cell of the notebook, defines EXERCISE."""
    if not Path(path).is_file():
        return False
    return re.search(rb'(^|"|\\n)EXERCISE\s*=', Path(path).read_bytes(), re.MULTILINE) is not None


def _several(files, wishes, verbose, reveal, sandbox):
    """Check one file after the other, whatever each gives; return the gravest exit status."""

    from ..common.errors import INCONCLUSIVE, UNUSABLE, WRONG, UserError

    exits = set()
    for file in files:
        say(f"== {file}")
        try:
            outcome, said = _one(file, dict(wishes), verbose, reveal, sandbox)
            say(said)
            exits.add(outcome.exit)
        except UserError as error:
            say(f"threeways: {error}", error=True)
            exits.add(UNUSABLE)
        say()
    return next((e for e in (WRONG, UNUSABLE, INCONCLUSIVE) if e in exits), 0)


def split(file: str) -> tuple[str, str | None]:
    """Return ('net.py', 'backward') of 'net.py:backward'; a colon in a folder's name is left alone."""
    if Path(file).exists():
        return file, None
    path, colon, function = file.rpartition(":")
    return (path, function) if colon and function.replace(".", "").isidentifier() else (file, None)
