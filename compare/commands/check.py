"""threeways check: your own derivation, in your own file."""

from pathlib import Path
from typing import Annotated

import typer

from . import options as o
from .delivery import deliver

Files = Annotated[
    list[str] | None,
    typer.Argument(
        help="A .py file or a notebook; FILE:NAME where it has several functions.", metavar="FILE[:FN]"
    ),
]
Init = Annotated[Path | None, typer.Option("--init", help="Write a starter file here.", metavar="FILE")]
Style = Annotated[str, typer.Option(help="Of the starter: plain, coursera, cs231n, nielsen or class.")]
Timeout = Annotated[float, typer.Option(help="Seconds your code may take in all; judging it does not count.")]
Memory = Annotated[float, typer.Option(help="Gigabytes your code may hold (limited on Linux only).")]


def check(
    files: Files = None,
    init: Init = None,
    style: Style = "plain",
    timeout: Timeout = 60.0,
    json: o.Json = None,
    html: o.Html = None,
    force: o.Force = False,
    verbose: o.Verbose = False,
) -> int:
    """Your own derivation: is it the gradient of your loss, and if not, which line is wrong?

    FILE has a function (params, x, y) -> (loss, gradients), and `example()` returning (params, x, y) or its own
    `params`, `X`, `Y`. It is run in a process of its own.
    """
    from ..errors import UserError
    from ..results import check_writable

    if init is not None:
        from ..check_file.starters import write

        write(init, style, force)
        print(f"Wrote {init}. It is right as it stands; check it with: threeways check {init}")
        return 0
    if not files:
        raise UserError(
            "which file? threeways check FILE, or threeways check --init FILE for one to start from"
        )
    if timeout <= 0:
        raise UserError(f"--timeout {timeout:g}: a number of seconds above 0 is needed")
    if len(files) > 1 and (json or html):
        raise UserError("--json and --html hold one report: give one file")
    check_writable(json, force)
    check_writable(html, force)
    if len(files) > 1:
        return _several(files, timeout, verbose)
    outcome, said = _one(files[0], timeout, verbose)
    deliver(outcome.report, said, json, html, force)
    return outcome.exit


def _one(file, timeout, verbose):
    from ..check_file.process import run, shown
    from ..report import check_text

    path, function = split(file)
    outcome = run(path, function, timeout)
    return outcome, check_text.check(outcome.report, verbose) + shown(outcome.printed)


def _several(files, timeout, verbose):
    """One after the other; one that cannot be judged stops nothing. The exit is the gravest."""
    import sys

    from ..errors import INCONCLUSIVE, UNUSABLE, WRONG, UserError

    exits = set()
    for file in files:
        print(f"== {file}")
        try:
            outcome, said = _one(file, timeout, verbose)
            print(said)
            exits.add(outcome.exit)
        except UserError as error:
            print(f"threeways: {error}", file=sys.stderr)
            exits.add(UNUSABLE)
        print()
    return next((e for e in (WRONG, UNUSABLE, INCONCLUSIVE) if e in exits), 0)


def split(file):
    """'net.py:backward' -> ('net.py', 'backward'); a colon in a folder's name is left alone."""
    if Path(file).exists():
        return file, None
    path, colon, function = file.rpartition(":")
    return (path, function) if colon and function.replace(".", "").isidentifier() else (file, None)
