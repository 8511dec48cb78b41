"""threeways run: the main job."""

from functools import partial
from pathlib import Path
from typing import Annotated

from typer import Option

from ..common.words import say
from . import options as o

PARTS = ("gradients", "curves", "time")
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
    from ..common.progress import named_bars
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
        with named_bars(PARTS) as bars:
            result = run_parts(_work(net, dataset, checked, seed, quick, bars or {}), seed)
        if result.interrupted and not parts(plain(result)):
            raise KeyboardInterrupt  # nothing is finished: nothing to write
        missing = write_report(folder, result)
    say(door.text(plain(result)))
    page = missing or "the same with pictures and tables: open it in a browser"
    say(f"\n{folder}/report.html  {page}")
    say(f"{folder}/report.json  all raw results")
    return result.exit_code


def _work(net, dataset, checked, seed, quick, bars):
    """Return {part: function that does it}; bars: {part: its progress bar}."""

    def gradients():
        from ..checks.gradients import compare_network
        from ..common.progress import tracked

        params, x, y = checked
        update = bars.get("gradients")
        if update:
            update("torch and jax", 0, None)
        progress = tracked(update, "numerical differences")
        return compare_network(net, params, x, y, data=dataset.name, seed=seed, progress=progress)

    def curves():
        from ..training import train

        update = bars.get("curves")
        progress = partial(update, "training") if update else None
        return train(net, dataset, 60 if quick else 300, seed=seed, progress=progress)

    def time():
        from .. import networks
        from ..timing.measure import MAIN_JOB, MAIN_JOB_PLAN, QUICK, measure

        params, x, y = networks.check_inputs(net, dataset, seed=seed, dtype="float32")  # what is trained in
        epoch = max(1, len(dataset.x_train) // len(x))
        told = {"seed": seed, "data": dataset.name, "steps_per_epoch": epoch, "progress": bars.get("time")}
        plan = QUICK if quick else MAIN_JOB_PLAN
        return measure(net, x, y, params, contenders=MAIN_JOB, plan=plan, **told)

    return {"gradients": gradients, "curves": curves, "time": time}
