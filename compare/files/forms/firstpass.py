"""A script up to the first update of its training loop: what is run, and where the loop stands."""

import ast
import copy
from dataclasses import dataclass
from types import CodeType
from typing import Any

from .updates import Update, statements_in, steps_only, updates_in

STOP = "__threeways_stop__"
DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class FirstPass(BaseException):
    """Ends the first pass through a training loop, before its update."""


@dataclass(frozen=True)
class Loop:
    """A training loop.  file: as tracebacks name it.  text: its source.  node: the loop.  updates: those in it."""

    file: str
    text: str
    tree: ast.Module
    node: ast.For | ast.While
    updates: tuple[Update, ...]


def training_loop(text: str, file: str) -> Loop | None:
    """Return the training loop at the top of a file, also under `if __name__ == ...`; None where there is none."""
    try:
        tree = ast.parse(text, filename=file)
    except (SyntaxError, ValueError):
        return None
    found = _loop_in(tree.body)
    return None if found is None else Loop(file, text, tree, found, tuple(updates_in(found.body)))


def _loop_in(statements: list[ast.stmt]) -> ast.For | ast.While | None:
    for node in statements:
        if isinstance(node, (ast.For, ast.While)) and (found := updates_in(node.body)):
            inner = _loop_in(node.body)
            return node if inner is None or steps_only(inner.body, found) else inner
        if isinstance(node, (ast.If, ast.With, ast.Try)):
            inner = _loop_in([*node.body, *getattr(node, "orelse", [])])
            if inner is not None:
                return inner
    return None


def first_pass(loop: Loop) -> tuple[CodeType, CodeType]:
    """Return the code of a script up to its first update, and that of the definitions below its loop.

    The script is one that `python FILE` runs: `__name__ == "__main__"` is true in it. The code ends with FirstPass.
    """
    stop = ast.parse(f"raise {STOP}").body[0]
    first = min(_top(loop.node.body, u.statement) for u in loop.updates)
    tree = copy.deepcopy(loop.tree)
    body = next(n for n in ast.walk(tree) if _same(n, loop.node)).body  # type: ignore[attr-defined]
    for node in ast.walk(stop):
        ast.copy_location(node, body[first])
    body[first:] = [stop]
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and _is_main(node.test):
            node.test = ast.copy_location(ast.Constant(True), node.test)
    last = next(i for i, n in enumerate(loop.tree.body) if any(m is loop.node for m in ast.walk(n)))
    below = ast.Module([n for n in loop.tree.body[last + 1 :] if isinstance(n, DEFINITIONS)], [])
    return (
        compile(tree, loop.file, "exec", dont_inherit=True),
        compile(below, loop.file, "exec", dont_inherit=True),
    )


def _top(body: list[ast.stmt], statement: ast.stmt) -> int:
    """Return which statement of a loop's body holds an update."""
    return next(i for i, n in enumerate(body) if any(m is statement for m in statements_in([n])))


def _same(node: Any, loop: ast.AST) -> bool:
    return type(node) is type(loop) and (node.lineno, node.col_offset) == (loop.lineno, loop.col_offset)  # type: ignore[attr-defined]


def _is_main(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and "__name__" in ast.unparse(test)


def run_first_pass(loop: Loop, names: dict[str, Any]) -> bool:
    """Run a script up to its first update in `names`; return whether the update was reached."""
    names[STOP] = FirstPass
    before, below = first_pass(loop)
    try:
        exec(before, names)
    except FirstPass:
        exec(below, names)
        return True
    return False
