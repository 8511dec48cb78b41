"""threeways diff: what changed between two baselines."""

from pathlib import Path
from typing import Annotated

from typer import Argument

from . import options as o
from .delivery import deliver

A = Annotated[Path, Argument(help="A folder of `threeways baseline`, or its report.json.", metavar="A")]
B = Annotated[Path, Argument(help="The one to compare it with.", metavar="B")]


def diff(a: A, b: B, json: o.Json = None, html: o.Html = None, force: o.Force = False) -> int:
    """Compare two baselines: what changed beyond noise? Exit 0 if nothing did, 1 if something did."""
    from ..training.diff import diff as compared

    o.writable(force, json, html)
    result = compared(a, b)
    deliver(result, json, html, force)
    return result.exit_code
