"""Reduce the body of a training loop to the statements that its loss and gradients need."""

import ast
import re

from .firstpass import Loop
from .straight import assigned_in
from .updates import names_in, statements_in

RANDOM = re.compile(r"rand|rng|choice|shuffle|permut|sample\w*\(|seed|normal|uniform|next\(|batch")
SHOWS = re.compile(
    r"(print|plt\.|plot|display|tqdm|logging|sys\.stdout|\w+\.(append|set_\w+|update|write)\()"
)


def shows(statement: ast.stmt, made: set[str]) -> bool:
    """Return whether a statement prints, draws or keeps a value; not so `a.append(x)` where a pass makes a."""
    if not isinstance(statement, ast.Expr) or not SHOWS.match(ast.unparse(statement)):
        return False
    called = statement.value.func if isinstance(statement.value, ast.Call) else None
    of = called.value if isinstance(called, ast.Attribute) else None
    return not (isinstance(of, ast.Name) and of.id in made)


def _changed(statement: ast.stmt, made: set[str]) -> set[str]:
    """Return the names that a statement assigns, or changes the contents of.  made: those that a pass assigns."""
    found = assigned_in([statement])
    for node in ast.walk(statement):
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            base: ast.expr = node
            while isinstance(base, (ast.Subscript, ast.Attribute)):
                base = base.value
            if isinstance(base, ast.Name):
                found.add(base.id)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and not shows(node, made):
            found |= {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
    return found


def kept_of(loop: Loop, needed: set[str], named: set[str]) -> list[ast.stmt]:
    """Return the statements of a loop's body that the loss and the gradients need, as the function has them."""
    own, made = {id(u.statement) for u in loop.updates}, assigned_in(loop.node.body)
    tainted = {b for u in loop.updates for b in _roots(u.target)} | named
    dependent: set[int] = set()
    for statement in loop.node.body:
        used = names_in(statement)
        if used & tainted:
            dependent.add(id(statement))
            tainted |= _changed(statement, made)
    kept: list[ast.stmt] = []
    for statement in reversed(loop.node.body):
        source = ast.unparse(statement)
        inside = list(statements_in([statement]))
        if all(id(s) in own or isinstance(s, (ast.For, ast.Pass)) for s in inside):
            continue
        # Without names the parameters are in objects, which any call may change.
        calls = not named and isinstance(statement, (ast.Expr, ast.For, ast.If, ast.Assign))
        if shows(statement, made) or not (_changed(statement, made) & needed or calls):
            continue
        if id(statement) not in dependent and RANDOM.search(source):
            continue
        kept.insert(0, statement)
        needed |= {
            n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
        }
    return kept


def _roots(node: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def read_first(name: str, statements: list[ast.stmt]) -> bool:
    """Return whether a name may be read before it is assigned."""
    for statement in statements:
        nodes = [n for n in ast.walk(statement) if isinstance(n, ast.Name) and n.id == name]
        if any(isinstance(n.ctx, ast.Load) for n in nodes) or (
            isinstance(statement, ast.AugAssign) and nodes
        ):
            return True
        if nodes:
            return isinstance(statement, (ast.If, ast.For, ast.While))
    return False
