"""threeways diff: what changed between two baselines."""

from pathlib import Path
from typing import Annotated

import typer

from . import options as o
from .delivery import deliver

A = Annotated[Path, typer.Argument(help="A folder of `threeways baseline`, or its report.json.", metavar="A")]
B = Annotated[Path, typer.Argument(help="The one to compare it with.", metavar="B")]


def diff(a: A, b: B, json: o.Json = None, html: o.Html = None, force: o.Force = False) -> int:
    """Two baselines: what changed beyond noise? Exit 0 where nothing did, 1 where something did."""
    from ..common.results import check_writable
    from ..training.diff import diff as compared

    check_writable(json, force)
    check_writable(html, force)
    result = compared(a, b)
    deliver(result, json, html, force)
    return result.exit_code
