"""threeways curves: training side by side."""

from typing import Annotated, Any

from typer import Option

from . import options as o
from .delivery import deliver

CHECKPOINT = "threeways-curves.npz"
Optimizer = Annotated[
    str | None,
    Option(
        help="sgd, momentum, nesterov, rmsprop, adagrad, adam or adamw. [default: sgd, or the updates that FILE has]"
    ),
]
Schedule = Annotated[str, Option(help="The rate over the run: constant, step, cosine or linear.")]
Clip = Annotated[float | None, Option(help="The largest global norm of the gradients.")]
Rate = Annotated[float | None, Option(help="The learning rate. [default: the optimizer's usual one]")]
Steps = Annotated[int | None, Option(help="Batches to train on. [default: 300]")]
Run = Annotated[
    str | None,
    Option(
        "--run", help="A published run, or a TOML file: micrograd, nielsen-quadratic, ...", metavar="NAME"
    ),
]
Workers = Annotated[
    int,
    Option(
        help="Share each batch out over so many workers, by hand, by torch and by jax in two ways.", min=1
    ),
]
Checkpoint = Annotated[
    str | None,
    Option(
        help="With --workers: where a run that loses a worker is kept; the same command goes on from it. "
        "[default: threeways-curves.npz]",
        metavar="PATH",
    ),
]


def curves(
    file: o.File = None,
    run: Run = None,
    network: o.Network = "mlp",
    sizes: o.Sizes = None,
    activations: o.Activations = None,
    criterion: o.Criterion = None,
    l2: o.L2 = None,
    l2_biases: o.L2Biases = False,
    fields: o.Fields = None,
    data: o.Data = None,
    optimizer: Optimizer = None,
    rate: Rate = None,
    schedule: Schedule = "constant",
    clip: Clip = None,
    steps: Steps = None,
    batch: o.Batch = 32,
    seed: o.Seed = 0,
    dtype: o.Dtype = "float64",
    workers: Workers = 1,
    checkpoint: Checkpoint = None,
    json: o.Json = None,
    html: o.Html = None,
    force: o.Force = False,
) -> int:
    """Train by hand, by torch and by jax from the same start over the same batches, and compare the losses.

    Of FILE's own network every version may have an update of its own. The first step that rounding does not explain is
    found, and whether the batch, the loss, the gradient or the update differs there.
    """
    from ..common.errors import UserError
    from ..common.progress import steps_bar

    o.writable(force, json, html)
    settings: dict[str, Any]
    if steps is not None and steps < 1:
        raise UserError(f"--steps {steps}: at least one step is needed")
    if workers > o.MOST_WORKERS:
        raise UserError(f"--workers {workers}: at most {o.MOST_WORKERS} can be")
    if workers == 1 and checkpoint:
        raise UserError("--checkpoint keeps a run with --workers")
    more: dict[str, Any] = {"workers": workers, "checkpoint": checkpoint or CHECKPOINT} if workers > 1 else {}
    if file is not None:
        if run is not None:
            raise UserError(f"{file} is the run: leave out --run")
        settings = {"optimizer": optimizer, "rate": rate, "schedule": schedule, "clip": clip, "seed": seed}
        settings |= {"steps": 300 if steps is None else steps, "batch": batch, "dtype": o.floating(dtype)}
        outcome = o.of_file(
            file,
            "compare.training.shared:train_shared" if more else "compare.training:train",
            settings | more,
            dtype,
            **{"network": network, "sizes": sizes, "activations": activations, "criterion": criterion},
            **{"l2": l2, "l2_biases": l2_biases, "set": fields, "data": data},
        )
        deliver(outcome.report, json, html, force)
        return outcome.exit
    if run is not None:
        if more:
            raise UserError("--run is a run of one process: leave out --workers")
        given = {
            "sizes": sizes,
            "activations": activations,
            "criterion": criterion,
            "l2": l2,
            "rate": rate,
            "clip": clip,
            "optimizer": optimizer,
            "schedule": None if schedule == "constant" else schedule,
            "batch": None if batch == 32 else batch,
            "seed": seed or None,
            "dtype": None if dtype == "float64" else dtype,
        }
        for option, value in given.items():
            if value is not None:
                raise UserError(f"--run {run} sets it already: leave out --{option}")
        from ..training import config as configs
        from ..training.published import train_config

        config = configs.read(run)

        def train_it(progress):
            return train_config(config, data, steps, progress)
    else:
        from ..networks import optimizers
        from ..training import train
        from ..training.shared import train_shared

        net = o.network(network, sizes, activations, criterion, l2, l2_biases, fields)
        steps, optimizer = 300 if steps is None else steps, optimizer or "sgd"
        rate = optimizers.RATES.get(optimizer, 0.1) if rate is None else rate
        rule = optimizers.optimizer(
            optimizer, rate, schedule, optimizers.over_a_run(schedule, steps), clip=clip
        )
        dataset = net.load(data)
        settings = {"seed": seed, "dtype": o.floating(dtype), "optimizer": rule}

        def train_it(progress):
            if more:
                return train_shared(
                    net, dataset=dataset, steps=steps, batch=batch, **settings, **more, progress=progress
                )
            return train(net, dataset, steps, batch, **settings, progress=progress)

    with steps_bar("training", steps) as progress:
        result = train_it(progress)
    deliver(result, json, html, force)
    return result.exit_code
