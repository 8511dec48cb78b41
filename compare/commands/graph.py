"""threeways graph: the graphs drawn."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from typer import Option

from . import options as o
from .delivery import deliver

DEFAULTS = {"jaxpr": "jax", "autograd": "torch"}  # the form, by the package that draws it

Form = Annotated[
    str | None,
    Option(
        help="autograd, tape of NumPy (dynamic graphs), fx, jaxpr or hlo (static ones). [default: jaxpr; without jax "
        "autograd, without torch tape]",
        metavar="FORM",
    ),
]
Dot = Annotated[Path | None, Option(help="Write Graphviz DOT here, one file a stage.", metavar="PATH")]
Svg = Annotated[Path | None, Option(help="Write a picture here, one file a stage.", metavar="PATH")]
Limits = Annotated[
    bool, Option("--limits", help="Instead, try in both frameworks what a static graph cannot do.")
]
Counts = Annotated[bool, Option("--counts", help="Only the operation counts, without the graph's text.")]


def graph(
    file: o.File = None,
    network: o.Network = "mlp",
    sizes: o.Sizes = None,
    activations: o.Activations = None,
    criterion: o.Criterion = None,
    fields: o.Fields = None,
    form: Form = None,
    data: o.Data = None,
    batch: o.Batch = 32,
    seed: o.Seed = 0,
    counts: Counts = False,
    limits: Limits = False,
    dot: Dot = None,
    svg: Svg = None,
    json: o.Json = None,
    html: o.Html = None,
    force: o.Force = False,
) -> int:
    """Show the graph of the loss and its gradients: autograd's, or a static one before and after optimisation."""
    from ..common.errors import UserError, nearest
    from ..common.progress import waiting
    from ..report.export import write_stages
    from ..timing.graphs.graph import FORMS

    if limits:
        return _limits(json, html, force)
    if form is not None and form not in FORMS:
        raise UserError(f"no form {form!r}: {nearest(form, FORMS)}")
    o.writable(force, dot, svg, json, html)
    if file is not None:
        result = o.of_file(
            file,
            "compare.timing.graphs.graph:of_trio",
            {"form": form, "batch": batch, "seed": seed},
            "float32",
            **{"network": network, "sizes": sizes, "activations": activations, "criterion": criterion},
            **{"set": fields, "data": data},
        ).report
    else:
        form = form or next((f for f, needed in DEFAULTS.items() if find_spec(needed)), "tape")
        with waiting(f"tracing and compiling the {form} graph"):
            result = _built_in(network, sizes, activations, criterion, fields, form, data, batch, seed)
    pictures = {form: path for form, path in (("dot", dot), ("svg", svg)) if path}
    written = [f"written: {path}" for path in write_stages(result, pictures, force)]
    deliver(result, json, html, force, after="\n".join(written), counts_only=counts)
    return result["exit_code"]


def _built_in(network, sizes, activations, criterion, fields, form, data, batch, seed):
    from .. import networks
    from ..common.results import plain
    from ..timing.graphs.graph import drawn

    net = o.network(network, sizes, activations, criterion, fields=fields)
    params, x, y = networks.check_inputs(net, net.load(data), batch, seed, "float32")
    return plain(drawn(net, form, params, x, y, seed))


def _limits(json, html, force):
    from ..common.progress import waiting
    from ..common.results import plain
    from ..timing.limits.observation import everything

    o.writable(force, json, html)
    with waiting("trying each limit in torch and jax"):
        result = plain(everything())
    deliver(result, json, html, force)
    return result["exit_code"]
