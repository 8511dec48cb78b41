"""Put changes of statements into the text of a file; what does not change stays as it was written."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from typing import Any


class NoPlaceError(ValueError):
    """The text has no statement that the change could be made in."""


def rewritten(text: str, changes: Iterable[Mapping[str, Any]]) -> str:
    """Return the text with each change {line, from, to} made, one after the other.

    line: of the statement in the text as it is given.  from, to: the statement, of a compound one the head, as
    `ast.unparse` writes it; `to` may have a further statement behind it. Raises NoPlaceError.
    """
    moved: list[tuple[int, int]] = []
    for change in changes:
        line = change["line"] + sum(by for at, by in moved if at < change["line"])
        after = _changed(text, line, change["from"], change["to"])
        moved.append((change["line"], after.count("\n") - text.count("\n")))
        text = after
    return text


def head(node: ast.stmt) -> ast.stmt:
    """Return a statement without its body."""
    if not hasattr(node, "body"):
        return node
    made = copy(node)
    made.body = [ast.Pass()]
    if hasattr(made, "orelse"):
        made.orelse = []
    return made


def _changed(text: str, line: int, before: str, after: str) -> str:
    tree = ast.parse(text)
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.stmt) and _said(n) == before]
    at = [n for n in nodes if n.lineno == line] or (nodes if len(nodes) == 1 else [])
    if not at:
        raise NoPlaceError(f"line {line} is not {before!r}")
    if after.startswith(f"{before}\n") and not hasattr(at[0], "body"):
        return _with_statement_behind(text, at[0], after.removeprefix(f"{before}\n"))
    old, new = at[0], ast.parse(after if not hasattr(at[0], "body") else f"{after}\n    pass").body[0]
    wanted = ast.dump(new)
    for start, end, piece in _pieces(text, old, new):
        made = _spliced(text, start, end, piece)
        if _dump_at(made, old) == wanted:
            return made
    start, end = _span(text, old)
    return _spliced(text, start, end, after)


def _with_statement_behind(text: str, old: ast.stmt, new: str) -> str:
    indent = text.splitlines()[old.lineno - 1].encode()[: old.col_offset].decode()
    if indent.strip():
        raise NoPlaceError(f"line {old.lineno} holds several statements")
    line = old.end_lineno or old.lineno
    lines = text.splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].rstrip("\n") + "\n"
    return "".join([*lines[:line], f"{indent}{new}\n", *lines[line:]])


def _said(node: ast.stmt) -> str:
    return ast.unparse(head(node)).removesuffix("\n    pass")


def _pieces(text: str, old: ast.AST, new: ast.AST) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, text) of the parts that differ, the innermost first, with and without parentheses."""
    pair = _differing(old, new)
    if pair is not None:
        yield from _pieces(text, *pair)
    if isinstance(old, ast.expr) and isinstance(new, ast.expr):
        start, end = (
            _offset(text, old.lineno, old.col_offset),
            _offset(text, old.end_lineno or 0, old.end_col_offset or 0),
        )
        for each in (ast.unparse(new), f"({ast.unparse(new)})"):
            yield start, end, each


def _differing(old: ast.AST, new: ast.AST) -> tuple[ast.expr, ast.expr] | None:
    """Return the one expression of a node that is another in the new node, or None where more is."""
    if type(old) is not type(new):
        return None
    found: list[tuple[Any, Any]] = []
    for name, mine in ast.iter_fields(head(old) if isinstance(old, ast.stmt) else old):
        other = getattr(new, name)
        listed = isinstance(mine, list) and isinstance(other, list) and len(mine) == len(other)
        pairs = zip(mine, other, strict=True) if listed else [(mine, other)]
        found += [(a, b) for a, b in pairs if _dumped(a) != _dumped(b)]
    if len(found) != 1 or not all(isinstance(each, ast.expr) for each in found[0]):
        return None
    return found[0]


def _dumped(value: Any) -> str:
    return ast.dump(value) if isinstance(value, ast.AST) else repr(value)


def _dump_at(text: str, old: ast.stmt) -> str | None:
    """Return the statement at the place of an old one, as `ast.dump` writes it."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    at = (old.lineno, old.col_offset)
    return next(
        (
            ast.dump(head(n))
            for n in ast.walk(tree)
            if isinstance(n, ast.stmt) and (n.lineno, n.col_offset) == at
        ),
        None,
    )


def _span(text: str, node: ast.stmt) -> tuple[int, int]:
    """Return where a statement, or the head of a compound one, begins and ends, in bytes."""
    start = _offset(text, node.lineno, node.col_offset)
    if not hasattr(node, "body"):
        return start, _offset(text, node.end_lineno or 0, node.end_col_offset or 0)
    # The head ends with the last colon before the body that is not in an expression or a comment.
    inside = [n for n in ast.walk(head(node)) if isinstance(n, ast.expr)]
    last = max((_offset(text, n.end_lineno or 0, n.end_col_offset or 0) for n in inside), default=start)
    return start, text.encode().index(b":", last) + 1


def _offset(text: str, line: int, column: int) -> int:
    return sum(len(each) for each in text.encode().splitlines(keepends=True)[: line - 1]) + column


def _spliced(text: str, start: int, end: int, piece: str) -> str:
    raw = text.encode()
    return (raw[:start] + piece.encode() + raw[end:]).decode()
