"""Make nodes of the syntax tree.

A maker takes nodes, or functions that make them: what is tried and thrown away is made only once it is right.
"""

import ast
import copy
from typing import Any

ONE, TWO, ZERO = ast.Constant(1), ast.Constant(2), ast.Constant(0)


# Functions of NumPy that change what they are given, or draw numbers.
CHANGING = {"at", "put", "place", "putmask", "copyto", "fill_diagonal", "put_along_axis", "random"}


def read(identifier: str) -> ast.expr:
    """Return the expression that reads a variable."""
    return ast.Name(identifier, ast.Load())


def made(node: Any) -> Any:
    """Return a node, made now where it is given as a function."""
    return node() if callable(node) else node


def binary(left: Any, op: ast.operator, right: Any) -> ast.expr:
    """Return the expression left op right."""
    return ast.BinOp(made(left), op, made(right))


def attribute(node: Any, name: str) -> ast.expr:
    """Return the expression node.name."""
    return ast.Attribute(made(node), name, ast.Load())


def called(function: str, *args: Any) -> ast.expr:
    """Return the call of a function by its name."""
    return ast.Call(read(function), [made(a) for a in args], [])


def numpy_call(function: str, *args: Any, **words: Any) -> ast.expr:
    """Return the call np.function(*args, **words); the words are numbers."""
    return ast.Call(
        attribute(read("np"), function), [made(a) for a in args], [keyword(k, v) for k, v in words.items()]
    )


def keyword(name: str, value: Any) -> ast.keyword:
    """Return name=value of a call, where the value is a number."""
    return ast.keyword(name, literal(value))


def literal(value: Any) -> ast.expr:
    """Return the expression of a number, a text or None; of a negative number as Python parses it."""
    negative = isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if negative else ast.Constant(value)


def copied(node: Any) -> Any:
    """Copy a node, its lists and what it calls; share the rest."""
    if isinstance(node, list):
        return list(node)
    if node is None:
        return None
    new = copy.copy(node)
    for place in ("lineno", "end_lineno"):  # a new node, whose children may be new
        new.__dict__.pop(place, None)
    for name, value in ast.iter_fields(new):
        if isinstance(value, list):
            setattr(new, name, list(value))
        elif name == "func":
            setattr(new, name, copy.copy(value))
    return new


def called_name(node: ast.Call) -> str:
    """Return the name of the function or method that is called, "" of another expression."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def read_in_indices(node: ast.AST) -> list[str]:
    """Return the variables that the indices in a tree read: d of diff[:, :, d]."""
    indices = (n.slice for n in ast.walk(node) if isinstance(n, ast.Subscript))
    return list(dict.fromkeys(n.id for i in indices for n in ast.walk(i) if isinstance(n, ast.Name)))


def shifted(node: Any, step: int) -> ast.expr:
    """Return node + step as a person writes it: 3 for 2 + 1, n for n - 1 + 1."""
    match node:
        case ast.Constant(int(value)):
            return literal(value + step)
        case ast.UnaryOp(ast.USub(), ast.Constant(int(value))):
            return literal(-value + step)
        case ast.BinOp(left, ast.Add() | ast.Sub() as op, ast.Constant(int(value))):
            total = (value if isinstance(op, ast.Add) else -value) + step
            return _plus(left, total) if total else copied(left)
    return _plus(node, step)


def _plus(node: Any, number: int) -> ast.expr:
    return ast.BinOp(copied(node), ast.Add() if number > 0 else ast.Sub(), ast.Constant(abs(number)))
