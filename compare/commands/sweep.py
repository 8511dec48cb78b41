"""threeways sweep: many settings over processes or machines."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from . import options as o
from .delivery import deliver

MOST = 1_000
Config = Annotated[str, Argument(help="A TOML file with a [sweep], or digits-sweep.", metavar="CONFIG")]
Data = Annotated[str | None, Option(help="Data in place of the config's.", metavar="PATH")]
Out = Annotated[Path | None, Option(help="The folder to write to, or to go on in.", metavar="DIR")]
Workers = Annotated[int, Option(help="Processes on this machine.")]
Scheduler = Annotated[
    str | None, Option(help="A dask scheduler instead of them: tcp://host:port.", metavar="ADDRESS")
]


def sweep(
    config: Config = "digits-sweep",
    data: Data = None,
    out: Out = None,
    workers: Workers = 2,
    scheduler: Scheduler = None,
    json: o.Json = None,
    html: o.Html = None,
    force: o.Force = False,
) -> int:
    """Train a grid of settings, or random ones: one table, the expected best by budget, and pictures.

    After a stop of a worker or of the command, the same command goes on; finished cells are not run again.
    """
    from ..common.errors import UserError
    from ..common.progress import steps_bar
    from ..common.results import plain
    from ..report.pictures import sweep as pictures
    from ..training import cells as celled
    from ..training import sweep as sweeps
    from ..training.kept import Kept

    o.writable(force, json, html)
    if not 1 <= workers <= MOST:
        raise UserError(f"--workers {workers}: a number from 1 to {MOST:,} is needed")
    cells = celled.cells(config, data)
    out = out or Path(f"threeways-sweep-{Path(config).stem}")
    with steps_bar("cells", len(cells)) as progress:
        result = sweeps.sweep(Path(config).stem, cells, out, workers, scheduler, progress)
    drawn = plain(result)
    with Kept(out) as kept:
        kept.write("curves.svg", pictures.curves(drawn).svg_file())
        if two := pictures.axes_of(drawn):
            kept.write("heatmap.svg", pictures.heatmap(drawn, *two).svg_file())
    where = f"In {out}: table.csv, report.json, curves.svg{', heatmap.svg' if two else ''}, and each cell."
    deliver(result, json, html, force, after=f"\n{where}")
    return result.exit_code
