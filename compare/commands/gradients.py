"""threeways gradients: the built-in network, three ways."""

from typing import Annotated

import typer

from . import options as o
from .delivery import deliver


def gradients(
    file: Annotated[str | None, typer.Argument(hidden=True)] = None,
    network: o.Network = "mlp",
    sizes: o.Sizes = None,
    activations: o.Activations = None,
    criterion: o.Criterion = None,
    l2: o.L2 = None,
    l2_biases: o.L2Biases = False,
    data: o.Data = "digits",
    batch: o.Batch = 32,
    seed: o.Seed = 0,
    dtype: o.Dtype = "float64",
    json: o.Json = None,
    html: o.Html = None,
    force: o.Force = False,
    verbose: o.Verbose = False,
) -> int:
    """Gradients and deltas of a built-in network: by hand, by torch, by jax and numerically, entry by entry."""
    from .. import data as datasets
    from .. import networks
    from ..errors import UserError
    from ..results import check_writable, plain

    if file is not None:
        raise UserError(f"'gradients' checks the built-in network; for your own file: threeways check {file}")
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
    dataset = datasets.load(data)
    params, x, y = networks.check_inputs(net, dataset, batch, seed, o.floating(dtype))

    from ..checking import compare_network
    from ..report import terminal

    report = compare_network(net, params, x, y, data=dataset.name, seed=seed)
    deliver(report, terminal.gradients(plain(report), verbose), json, html, force)
    return report.exit_code
