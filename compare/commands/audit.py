"""threeways audit: whether a test suite notices a wrong gradient."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from . import options as o
from .delivery import deliver

Tests = Annotated[str, Argument(help="A file or a folder of pytest tests.", metavar="TESTS")]
Functions = Annotated[
    str | None,
    Option(
        help="The backward functions, module:function. [default: those that the tests run and whose name says it: "
        "backward, conv_backward, grad_loss, hidden_delta, ...]",
        metavar="NAME,NAME,...",
    ),
]
Many = Annotated[int, Option(help="Wrong edits of each function, at most.", min=1)]
Jobs = Annotated[int | None, Option(help="Processes. [default: half of the cores]", min=1)]
Timeout = Annotated[
    float | None,
    Option(
        help="Seconds that the tests may take on an edit. [default: by the time that they take as they are]",
        min=1,
    ),
]
Each = Annotated[
    bool, Option("--each", help="Run every test on each edit, not only up to the first that fails.")
]
Pytest = Annotated[
    str, Option("--pytest", help="Further options of pytest: --pytest '-k \"not slow\"'.", metavar="OPTIONS")
]
Keep = Annotated[
    Path | None,
    Option(
        help="Keep the outcome of each edit here; the same command goes on where it was ended.", metavar="DIR"
    ),
]


def audit(
    tests: Tests,
    functions: Functions = None,
    many: Many = 20,
    jobs: Jobs = None,
    timeout: Timeout = None,
    each: Each = False,
    pytest: Pytest = "",
    keep: Keep = None,
    json: o.Json = None,
    html: o.Html = None,
    force: o.Force = False,
    verbose: o.Verbose = False,
    seed: o.Seed = 0,
) -> int:
    """Plant wrong edits in hand-written backward functions, and list those that the tests do not notice."""
    from importlib.util import find_spec

    from ..common.errors import UserError
    from ..common.progress import steps_bar
    from ..common.results import sweep_left

    o.writable(force, json, html)
    if find_spec("pytest") is None:
        raise UserError("pytest is not installed: pip install pytest")
    from ..checks.audit.audit import audit as run_audit
    from ..checks.audit.audit import jobs_by_default
    from ..checks.audit.options import Options

    if keep:
        try:
            keep.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"cannot write the folder {keep}: {error.strerror}") from error
        sweep_left(keep)
    given = Options(
        o.names(functions) or (), many, jobs or jobs_by_default(), timeout, seed, each, pytest, keep
    )
    with steps_bar("audit", None) as progress:
        result = run_audit(tests, given, progress)
    deliver(result, json, html, force, verbose=verbose)
    return result.exit_code
