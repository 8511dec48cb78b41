"""threeways gradients: the built-in network, three ways."""

from . import options as o
from .delivery import deliver


def gradients(
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
    json: o.Json = None,
    html: o.Html = None,
    force: o.Force = False,
    verbose: o.Verbose = False,
) -> int:
    """Compare gradients and deltas of a built-in network: by hand, by torch, by jax and numerically."""
    from .. import networks

    o.writable(force, json, html)
    net = o.network(network, sizes, activations, criterion, l2, l2_biases, fields)
    dataset = net.load(data)
    params, x, y = networks.check_inputs(net, dataset, batch, seed, o.floating(dtype))

    from ..checks.gradients import compare_network
    from ..common.progress import parts_bar, tracked

    with parts_bar("gradients: torch and jax") as update:
        told = {"data": dataset.name, "seed": seed, "forward": verbose}
        report = compare_network(net, params, x, y, progress=tracked(update, "numerical differences"), **told)
    deliver(report, json, html, force, verbose=verbose)
    return report.exit_code
