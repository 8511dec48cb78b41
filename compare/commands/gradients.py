"""threeways gradients: the built-in network, three ways."""

from typing import Annotated

from typer import Option

from . import options as o
from .delivery import deliver

Order = Annotated[
    int,
    Option(help="2: the Hessian times a random vector, of an mlp, by hand and both ways of each framework."),
]


def gradients(
    file: o.File = None,
    network: o.Network = "mlp",
    sizes: o.Sizes = None,
    activations: o.Activations = None,
    criterion: o.Criterion = None,
    l2: o.L2 = None,
    l2_biases: o.L2Biases = False,
    fields: o.Fields = None,
    data: o.Data = None,
    batch: o.Batch = 32,
    seed: o.Seed = 0,
    dtype: o.Dtype = "float64",
    order: Order = 1,
    json: o.Json = None,
    html: o.Html = None,
    force: o.Force = False,
    verbose: o.Verbose = False,
) -> int:
    """Compare gradients of a network by hand, by torch, by jax and numerically: a built-in one, or FILE's."""
    from .. import networks
    from ..common.errors import UserError

    if order not in (1, 2):
        raise UserError(f"--order {order}: 1 or 2 is needed")
    o.writable(force, json, html)
    if file is not None:
        outcome = o.of_file(
            file,
            "compare.checks.gradients:compare_gradients",
            {"seed": seed, "dtype": o.floating(dtype)},
            dtype,
            **{"network": network, "sizes": sizes, "activations": activations, "criterion": criterion},
            **{"l2": l2, "l2_biases": l2_biases, "set": fields, "data": data, "batch": batch != 32},
            order=order == 2,
        )
        deliver(outcome.report, json, html, force, verbose=verbose)
        return outcome.exit
    net = o.network(network, sizes, activations, criterion, l2, l2_biases, fields)
    dataset = net.load(data)
    params, x, y = networks.check_inputs(net, dataset, batch, seed, o.floating(dtype))

    from ..checks.gradients import compare_network
    from ..common.progress import parts_bar, tracked

    with parts_bar("gradients: torch and jax") as update:
        told = {"data": dataset.name, "seed": seed, "forward": verbose, "order": order}
        report = compare_network(net, params, x, y, progress=tracked(update, "numerical differences"), **told)
    deliver(report, json, html, force, verbose=verbose)
    return report.exit_code
