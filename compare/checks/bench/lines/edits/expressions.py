"""Wrong edits of an expression and its parts: another variable, constant, index or comparison."""

import ast
from collections.abc import Iterator

from .calls import of_call
from .forms import OPERATORS, Seen, alike, called, is_counted, is_derivative, is_numpy
from .operations import of_operation
from .texts import Edit, Text, swapping

COMPARED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "!=", "!=": "=="}
JOINS = {"hstack", "vstack", "concatenate", "stack"}


def of_expression(root: ast.AST, statement: ast.stmt, text: Text, scope: Seen) -> Iterator[tuple[str, Edit]]:
    parents = {id(child): node for node in ast.walk(root) for child in ast.iter_child_nodes(node)}

    def above(node: ast.AST) -> Iterator[ast.AST]:
        while id(node) in parents:
            node = parents[id(node)]
            yield node

    # In the order of the text: ast.walk goes by depth.
    nodes = [n for n in ast.walk(root) if hasattr(n, "lineno")]
    for node in sorted(nodes, key=lambda n: (text.start(n), -text.end(n))):
        up = list(above(node))
        parent = up[0] if up else statement
        if isinstance(node, ast.BinOp):
            if not is_counted(node, up):
                yield from of_operation(node, parent, text, scope)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            if not isinstance(node.operand, ast.Constant):
                yield "sign", text.replaced(node, text.of(node.operand))
        elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in OPERATORS:
            old = OPERATORS[type(node.ops[0])]
            yield "comparison", text.operator(node.left, node.comparators[0], old, COMPARED[old])
        elif isinstance(node, ast.Call):
            yield from of_call(node, parent, text)
        elif isinstance(node, ast.Attribute):
            if node.attr == "T":
                yield "transpose", text.replaced(node, text.of(node.value))
            elif isinstance(node.ctx, ast.Load):
                yield from _others(node, up, text, scope)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield from _others(node, up, text, scope)
        elif isinstance(node, ast.Subscript):
            yield from _of_subscript(node, parent, text, scope)
        elif isinstance(node, ast.Constant):
            if not is_counted(node, up):
                yield from _of_constant(node, up, text)
        elif isinstance(node, (ast.Tuple, ast.List)) and isinstance(node.ctx, ast.Load):
            within = isinstance(parent, (ast.Return, ast.Tuple, ast.List, ast.Assign, ast.Dict))
            joined = isinstance(parent, ast.Call) and called(parent) in JOINS
            if within or joined:
                for a, b in zip(node.elts, node.elts[1:], strict=False):
                    yield "order of values", swapping(a, b, text)
        elif isinstance(node, ast.Dict):
            for a, b in zip(node.values, node.values[1:], strict=False):
                yield "order of values", swapping(a, b, text)
        elif isinstance(node, ast.IfExp):
            yield "branches swapped", swapping(node.body, node.orelse, text)


def _of_subscript(
    node: ast.Subscript, parent: ast.AST, text: Text, scope: Seen
) -> Iterator[tuple[str, Edit]]:
    indices = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for index in indices:
        if isinstance(index, ast.Slice):
            whole = ast.unparse(index)
            if whole == "::-1":
                yield "order of the loop", text.replaced(node, text.of(node.value))
            for bound, changes in ((index.lower, ("+ 1",)), (index.upper, ("- 1", "+ 1"))):
                if bound is not None:
                    for change in changes:
                        yield "slice", text.replaced(bound, f"{text.of(bound)} {change}")
        elif isinstance(index, ast.BinOp) and isinstance(index.op, (ast.Add, ast.Sub)):
            yield "index", text.replaced(index, text.of(index.left))
        elif isinstance(index, ast.Name) and scope.get(index.id) == ("i", ()):
            yield "index", text.replaced(index, f"{index.id} - 1")
            yield "index", text.replaced(index, f"{index.id} + 1")
        elif isinstance(index, ast.Constant) and type(index.value) is int:
            yield "index", text.replaced(index, str(index.value + 1))
            if index.value:
                yield "index", text.replaced(index, str(index.value - 1))
        elif isinstance(index, ast.UnaryOp) and isinstance(index.operand, ast.Constant):
            yield "index", text.replaced(index, "0")
    if len(indices) == 2 and not any(isinstance(i, ast.Slice) for i in indices):
        yield "index", swapping(indices[0], indices[1], text)
    if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        yield from _others(node, [parent], text, scope)


def _of_constant(node: ast.Constant, up: list[ast.AST], text: Text) -> Iterator[tuple[str, Edit]]:
    parent = up[0] if up else None
    value = node.value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    inside = isinstance(parent, (ast.Subscript, ast.Slice, ast.Tuple, ast.keyword)) or (
        isinstance(parent, ast.Call) and not is_numpy(parent.func)
    )
    if inside or (isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow) and parent.right is node):
        return
    if any(isinstance(u, (ast.Slice, ast.Subscript)) and text.start(u) for u in up[:2]):
        return
    if 0 < abs(value) < 1e-2:
        yield "epsilon", text.replaced(node, f"{value * 100:g}")
        yield "epsilon", text.replaced(node, "0.0")
    else:
        for new in {0: (1,), 1: (2,), 2: (1, 4, 3), 0.5: (1.0, 0.25)}.get(value, (2 * value, value + 1)):
            yield "constant", text.replaced(node, f"{new:g}" if isinstance(value, int) else repr(float(new)))


def _others(node: ast.expr, up: list[ast.AST], text: Text, scope: Seen) -> Iterator[tuple[str, Edit]]:
    """Put another value of the same shape in the place of a name, of `self.name` or of `name["key"]`."""
    written = text.of(node)
    if written not in scope or (up and isinstance(up[0], ast.Call) and up[0].func is node):
        return
    if isinstance(node, ast.Name) and up and isinstance(up[0], ast.Subscript) and up[0].value is node:
        kinds = ["variable"]
    else:
        kinds = ["derivative at another value" if any(is_derivative(u) for u in up) else "variable"]
    shaped = scope[written]
    for other, of in scope.items():
        counted = of[0] == "i" and not of[1] and len(other) > 1
        if other != written and of == shaped and not counted and alike(written, other):
            yield kinds[0], text.replaced(node, other)
