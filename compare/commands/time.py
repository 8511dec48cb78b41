"""threeways time: static against dynamic graphs."""

from pathlib import Path
from typing import Annotated

from typer import Option

from . import options as o
from .delivery import deliver

WIDEST = 1 << 16
Contenders = Annotated[
    str | None, Option(help="Contenders to time: torch,jax.jit. [default: all]", metavar="A,B,...")
]
Threads = Annotated[int, Option(help="Cores each contender is pinned to.")]
Width = Annotated[str | None, Option(help="Also time these hidden widths: 32,64,128.", metavar="W1,W2,...")]
Device = Annotated[str, Option(help="cpu, or cuda where torch and jax find a GPU.")]
TimeDtype = Annotated[str, Option(help="float32 (what is trained in) or float64.")]
Svg = Annotated[
    Path | None, Option("--svg", help="Write the picture of times over widths here.", metavar="PATH")
]
Workers = Annotated[
    str | None,
    Option(help="Time steps shared out over so many workers instead: 1,2,4.", metavar="N,M,..."),
]
Quick = Annotated[bool, Option("--quick", help="Fewer processes and blocks: a first look.")]


def time(
    file: o.File = None,
    network: o.Network = "mlp",
    sizes: o.Sizes = None,
    activations: o.Activations = None,
    criterion: o.Criterion = None,
    fields: o.Fields = None,
    contenders: Contenders = None,
    batch: o.Batch = 32,
    threads: Threads = 1,
    width: Width = None,
    device: Device = "cpu",
    data: o.Data = None,
    seed: o.Seed = 0,
    dtype: TimeDtype = "float32",
    quick: Quick = False,
    svg: Svg = None,
    workers: Workers = None,
    json: o.Json = None,
    html: o.Html = None,
    force: o.Force = False,
) -> int:
    """Time static against dynamic graphs: the first call, each step after it, and when compiling has paid."""
    from .. import networks
    from ..common.errors import UserError
    from ..common.progress import parts_bar
    from ..common.results import cores, plain, write_text
    from ..timing.contenders import chosen
    from ..timing.measure import measure

    o.writable(force, json, html, svg)
    wanted = o.names(contenders)
    chosen(wanted)  # an unknown name is refused before anything is loaded
    if not 1 <= threads <= cores():
        raise UserError(f"--threads {threads}: between 1 and {cores()} is possible here")
    if device not in ("cpu", "cuda"):
        raise UserError(f"--device {device}: cpu or cuda is needed")
    over = o.integers(width, "--width")
    if over is not None and not 1 <= min(over) <= max(over) <= WIDEST:
        raise UserError(f"--width {width}: widths from 1 to {WIDEST} are needed")
    if svg and over is None and quick:
        raise UserError(
            "--svg draws times over widths, and --quick measures one network: add --width 32,128,512"
        )
    counts = o.integers(workers, "--workers")
    if counts is not None:
        if not all(1 <= n <= o.MOST_WORKERS for n in counts):
            raise UserError(f"--workers {workers}: numbers from 1 to {o.MOST_WORKERS} are needed")
        for option, value in {
            "contenders": wanted,
            "width": over,
            "svg": svg,
            "device": device != "cpu",
        }.items():
            if value:
                raise UserError(f"--workers times the engines that share a step out: leave out --{option}")
    if file is not None and counts is not None:
        outcome = o.of_file(
            file,
            "compare.timing.sharing:time_workers",
            {"workers": counts, "quick": quick, "seed": seed, "batch": batch, "dtype": o.floating(dtype)},
            dtype,
            **{"network": network, "sizes": sizes, "activations": activations, "criterion": criterion},
            **{"set": fields, "data": data},
        )
        deliver(outcome.report, json, html, force)
        return outcome.exit
    if file is not None:
        outcome = o.of_file(
            file,
            "compare.timing.measure:time_steps",
            {"contenders": wanted, "quick": quick, "threads": threads, "seed": seed}
            | {"batch": batch, "dtype": o.floating(dtype)},
            dtype,
            **{"network": network, "sizes": sizes, "activations": activations, "criterion": criterion},
            **{"set": fields, "data": data, "width": width, "svg": svg, "device": device != "cpu"},
        )
        deliver(outcome.report, json, html, force)
        return outcome.exit
    net = o.network(network, sizes, activations, criterion, fields=fields)
    if svg and len(net.fields.get("sizes", ())) < 3:
        raise UserError("--svg draws times over widths, and this network has no hidden layers to widen")
    dataset = net.load(data)
    params, x, y = networks.check_inputs(net, dataset, batch, seed, o.floating(dtype))
    if counts is not None:
        from ..timing.sharing import time_workers

        with parts_bar() as progress:
            shared = time_workers(
                net,
                counts,
                x,
                y,
                params,
                seed=seed,
                dtype=dtype,
                quick=quick,
                data=dataset.name,
                progress=progress,
            )
        deliver(shared, json, html, force)
        return shared.exit_code
    with parts_bar() as progress:
        result = measure(
            net,
            x,
            y,
            params,
            contenders=wanted,
            quick=quick,
            threads=threads,
            seed=seed,
            width=over,
            device=device,
            data=dataset.name,
            steps_per_epoch=max(1, len(dataset.x_train) // batch),
            progress=progress,
        )
    report = plain(result)
    if svg:
        from ..report.pictures.widths import widths

        write_text(svg, widths(report["widths"]).svg_file())
    deliver(report, json, html, force)
    return result.exit_code
