"""Enumerate the wrong edits of a backward pass: small changes of its text, found on its syntax tree.

An edit replaces the characters of one expression; the rest of the text stays as it was written. Whether an edit is a
mistake (it runs, keeps the loss, changes the gradient) is planting.py's question.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .expressions import of_expression
from .forms import Seen
from .statements import Statement, accumulated, deleted, scaled, statements
from .texts import Edit, Text


@dataclass(frozen=True)
class Wrong:
    """A wrong edit of a statement."""

    kind: str
    edit: Edit
    statement: Statement


def wrong_edits(source: str, seen: dict[int, Seen]) -> list[Wrong]:
    """Return every wrong edit of the functions of a text, in the order of its lines, each text once.

    `seen` gives for each line that ran the kinds and shapes of what stood in scope: names, `self.name`, `name["key"]`.
    """
    tree = ast.parse(source)
    text = Text(source)
    found: dict[Edit, Wrong] = {}
    for node, statement in statements(tree, text):
        scope: Seen = {}
        for line in range(statement.line, statement.last + 1):
            scope |= seen.get(line, {})
        if not scope:  # the line never ran
            continue
        for kind, edit in _of_statement(node, text, scope):
            if text.between(edit.start, edit.end) != edit.text:
                found.setdefault(edit, Wrong(kind, edit, statement))
    return list(found.values())


def _of_statement(node: ast.stmt, text: Text, scope: Seen) -> Iterator[tuple[str, Edit]]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
        return
    yield from deleted(node, text)
    yield from accumulated(node, text)
    yield from scaled(node, text, scope)
    parts: Sequence[ast.AST | None]
    if isinstance(node, ast.For):
        parts = [node.iter]
    elif isinstance(node, (ast.If, ast.While)):
        parts = [node.test]
    elif isinstance(node, (ast.Assign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        # dx[a <= 0] = 0, dW[t - 1] += ...: the index of a target is read.
        parts = [t.slice for t in targets if isinstance(t, ast.Subscript)] + [node.value]
    elif isinstance(node, (ast.Return, ast.Expr)):
        parts = [node.value]
    else:
        parts = []
    for part in parts:
        if part is not None and not (isinstance(part, ast.Constant) and isinstance(part.value, str)):
            yield from of_expression(part, node, text, scope)
