"""A script without a training loop, read as a loop of one pass: forward and backward, one line after the other."""

import ast
from collections.abc import Callable
from typing import Any

from ...common.errors import UNPARSABLE
from .adapter import is_float
from .firstpass import DEFINITIONS, Loop
from .roles import gradient_names
from .slots import held_under
from .updates import statements_in, updates_in


def straight(text: str, file: str, names: dict[str, Any], known: set[str] | None = None) -> Loop | None:
    """Return a script's statements, from the first that reads a value with a gradient, as a loop; None without any.

    known: the values with a gradient, where they are no arrays.

    The text is the script's with these lines moved to the right by one column, and `while True:` above them.
    """
    try:
        tree = ast.parse(text, filename=file)
    except UNPARSABLE:
        return None
    last = max([i for i, n in enumerate(tree.body) if isinstance(n, DEFINITIONS[2:])], default=-1)
    known = set(differentiated(names)) | set(leaves(names)) if known is None else known
    reading = [i for i, n in enumerate(tree.body) if i > last and _reads(n) & known]
    if not reading:
        return None
    first = reading[0]
    while first > 0 and tree.body[first - 1].end_lineno == tree.body[first].lineno:
        first -= 1
    lines = text.splitlines()
    start = tree.body[first].lineno
    header = start - 1
    if header < 1 or (first > 0 and header <= (tree.body[first - 1].end_lineno or 0) and first - 1 <= last):
        return None
    if first > 0 and header <= (tree.body[first - 1].end_lineno or 0):
        for i in range(tree.body[first - 1].lineno - 1, header):
            lines[i] = ""
    lines[header - 1] = "while True:"
    moved = [*lines[: start - 1], *(f" {line}" for line in lines[start - 1 :])]
    made = "\n".join(moved) + "\n"
    try:
        tree = ast.parse(made, filename=file)
    except SyntaxError:
        return None
    node = next((n for n in tree.body if isinstance(n, ast.While) and n.lineno == header), None)
    return None if node is None else Loop(file, made, tree, node, tuple(updates_in(node.body)))


def differentiated(names: dict[str, Any], fits: Callable[[Any], bool] = is_float) -> dict[str, str]:
    """Return {array: its gradient} of the module's arrays for which the script computes a gradient: h and dh."""
    found = {}
    for name in [n for n, value in names.items() if fits(value)]:
        gradient = next((g for g in gradient_names(name) if fits(names.get(g)) and g != name), None)
        if gradient is not None:
            found[name] = gradient
    gradients = set(found.values())
    return {n: g for n, g in found.items() if n not in gradients}


def leaves(names: dict[str, Any]) -> list[str]:
    """Return the names of objects with a value and a gradient, as a scalar engine has them."""
    return [
        n
        for n, v in names.items()
        if not n.startswith("__") and held_under(v) is not None and hasattr(v, "grad")
    ]


def taps(loop: Loop, found: dict[str, str]) -> dict[str, ast.Assign]:
    """Return {array: the statement of the body that computes it} of the arrays that are computed in the body."""
    made: dict[str, ast.Assign] = {}
    for node in loop.node.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            made.setdefault(node.targets[0].id, node)
    return {n: made[n] for n in found if n in made}


def assigned_in(statements: list[ast.stmt]) -> set[str]:
    """Return the names that statements assign, in their blocks too."""
    return {
        n.id
        for s in statements_in(statements)
        for n in ast.walk(s)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


def _reads(node: ast.stmt) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
