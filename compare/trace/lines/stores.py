"""What a statement's text stores, reads and calls."""

import ast
from collections.abc import Iterator

from .names import filled_name, target_name
from .source import Statement, file_of


def called_by(node: ast.AST, file_name: str) -> Iterator[ast.FunctionDef]:
    """Yield the functions of a file that something in it calls by their names."""
    file = file_of(file_name)
    names = {n.func.id for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    for each in file.tree.body if file else ():
        if isinstance(each, ast.FunctionDef) and each.name in names:
            yield each


def holder(node: ast.stmt) -> str | None:
    """Return the name of the array that a statement stores, or into which it stores or adds something."""
    match node:
        case ast.Expr(ast.Call(ast.Attribute(attr="at"), [ast.Name(array), *_])):
            return array
        case ast.AugAssign():
            return filled_name(node)
    return target_name(node)


def stored_in(node: ast.stmt) -> set[str]:
    """Return the variables that a statement assigns to, attributes of `self` among them."""
    if not isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        return set()
    return _names(node, ast.Store)


def read_in(node: ast.stmt) -> set[str]:
    """Return the variables that a statement reads, attributes of `self` among them."""
    return _names(node, ast.Load)


def _names(node: ast.stmt, ctx: type[ast.expr_context]) -> set[str]:
    found = (n for n in ast.walk(node) if isinstance(n, ast.Name) or _is_own(n))
    return {ast.unparse(n) for n in found if isinstance(n.ctx, ctx)}  # type: ignore[attr-defined]


def _is_own(node: ast.AST) -> bool:
    """Whether an expression is an attribute of the method's object."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


COUNTED = (
    ast.Name,
    ast.Constant,
    ast.BinOp,
    ast.UnaryOp,
    ast.Tuple,
    ast.Subscript,
    ast.Slice,
    ast.IfExp,
    ast.Compare,
)

COUNTING = frozenset(["len", "slice", "min", "max", "int", "round", "range"])


def counts(node: ast.stmt) -> bool:
    """Whether a statement may store whole numbers, made of others, of sizes and of nothing else."""
    value = getattr(node, "value", None)
    if not isinstance(node, (ast.Assign, ast.AugAssign)) or value is None or not stored_in(node):
        return False
    unpacked = isinstance(value, ast.Name) and len(stored_in(node)) > 1
    if isinstance(value, ast.Call) and isinstance(
        value.func, ast.Name
    ):  # of the user's, that calls for no arrays
        value = ast.Tuple(value.args)
    called = {id(n.func) for n in ast.walk(value) if isinstance(n, ast.Call)}
    return not unpacked and all(
        isinstance(n, COUNTED)
        or (isinstance(n, ast.Attribute) and (n.attr in ("shape", "size", "ndim") or _is_own(n)))
        or (isinstance(n, ast.Call) and getattr(n.func, "id", "") in COUNTING)
        for n in ast.walk(value)
        if isinstance(n, ast.expr) and id(n) not in called
    )


def returns_number(node: ast.stmt) -> bool:
    """Whether a statement is `return 1`, or of another number."""
    value = node.value if isinstance(node, ast.Return) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, (int, float))


def calls_itself(statement: Statement) -> bool:
    """Whether a statement only calls the function or the method that it stands in, perhaps of another object."""
    match statement.node:
        case ast.Expr(ast.Call(ast.Attribute(attr=name) | ast.Name(name))):
            return statement.function is not None and statement.function.name == name
    return False


def is_void(node: ast.stmt) -> bool:
    """Whether a statement computes what it stores nowhere, dW == dW / n or dW + w: it was to be stored."""
    return isinstance(node, ast.Expr) and isinstance(node.value, (ast.Compare, ast.BinOp, ast.UnaryOp))


def keeps(node: ast.stmt) -> bool:
    """Whether a statement puts variables into a tuple, a list, a dict or an attribute, as they are."""
    match node:
        case ast.Return(value=ast.Tuple() | ast.List() | ast.Dict() as packed):
            pass
        case ast.Assign(targets=[*_, target], value=packed):
            plain = isinstance(packed, ast.Name) and isinstance(target, (ast.Attribute, ast.Subscript))
            if not plain and not isinstance(packed, (ast.Tuple, ast.List, ast.Dict)):
                return False
            if isinstance(target, ast.Tuple):  # a, b = b, c keeps nothing
                return False
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="append"), args=[packed])):
            pass
        case _:
            return False
    names = [n.id for n in ast.walk(packed) if isinstance(n, ast.Name)]
    return bool(names)
