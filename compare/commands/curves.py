"""threeways curves: training side by side."""

from typing import Annotated

import typer

from . import options as o

Optimizer = Annotated[str, typer.Option(help="sgd, momentum, nesterov, rmsprop, adagrad, adam or adamw.")]
Schedule = Annotated[str, typer.Option(help="How the rate changes: constant, step, cosine or linear.")]
Clip = Annotated[float | None, typer.Option(help="The largest global norm of the gradients.")]
Rate = Annotated[
    float | None, typer.Option(help="The learning rate; by default one that suits the optimizer.")
]
Steps = Annotated[int, typer.Option(help="How many batches to train on.")]


def curves(
    network: o.Network = "mlp",
    sizes: o.Sizes = None,
    activations: o.Activations = None,
    criterion: o.Criterion = None,
    l2: o.L2 = None,
    l2_biases: o.L2Biases = False,
    data: o.Data = "digits",
    optimizer: Optimizer = "sgd",
    rate: Rate = None,
    schedule: Schedule = "constant",
    clip: Clip = None,
    steps: Steps = 300,
    batch: o.Batch = 32,
    seed: o.Seed = 0,
    dtype: o.Dtype = "float64",
    json: o.Json = None,
    html: o.Html = None,
    force: o.Force = False,
) -> int:
    """Train by hand, by torch and by jax from the same start over the same batches: where do they part?"""
    from .. import data as datasets
    from .. import networks, optimizers
    from ..results import check_writable, plain, write_json

    check_writable(json, force)
    check_writable(html, force)
    net = networks.network(
        network,
        sizes=o.integers(sizes, "--sizes"),
        activations=o.names(activations),
        criterion=criterion,
        l2=l2,
        l2_biases=l2_biases,
    )
    rule = optimizers.optimizer(
        optimizer,
        optimizers.RATES.get(optimizer, 0.1) if rate is None else rate,
        schedule,
        optimizers.over_a_run(schedule, steps),
        clip=clip,
    )
    dataset = datasets.load(data)

    from ..curves import text, train
    from ..progress import steps_bar

    with steps_bar("training", steps) as progress:
        result = train(
            net, dataset, steps, batch, seed=seed, dtype=o.floating(dtype), optimizer=rule, progress=progress
        )
    print(text.curves(plain(result)))
    if json:
        write_json(json, result)
    if html:
        from ..report.html import write_page

        write_page(html, [result], force)
    return result.exit_code
