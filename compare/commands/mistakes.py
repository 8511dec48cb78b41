"""threeways mistakes: the catalogue, one of them, or the bench."""

from typing import Annotated, Any

from typer import Argument, Option

from . import options as o
from .delivery import deliver

Id = Annotated[str | None, Argument(help="One mistake: what is wrong, what is right, why.", metavar="ID")]
BenchFlag = Annotated[
    bool, Option("--bench", help="Plant each mistake, and judge random correct networks: tens of minutes.")
]
Quick = Annotated[bool, Option("--quick", help="A sample of the bench: about a minute.")]
FULL: dict[str, Any] = {"networks": 5, "architectures": 100, "draws": 100}
SAMPLE: dict[str, Any] = {"networks": 1, "architectures": 50, "draws": 2}


def mistakes(
    id: Id = None,
    bench: BenchFlag = False,
    quick: Quick = False,
    json: o.Json = None,
    html: o.Html = None,
    force: o.Force = False,
    seed: o.Seed = 0,
) -> int:
    """List the classical mistakes of hand-written backpropagation, show one, or measure how well they are found."""
    from ..common.errors import UserError
    from ..mistakes import text

    if id is not None and bench:
        raise UserError("--bench plants all mistakes; leave out the id")
    given = {"--quick": quick, "--json": json, "--html": html}
    if not bench and any(given.values()):
        first = next(option for option, value in given.items() if value)
        raise UserError(f"{first} belongs to the bench: threeways mistakes --bench")
    if not bench:
        print(text.catalogued() if id is None else text.one(id))
        return 0
    o.writable(force, json, html)
    from ..checks.bench.bench import bench as run_bench
    from ..common.progress import steps_bar

    with steps_bar("bench", None) as progress:
        result = run_bench(**(SAMPLE if quick else FULL), seed=seed, progress=progress)
    deliver(result, json, html, force)
    return result.exit_code
