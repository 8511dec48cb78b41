"""Wrong edits of an operation on two values: a sign, a factor or a term dropped, another product."""

import ast
import re
from collections.abc import Iterator

from .forms import OPERATORS, Seen, dropped_kind, is_size
from .texts import Edit, Text, needs_parentheses, swapping, transposed


def of_operation(node: ast.BinOp, parent: ast.AST, text: Text, scope: Seen) -> Iterator[tuple[str, Edit]]:
    left, right, op = node.left, node.right, OPERATORS.get(type(node.op))

    def alone(side: ast.expr) -> Edit:
        nested = isinstance(parent, (ast.BinOp, ast.UnaryOp, ast.Attribute, ast.Subscript))
        whole = text.of(side)
        loose = nested and needs_parentheses(side, ast.Pow) and not text.enclosed(node)
        return text.replaced(node, f"({whole})" if loose else whole)

    exponent = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow) and parent.right is node
    if op == "*":
        for kept, dropped in ((left, right), (right, left)):
            yield dropped_kind(dropped, scope), alone(kept)
        if isinstance(right, ast.Name) and len(scope.get(right.id, ("", (0,)))[1]) == 0:
            yield "inverse", text.operator(left, right, "*", "/")
        if not isinstance(left, ast.Constant) and not isinstance(right, ast.Constant):
            yield "elementwise or matrix product", text.operator(left, right, "*", "@")
    elif op == "/":
        yield "batch size" if is_size(right, scope) else "divisor dropped", alone(left)
        yield "inverse", text.operator(left, right, "/", "*")
    elif op in ("+", "-"):
        yield "sign", text.operator(left, right, op, "-" if op == "+" else "+")
        small = re.match(r"(self\.)?eps|1e-", ast.unparse(right).lower())
        yield "power" if exponent else "epsilon" if small else "term dropped", alone(left)
        if op == "+":
            yield "term dropped", alone(right)
        elif isinstance(left, ast.Constant):
            whole = f"-{text.of(right)}"
            yield "term dropped", text.replaced(node, whole if text.enclosed(node) else f"({whole})")
        else:
            yield "term dropped", alone(right)
            yield "sign", swapping(left, right, text)
    elif op == "**":
        yield "power", alone(left)
        if isinstance(right, ast.Constant) and isinstance(right.value, int):
            yield "power", text.replaced(right, str(right.value + 1))
    elif op == "@":
        yield "operands swapped", swapping(left, right, text)
        yield "elementwise or matrix product", text.operator(left, right, "@", "*")
        yield from transposed((left, right), text)
