"""threeways sweep: many settings over processes or machines."""

from pathlib import Path
from typing import Annotated

import typer

from . import options as o
from .delivery import deliver

Config = Annotated[str, typer.Argument(help="A TOML file with a [sweep], or digits-sweep.", metavar="CONFIG")]
Data = Annotated[str | None, typer.Option(help="Data in place of the config's.", metavar="PATH")]
Out = Annotated[Path | None, typer.Option(help="The folder to write into, or to go on in.", metavar="DIR")]
Workers = Annotated[int, typer.Option(help="Processes on this machine.")]
Scheduler = Annotated[
    str | None, typer.Option(help="A dask scheduler in their place: tcp://host:port.", metavar="ADDRESS")
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
    """A grid of settings, or random ones: one table, the expected best by budget, and pictures.

    Stopped or killed, worker or client, the same command goes on; what is finished is not run again.
    """
    from ..common.errors import UserError
    from ..common.progress import steps_bar
    from ..common.results import check_writable, plain, write_text
    from ..report.pictures import sweep as pictures
    from ..training import cells as celled
    from ..training import sweep as sweeps

    check_writable(json, force)
    check_writable(html, force)
    if workers < 1:
        raise UserError(f"--workers {workers}: one or more is needed")
    cells = celled.cells(config, data)
    out = out or Path(f"threeways-sweep-{Path(config).stem}")
    with steps_bar("cells", len(cells)) as progress:
        result = sweeps.sweep(Path(config).stem, cells, out, workers, scheduler, progress)
    drawn = plain(result)
    write_text(out / "curves.svg", pictures.curves(drawn).svg_file())
    if two := pictures.axes_of(drawn):
        write_text(out / "heatmap.svg", pictures.heatmap(drawn, *two).svg_file())
    where = f"In {out}: table.csv, report.json, curves.svg{', heatmap.svg' if two else ''}, and each cell."
    deliver(result, json, html, force, after=f"\n{where}")
    return result.exit_code
