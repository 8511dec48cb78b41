"""threeways report: a page, pictures and CSV from a JSON file, at any later time."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from ..common.words import say
from . import options as o

File = Annotated[
    Path, Argument(help="A file that a command wrote with --json, or a run's report.json.", metavar="FILE")
]
Other = Annotated[Path | None, Argument(help="A second one, to compare with the first.", metavar="OTHER")]
Html = Annotated[Path | None, Option("--html", help="The page. [default: FILE.html]", metavar="PATH")]
Figures = Annotated[
    Path | None, Option(help="Write each picture as SVG and PNG, and CSV, here.", metavar="DIR")
]


def report(
    file: File, other: Other = None, html: Html = None, figures: Figures = None, force: o.Force = False
) -> int:
    """Print a result again and draw its page, or what differs from a second file; export pictures and CSV."""
    from ..common.errors import UserError
    from ..common.results import check_writable, write_text
    from ..common.shapes import damaged, read_result

    if figures and other:
        raise UserError("--figures exports one file: leave out the second")
    files = [path for path in (file, other) if path is not None]
    results = [read_result(path, _dataclass) for path in files]
    if html is None and not figures:
        html = (
            file.with_suffix(".html") if other is None else other.with_name(f"{file.stem}-{other.stem}.html")
        )
    check_writable(html, force)

    from ..report import door
    from ..report import html as page
    from ..report.comparison import sentence

    with damaged(*files):
        if figures:
            from ..report.export import write_figures

            written = write_figures(figures, results[0], force)
            say(f"{figures}: {len(written)} files, SVG, PNG and CSV")
        if html and other:
            (one, second), names = results, (str(file), str(other))
            said, drawn = sentence(one, second, names), page.render_comparison(one, second, names)
        elif html:
            said, drawn = door.text(results[0]), page.render(results[0])
    if html:
        write_text(html, drawn)
        say(f"{said}\n\n{html}: open it in a browser")
    return 0


RESULTS = {
    "check": "judge.report:Report",
    "gradients": "judge.report:Report",
    "curves": "training.training:CurvesResult",
    "time": "timing.result:TimeResult",
    "graph": "timing.graphs.graph:GraphResult",
    "limits": "timing.limits.observation:LimitsResult",
    "baseline": "training.baseline:BaselineResult",
    "sweep": "training.sweep:SweepResult",
    "diff": "training.diff:DiffResult",
    "mistakes": "checks.bench.bench:Bench",
    "exercise": "teaching.exercise:Judged",
    "grades": "teaching.folder:Grades",
    "run": "commands.main_job:RunResult",
}


def _dataclass(command):
    """Return the dataclass of a command's results; None where the command writes none."""
    from importlib import import_module

    module, _, name = RESULTS.get(command, "").partition(":")
    return getattr(import_module(f"compare.{module}"), name) if module else None
