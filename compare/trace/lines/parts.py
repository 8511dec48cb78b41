"""A change of several expressions of one statement as changes of one expression each, made one after the other."""

import ast
from collections.abc import Callable

Put = Callable[[], None]


def one_by_one(before: str, after: str) -> list[str]:
    """Return the texts between two statements, and the last: each differs in one expression from the text before it.

    Where more than expressions differs, that is `after` alone.
    """
    try:
        (old,), (new,) = ast.parse(before).body, ast.parse(after).body
    except (SyntaxError, ValueError):  # the head of a compound statement, or several statements
        return [after]
    found = []
    for put in _apart(old, new) or ():
        put()
        found.append(ast.unparse(old))
    return found if found[-1:] == [after] else [after]


def _apart(old: ast.AST, new: ast.AST) -> list[Put] | None:
    """Return what makes a node the new one, an expression each; None where more than expressions differs."""
    found: list[Put] = []
    if type(old) is not type(new):
        return None
    for name, mine in ast.iter_fields(old):
        other = getattr(new, name)
        several = isinstance(mine, list) and isinstance(other, list) and len(mine) == len(other)
        pairs = list(zip(mine, other, strict=True)) if several else [(mine, other)]
        for index, (a, b) in enumerate(pairs):
            if not isinstance(a, ast.AST) or not isinstance(b, ast.AST):
                if a != b:
                    return None
                continue
            if ast.dump(a) == ast.dump(b):
                continue
            inner = _apart(a, b)
            if inner is None and not (isinstance(a, ast.expr) and isinstance(b, ast.expr)):
                return None
            found += inner or [_putting(old, name, index if several else None, b)]
    return found


def _putting(owner: ast.AST, name: str, index: int | None, node: ast.AST) -> Put:
    def put() -> None:
        if index is None:
            setattr(owner, name, node)
        else:
            getattr(owner, name)[index] = node

    return put
