"""What an edit may draw on: the variables, the sizes and the parts of expressions of the function."""

import ast
import copy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any


@dataclass
class Scope:
    """What the edits of a statement may draw on.

    names: the variables of the function, those near the statement first.  counts: expressions of whole numbers
    (N, x.shape[0], len(x)).  factors, terms: parts of products and sums that occur in the function.  constants: its
    numbers.  keys: text subscripts by the name they subscript.  attributes: by object.  helpers: the user's functions
    of one argument.
    """

    names: list[str] = field(default_factory=list)
    counts: list[ast.expr] = field(default_factory=list)
    factors: list[ast.expr] = field(default_factory=list)
    terms: list[ast.expr] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)
    keys: dict[str, list[Any]] = field(default_factory=dict)
    attributes: dict[str, list[str]] = field(default_factory=dict)
    helpers: list[str] = field(default_factory=list)


def scope_of(function: ast.AST, at: ast.stmt) -> Scope:
    """Return what stands in the function around a statement, what is nearest first."""
    found = _collected(function)

    def near(pairs: Any) -> list[Any]:
        return [each for each, _ in sorted(pairs, key=lambda p: min(abs(line - at.lineno) for line in p[1]))]

    return Scope(
        near((n, lines) for n, lines in found.names.items()),
        found.counts[:8],
        near(found.factors.values())[:60],
        near(found.terms.values())[:40],
        found.constants,
        found.keys,
        found.attributes,
    )


@dataclass
class _Collected:
    names: dict[str, list[int]] = field(default_factory=dict)
    counts: list[ast.expr] = field(default_factory=list)
    factors: dict[str, tuple[ast.expr, list[int]]] = field(default_factory=dict)
    terms: dict[str, tuple[ast.expr, list[int]]] = field(default_factory=dict)
    constants: list[Any] = field(default_factory=list)
    keys: dict[str, list[Any]] = field(default_factory=dict)
    attributes: dict[str, list[str]] = field(default_factory=dict)


@lru_cache(maxsize=128)
def _collected(function: ast.AST) -> _Collected:
    """Collect names, parts and numbers of a function with their lines. Parts are copies: one may hold the very place
    into which it is put."""
    found = _Collected()
    counts: dict[str, ast.expr] = {}

    def listed(table: dict[str, list[Any]], key: str, value: Any) -> None:
        values = table.setdefault(key, [])
        if value not in values:
            values.append(value)

    for node in ast.walk(function):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Name):
            found.names.setdefault(node.id, []).append(line)
        elif isinstance(node, ast.arg):
            found.names.setdefault(node.arg, []).append(line)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, (int, float))
            and not isinstance(node.value, bool)
        ):
            if node.value not in found.constants:
                found.constants.append(node.value)
        elif isinstance(node, ast.Attribute):
            listed(found.attributes, ast.unparse(node.value), node.attr)
        elif isinstance(node, ast.Subscript):
            if isinstance(node.slice, ast.Constant):
                listed(found.keys, ast.unparse(node.value), node.slice.value)
            if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
                counts.setdefault(ast.unparse(node), node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len":
            counts.setdefault(ast.unparse(node), node)
        elif isinstance(node, ast.BinOp):
            product, total = isinstance(node.op, (ast.Mult, ast.Div)), isinstance(node.op, (ast.Add, ast.Sub))
            into = found.factors if product else found.terms
            for part in (node.left, node.right) if product or total else ():
                if not isinstance(part, ast.Constant):
                    text = ast.unparse(part)
                    if text not in into:
                        into[text] = (copy.deepcopy(part), [])
                    into[text][1].append(line)
    found.counts = [copy.deepcopy(node) for node in counts.values()]
    return found
