"""threeways run: the main job."""

from functools import partial
from pathlib import Path
from typing import Annotated

from typer import Option

from ..common.errors import UserError
from ..common.words import say
from . import options as o
from .delivery import deliver

PARTS = ("gradients", "curves", "time")
Quick = Annotated[bool, Option("--quick", help="Fewer steps and repetitions: a first look.")]
Published = Annotated[
    bool,
    Option(
        "--published", help="Compute numbers that books, courses and pages printed, and say which are right."
    ),
]
Out = Annotated[Path, Option(help="The folder for report.html and report.json.", metavar="DIR")]


def run(
    quick: Quick = False,
    published: Published = False,
    out: Out = Path("threeways-run"),
    data: o.Data = None,
    network: o.Network = "mlp",
    sizes: o.Sizes = None,
    activations: o.Activations = None,
    criterion: o.Criterion = None,
    fields: o.Fields = None,
    seed: o.Seed = 0,
    json: o.Json = None,
    html: o.Html = None,
    force: o.Force = False,
    verbose: o.Verbose = False,
) -> int:
    """Run the main job: gradients, training and timing of one network, three ways, as one report."""
    if published:
        given: dict[str, object] = {
            "--quick": quick,
            "--data": data,
            "--sizes": sizes,
            "--activations": activations,
        }
        given |= {"--criterion": criterion, "--set": fields}
        if extra := [option for option, value in given.items() if value]:
            raise UserError(f"--published computes what was printed: leave out {', '.join(extra)}")
        return _published(json, html, force, verbose)
    if json or html or force or verbose:
        raise UserError(
            "run writes report.json and report.html to the folder of --out: leave out --json, --html, "
            "--force and --verbose, or add --published"
        )
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


def _published(json, html, force, verbose):
    from ..common.progress import steps_bar
    from ..training.printed.numbers import printed

    o.writable(force, json, html)
    with steps_bar("published numbers", None) as progress:
        result = printed(progress)
    deliver(result, json, html, force, verbose=verbose)
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
