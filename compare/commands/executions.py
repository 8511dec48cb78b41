"""threeways executions: one step in every way that it can be executed."""

from typing import Annotated, Any

from typer import Option

from . import options as o
from .delivery import deliver

Optimizer = Annotated[
    str | None,
    Option(help="Of the ten steps: sgd, momentum, adam, ... [default: sgd, or the updates that FILE has]"),
]
Rate = Annotated[float | None, Option(help="The learning rate. [default: the optimizer's usual one]")]
ExecutionsDtype = Annotated[
    str, Option(help="float32, float64 or bfloat16: the type whose rounding is the unit.")
]
Workers = Annotated[
    str, Option(help="Also shared out over so many workers, by torch and by jax; 0 for none.", metavar="N,M")
]
Compiler = Annotated[str, Option(help="torch.compile's backend: inductor, aot_eager, eager, ...")]


def executions(
    file: o.File = None,
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
    batch: o.Batch = 32,
    seed: o.Seed = 0,
    dtype: ExecutionsDtype = "float32",
    workers: Workers = "2,4",
    compiler: Compiler = "inductor",
    json: o.Json = None,
    html: o.Html = None,
    force: o.Force = False,
) -> int:
    """Execute one step eagerly, compiled, exported, scanned, accumulated and shared out: is it the same step?

    Gradients and ten steps are judged by the float64 run of the same code, in rounding units of the type. Of what
    leaves the band, the array, the entry and the first operation of the graph that differs are named.
    """
    from ..common.errors import UserError
    from ..common.progress import parts_bar, tracked

    o.writable(force, json, html)
    counts = o.integers(workers, "--workers") or ()
    counts = tuple(n for n in counts if n)
    if any(not 2 <= n <= o.MOST_WORKERS for n in counts):
        raise UserError(f"--workers {workers}: numbers from 2 to {o.MOST_WORKERS}, or 0, are needed")
    settings: dict[str, Any] = {
        "optimizer": optimizer,
        "rate": rate,
        "batch": batch,
        "seed": seed,
        "dtype": dtype,
    }
    settings |= {"workers": counts, "backend": compiler}
    if file is not None:
        outcome = o.of_file(
            file,
            "compare.checks.executions.executions:executions",
            settings,
            dtype,
            **{"network": network, "sizes": sizes, "activations": activations, "criterion": criterion},
            **{"l2": l2, "l2_biases": l2_biases, "set": fields, "data": data},
        )
        deliver(outcome.report, json, html, force)
        return outcome.exit
    net = o.network(network, sizes, activations, criterion, l2, l2_biases, fields)

    from ..checks.executions.executions import executions as executed

    with parts_bar("executions") as update:
        result = executed(net, **settings, data=data, progress=tracked(update, "executions"))
    deliver(result, json, html, force)
    return result.exit_code
