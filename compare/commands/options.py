"""Options that several commands share, and their meaning."""

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from ..common.errors import UserError
from ..common.results import check_writable

Network = Annotated[str, Option(help="Which network; `threeways networks` lists them.")]
Sizes = Annotated[str | None, Option(help="Layer widths, input first: 784,64,10.", metavar="M0,M1,...")]
Activations = Annotated[
    str | None, Option(help="One activation for each layer: relu,softmax.", metavar="F1,F2,...")
]
Criterion = Annotated[str | None, Option(help="cross_entropy, quadratic, mse, hinge, ...")]
L2 = Annotated[float | None, Option(help="lambda of the penalty 1/2 lambda ||W||^2.")]
Fields = Annotated[
    list[str] | None,
    Option(
        "--set", help="Another field of the network: --set channels=4,8. Repeatable.", metavar="FIELD=VALUE"
    ),
]
L2Biases = Annotated[bool, Option("--l2-biases", help="Penalise the biases too.")]
Data = Annotated[
    str | None,
    Option(
        help="'digits', a folder of MNIST-style IDX files, or an .npz. [default: data that fit the network]",
        metavar="PATH",
    ),
]
Batch = Annotated[int, Option(help="Samples in a batch.")]
Seed = Annotated[int, Option(help="Seed of every random draw.", min=0, max=2**32 - 1)]
Dtype = Annotated[str, Option(help="float64 or float32.")]
Json = Annotated[Path | None, Option("--json", help="Write the raw results here.", metavar="PATH")]
Html = Annotated[Path | None, Option("--html", help="Write the report as one page here.", metavar="PATH")]
Force = Annotated[bool, Option("--force", help="Replace files that exist.")]
File = Annotated[
    str | None,
    Argument(
        help="Your own network, in two or three versions, in place of a built-in one; `threeways check --init FILE "
        "--style three` writes such a file.",
        metavar="FILE",
    ),
]
MOST_WORKERS = 64
Verbose = Annotated[bool, Option("--verbose", "-v", help="Show noise ratios and more.")]


def network(
    name: str,
    sizes: str | None = None,
    activations: str | None = None,
    criterion: str | None = None,
    l2: float | None = None,
    l2_biases: bool = False,
    fields: list[str] | None = None,
) -> Any:
    """Return the network of that name with the fields that the options set."""
    from .. import networks

    given = {
        "sizes": integers(sizes, "--sizes"),
        "activations": names(activations),
        "criterion": criterion,
        "l2": l2,
        "l2_biases": l2_biases or None,
    }
    for field, value in given.items():
        if value is not None and name in networks.NETWORKS and field not in networks.NETWORKS[name].defaults:
            option = f"--{field.replace('_', '-')}"
            others = ", ".join(networks.NETWORKS[name].defaults)
            raise UserError(f"{option} is for an mlp; of a network {name} --set takes {others}")
    return networks.network(name, **given | networks.settings(name, fields or ()))


def of_file(file: str, task: str, options: dict[str, Any], dtype: str, **given: Any) -> Any:
    """Return the Outcome of a task on the user's own network, in a process of its own.

    task: a function 'module:name' of (Trio, **options).  given: options that describe a built-in network or its data.
    Raises UserError where one of them is set.
    """
    import sys

    from ..files.versions import work

    for option, value in given.items():
        if value and not (option == "network" and value == "mlp"):
            raise UserError(f"{file} is the network, with its data: leave out --{option.replace('_', '-')}")
    return work(file, task, options, sys.argv, dtype)


def integers(text: str | None, option: str) -> tuple[int, ...] | None:
    """'64,30,10' -> (64, 30, 10); None stays None."""
    if text is None:
        return None
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise UserError(
            f"{option} {text}: whole numbers with commas between are needed, like 64,30,10"
        ) from error


def names(text: str | None) -> tuple[str, ...] | None:
    """'relu, softmax' -> ("relu", "softmax"); None stays None."""
    return None if text is None else tuple(part.strip() for part in text.split(","))


def writable(force: bool, *paths: Path | None) -> None:
    """Refuse before any work what cannot be written."""
    for path in paths:
        check_writable(path, force)


def floating(dtype: str) -> str:
    """Return the dtype's name. Raises UserError unless all three packages have it."""
    if dtype not in ("float64", "float32"):
        raise UserError(f"--dtype {dtype}: float64 or float32 is needed")
    return dtype
