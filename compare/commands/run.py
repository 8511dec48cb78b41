"""threeways run: the main job."""

import sys
from pathlib import Path
from typing import Annotated

from typer import Option

from ..common.words import say
from . import options as o

Quick = Annotated[bool, Option("--quick", help="Fewer steps and repetitions: a first look.")]
Out = Annotated[Path, Option(help="The folder for report.html and report.json.", metavar="DIR")]


def run(
    quick: Quick = False,
    out: Out = Path("threeways-run"),
    data: o.Data = None,
    network: o.Network = "mlp",
    sizes: o.Sizes = None,
    activations: o.Activations = None,
    criterion: o.Criterion = None,
    fields: o.Fields = None,
    seed: o.Seed = 0,
) -> int:
    """Run the main job: gradients, training and timing of one network, three ways, as one report."""
    from .. import networks
    from ..common.results import plain
    from ..report import door
    from ..report.kinds import parts
    from .main_job import reserved, run_parts, write_report

    net = o.network(network, sizes, activations, criterion, fields=fields)
    dataset = net.load(data)
    checked = networks.check_inputs(net, dataset, seed=seed)
    with reserved(out) as folder:
        if folder != out:
            say(f"{out} has a report already: writing to {folder}", error=True)
        result = run_parts(_work(net, dataset, checked, seed, quick), seed, _announce)
        if result.interrupted and not parts(plain(result)):
            raise KeyboardInterrupt  # nothing is finished: nothing to write
        write_report(folder, result)
    say(door.text(plain(result)))
    say(f"\n{folder}/report.html  the same with pictures and tables: open it in a browser")
    say(f"{folder}/report.json  all raw results")
    return result.exit_code


def _work(net, dataset, checked, seed, quick):
    """Return {part: function that does it}."""

    def gradients():
        from ..checks.gradients import compare_network

        params, x, y = checked
        return compare_network(net, params, x, y, data=dataset.name, seed=seed)

    def curves():
        from ..common.progress import steps_bar
        from ..training import train

        steps = 60 if quick else 300
        with steps_bar("training", steps) as progress:
            return train(net, dataset, steps, seed=seed, progress=progress)

    def time():
        from .. import networks
        from ..common.progress import parts_bar
        from ..timing.measure import MAIN_JOB, MAIN_JOB_PLAN, QUICK, measure

        params, x, y = networks.check_inputs(net, dataset, seed=seed, dtype="float32")  # what is trained in
        epoch = max(1, len(dataset.x_train) // len(x))
        with parts_bar() as progress:
            return measure(
                net,
                x,
                y,
                params,
                seed=seed,
                data=dataset.name,
                steps_per_epoch=epoch,
                progress=progress,
                contenders=MAIN_JOB,
                plan=QUICK if quick else MAIN_JOB_PLAN,
            )

    return {"gradients": gradients, "curves": curves, "time": time}


def _announce(name, number, total):
    if sys.stderr.isatty():
        say(f"{number}/{total} {name} ...", error=True)
