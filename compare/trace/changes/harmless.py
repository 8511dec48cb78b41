"""The user's functions that the search may call on arrays of its own: those that do nothing but compute.

A function that prints, opens a file, trains a model or checks another function is never called out of its turn.
"""

import ast
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from ..lines.source import file_of
from ..recording.standins import real_of

# Parts of NumPy and SciPy that write files, draw numbers or change settings.
_ACTS_TEXT = (
    "save savez savez_compressed savetxt load loadtxt genfromtxt fromfile memmap open_memmap tofile dump "
    "dumps seterr set_printoptions seterrcall random testing ctypeslib f2py fromregex DataSource "
    "show_config test setbufsize"
)
_ACTS = frozenset(_ACTS_TEXT.split())
_METHODS_TEXT = (
    "T all any argmax argmin astype clip copy cumsum diagonal dot dtype flatten max mean min ndim prod "
    "ravel repeat reshape round shape size squeeze std sum swapaxes transpose trace var"
)
_METHODS = frozenset(_METHODS_TEXT.split())
_LIBRARIES = ("numpy", "math", "scipy.special")
_BUILTINS_TEXT = "abs float int len max min range sum zip enumerate tuple list bool round pow"
_BUILTINS = frozenset(_BUILTINS_TEXT.split())
_PLAIN = (
    ast.FunctionDef, ast.Lambda, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AugAssign, ast.AnnAssign,
    ast.If, ast.For, ast.Pass, ast.Expr, ast.expr, ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
    ast.keyword, ast.comprehension,
)  # fmt: skip
_NEVER = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.JoinedStr)
LONGEST = 30  # lines


def harmless(function: Any, depth: int = 3) -> bool:
    """Whether a function only computes: assignments, and calls of NumPy's and of other harmless functions."""
    if not isinstance(function, FunctionType) or depth < 0 or function.__closure__:
        return False
    code = function.__code__
    file = file_of(code.co_filename)
    nodes = [] if file is None else [
        n
        for n in ast.walk(file.tree)
        if isinstance(n, ast.FunctionDef) and n.name == code.co_name and _starts(n) == code.co_firstlineno
    ]  # fmt: skip
    if len(nodes) != 1 or nodes[0].decorator_list or len(ast.unparse(nodes[0]).splitlines()) > LONGEST:
        return False
    local = {a.arg for a in ast.walk(nodes[0]) if isinstance(a, ast.arg)} | {
        n.id for n in ast.walk(nodes[0]) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    return all(_allowed(node, function.__globals__, local, depth) for node in ast.walk(nodes[0]))


def _starts(node: ast.FunctionDef) -> int:
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])


def _allowed(node: ast.AST, names: dict[str, Any], local: set[str], depth: int) -> bool:
    if not isinstance(node, _PLAIN) or isinstance(node, _NEVER):
        return False
    if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
        return False  # what it writes to may be its argument
    if isinstance(node, ast.Attribute):
        library = _library(node, names, local)
        return node.attr in _METHODS if library is None else node.attr not in _ACTS
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        name = node.func.id
        if name in local:
            return False
        if name in names:
            found = real_of(names[name])
            module = getattr(found, "__module__", None) or ""
            known = isinstance(found, np.ufunc) or module.startswith(_LIBRARIES)
            return (known and name not in _ACTS) or harmless(found, depth - 1)
        return name in _BUILTINS
    return not isinstance(node, ast.Call) or isinstance(node.func, ast.Attribute)


def _library(node: ast.expr, names: dict[str, Any], local: set[str]) -> str | None:
    """Return the library that an attribute belongs to, or None where it is one of a value."""
    while isinstance(node, ast.Attribute):
        node = node.value
    if not isinstance(node, ast.Name) or node.id in local:
        return None
    found = real_of(names.get(node.id))
    name = found.__name__ if isinstance(found, ModuleType) else ""
    return name if name.startswith(_LIBRARIES) else None
