"""Updates of a script that stand too early: below them the same pass reads the parameter once more."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .firstpass import Loop
from .slicing import kept_of
from .updates import Update

EARLY = "__threeways_early__"  # the name in the user's module under which they are kept


@dataclass(frozen=True)
class Early:
    """What reads updated parameters.

    updates: of the parameters, each with the last statement that reads it.  plain: the pass as it would be without
    any update.  written: the file's lines.
    """

    updates: tuple[tuple[Update, ast.stmt], ...]
    plain: Callable[[], Any]
    written: tuple[str, ...]


def early_updates(loop: Loop, loss: ast.expr, gradients: Sequence[ast.expr]) -> list[tuple[Update, ast.stmt]]:
    """Return the updates whose parameter is read below them, with the last statement that reads it.

    [] where the loss is computed below one: such a script goes from parameter to parameter, with a new forward pass
    for each.
    """
    body = loop.node.body
    direct = [u for u in loop.updates if u.statement in body]
    bases = {b for u in direct if (b := _base(u.target)) is not None}
    needed = {n.id for e in (loss, *gradients) for n in ast.walk(e) if isinstance(n, ast.Name)}
    kept = kept_of(loop, needed, bases)
    found = []
    for update in direct:
        at, target = body.index(update.statement), ast.unparse(update.target)
        below = [(s, _computed(s, loop)) for s in body[at + 1 :] if s in kept or _updates(s, direct)]
        readers = [s for s, value in below if not _is_update_of(s, target, direct) and _reads(value, target)]
        if readers:
            found.append((update, readers[-1]))
    if not found:
        return []
    forward = kept_of(loop, {n.id for n in ast.walk(loss) if isinstance(n, ast.Name)}, bases)
    first = min(body.index(u.statement) for u, _ in found)
    return found if isinstance(loss, ast.Name) and all(body.index(s) < first for s in forward) else []


def _updates(statement: ast.stmt, updates: list[Update]) -> bool:
    return any(u.statement is statement for u in updates)


def _is_update_of(statement: ast.stmt, target: str, updates: list[Update]) -> bool:
    return any(u.statement is statement and ast.unparse(u.target) == target for u in updates)


def _computed(statement: ast.stmt, loop: Loop) -> ast.AST:
    """Return what a statement reads: of an update its gradient."""
    return next((u.gradient for u in loop.updates if u.statement is statement), statement)


def _reads(node: ast.AST, target: str) -> bool:
    """Whether a parameter, `W2` or `params["W2"]`, is read in a node."""
    return any(
        isinstance(n, (ast.Name, ast.Subscript, ast.Attribute))
        and isinstance(n.ctx, ast.Load)
        and ast.unparse(n) == target
        for n in ast.walk(node)
    )


def _base(target: ast.expr) -> str | None:
    while isinstance(target, (ast.Subscript, ast.Attribute)):
        target = target.value
    return target.id if isinstance(target, ast.Name) else None


def made_in_place(update: Update) -> str:
    """Return an update as a statement that leaves its target a name of the module."""
    if not isinstance(update.target, ast.Name):
        return ast.unparse(update.statement)
    name, node = update.target.id, update.statement
    if isinstance(node, ast.AugAssign):
        operator = "isub" if isinstance(node.op, ast.Sub) else "iadd"
        return f"globals()[{name!r}] = __import__('operator').{operator}({name}, {ast.unparse(node.value)})"
    assert isinstance(node, ast.Assign)
    return f"globals()[{name!r}] = {ast.unparse(node.value)}"
