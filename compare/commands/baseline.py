"""threeways baseline: a small baseline that three implementations confirm."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from . import options as o
from .delivery import deliver

MOST = 1_000_000
Config = Annotated[str, Argument(help="A run that comes with the project, or a TOML file.", metavar="CONFIG")]
Data = Annotated[str | None, Option(help="Data in place of the config's.", metavar="PATH")]
Seeds = Annotated[int, Option(help="How many seeds, from the config's on; 5 or more give intervals.")]
Out = Annotated[Path | None, Option(help="The folder to write to, or to go on in.", metavar="DIR")]
Epochs = Annotated[int | None, Option(help="Epochs in place of the config's.")]


def baseline(
    config: Config = "digits",
    data: Data = None,
    seeds: Seeds = 5,
    epochs: Epochs = None,
    out: Out = None,
    json: o.Json = None,
    html: o.Html = None,
    force: o.Force = False,
) -> int:
    """Train all three and scikit-learn over several seeds: CSV, JSON, checkpoints, and methods.md for an appendix.

    After a stop the same command goes on where it was.
    """
    from ..common.errors import UserError
    from ..common.progress import steps_bar
    from ..common.results import plain
    from ..report import methods
    from ..training import config as configs
    from ..training.baseline import baseline as run
    from ..training.baseline import with_epochs
    from ..training.kept import Kept

    o.writable(force, json, html)
    for option, value in (("--seeds", seeds), ("--epochs", epochs)):
        if value is not None and not 1 <= value <= MOST:
            raise UserError(f"{option} {value}: a number from 1 to {MOST:,} is needed")
    file = configs.file_of(config)
    if file is not None:
        out = out or Path(f"threeways-baseline-{Path(config).stem}")
        settings = {"config": config, "seeds": seeds, "epochs": epochs, "out": str(out)}
        outcome = o.of_file(
            str(file), "compare.training.baseline:baseline_of", settings, "float64", data=data
        )
        result, status = outcome.report, outcome.exit
    else:
        said = with_epochs(configs.read(config), epochs)
        if said.seed + seeds > 2**32:
            raise UserError(f"--seeds {seeds} from seed {said.seed} on: a seed is at most 2**32 - 1")
        dataset = said.dataset(data)
        out = out or Path(f"threeways-baseline-{said.name}")
        with steps_bar("epochs", None) as progress:
            found = run(said, dataset, [said.seed + k for k in range(seeds)], out, progress)
        result, status = plain(found), found.exit_code
    with Kept(out) as kept:
        kept.write("epochs.csv", methods.epochs_csv(result))
        kept.write("methods.md", methods.paragraph(result))
    where = f"In {out}: report.json, epochs.csv, methods.md, and for each seed start.npz and every epoch."
    deliver(result, json, html, force, after=f"\n{where}")
    return status
