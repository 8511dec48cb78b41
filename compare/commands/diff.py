"""threeways diff: what changed between two baselines."""

from pathlib import Path
from typing import Annotated

import typer

from . import options as o

A = Annotated[Path, typer.Argument(help="A folder of `threeways baseline`, or its report.json.", metavar="A")]
B = Annotated[Path, typer.Argument(help="The one to hold against it.", metavar="B")]


def diff(a: A, b: B, json: o.Json = None, force: o.Force = False) -> int:
    """Two baselines: what changed beyond noise? Exit 0 where nothing did, 1 where something did."""
    from ..curves import diff as diffs
    from ..results import check_writable, plain, write_json

    check_writable(json, force)
    result = diffs.diff(a, b)
    print(diffs.text(plain(result)))
    if json:
        write_json(json, result)
    return result.exit_code
