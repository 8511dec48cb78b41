"""Numbers that stand under the name of an array's derivative."""

import ast

from ...common.arrays import Array
from .names import meant_by, target_name
from .stores import read_in
from .suspect import SILENT, Suspect


def blame_numbers(listed: list[Suspect], named: dict[str, list[Array]]) -> None:
    """Let the likeliest be what computes a number, by no operation of arrays, under the name of an array's derivative:
    of gW = (1 / m) * d.T @ x, 1 / m. What is made of it is not the first then."""
    for suspect in listed:
        node, name = suspect.statement.node, target_name(suspect.statement.node)
        if suspect.tier != SILENT or name is None or not isinstance(node, ast.Assign):
            continue
        # What is added to later may begin as a number, 0.
        meant = meant_by(name, named) if isinstance(node.value, ast.BinOp) else []
        if meant and all(each.ndim for each in meant):
            suspect.rank, suspect.right, suspect.misnamed, suspect.named = 0, False, True, meant
            for each in listed:
                if each.statement.function is suspect.statement.function and name in read_in(
                    each.statement.node
                ):
                    each.rank = max(each.rank, 1)
