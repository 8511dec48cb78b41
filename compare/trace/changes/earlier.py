"""The same change where a value is stored: where y = 2 * v mends everything, so does v = 2 * u in place of v = u."""

import ast
from collections.abc import Iterator

from .edits.nodes import copied
from .edits.slots import Edit, roots
from .fix import Fix
from .places import Place


def earlier(fix: Fix, places: list[Place]) -> Iterator[tuple[Place, Edit]]:
    """Yield a change of what a statement reads, made where that was stored last."""
    old, new = fix.edit.slot.node, fix.edit.new
    if not isinstance(old, ast.expr) or not isinstance(new, ast.expr):
        return
    scaled = isinstance(new, ast.UnaryOp) or (
        isinstance(new, ast.BinOp) and isinstance(new.op, (ast.Mult, ast.Div))
    )
    if _with(new, old, old) is None or not (scaled or isinstance(old, ast.Name)):
        return
    for name in {n.id for n in ast.walk(old) if isinstance(n, ast.Name)}:
        stored = [
            p for p in places if _stores(p, name) and p.suspect.statement.function is fix.statement.function
        ]
        before = [p for p in stored if p.suspect.statement.line < fix.statement.line]
        if before:
            place = max(before, key=lambda p: p.suspect.statement.line)
            root = roots(place.suspect.statement.node)[0]
            changed = _with(new, old, root.node)
            if changed is not None:
                yield place, Edit(fix.kind, root, changed)


def _stores(place: Place, name: str) -> bool:
    """Whether a statement stores one value, under this name alone."""
    match place.suspect.statement.node:
        case ast.Assign([ast.Name(stored)], value):
            return stored == name and not isinstance(value, (ast.Tuple, ast.List, ast.Dict))
    return False


def _with(new: ast.expr, old: ast.expr, other: ast.expr) -> ast.expr | None:
    """Return a copy of an expression with another part in the place of one, None where it does not hold that one."""
    text, found = ast.unparse(old), False

    class Put(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            nonlocal found
            if not found and isinstance(node, ast.expr) and ast.unparse(node) == text:
                found = True
                return copied(other)
            return self.generic_visit(node)

    changed = Put().visit(copied(new))
    return changed if found and isinstance(changed, ast.expr) else None
