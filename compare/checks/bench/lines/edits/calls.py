"""Wrong edits of calls: another function, another axis, operands or bounds exchanged."""

import ast
import re
from collections.abc import Iterator

from .forms import SWAPPED, called, is_numpy, receiver
from .texts import Edit, Text, swapping, transposed

REDUCTIONS = {"sum", "mean", "max", "min", "var", "std"}
PRODUCTS = {"dot", "outer", "matmul"}


def of_call(node: ast.Call, parent: ast.AST, text: Text) -> Iterator[tuple[str, Edit]]:
    name, function, numpy = called(node), node.func, is_numpy(node.func)
    if not isinstance(function, (ast.Attribute, ast.Name)):
        return
    if name == "einsum":
        yield from _of_einsum(node, text)
    if name in ("sum", "mean") and isinstance(function, ast.Attribute):
        yield "sum or mean", text.renamed(function, "mean" if name == "sum" else "sum")
    if name in REDUCTIONS and isinstance(function, ast.Attribute):
        yield from _of_reduction(node, text)
    if numpy and name in SWAPPED:
        for other in SWAPPED[name].split():
            yield "function", text.renamed(function, other)
    if numpy and name in ("abs", "sqrt", "exp", "log", "square", "tanh", "cos", "sin", "sign") and node.args:
        yield "function dropped", text.replaced(node, text.alone(node.args[0], node))
    if name in PRODUCTS:
        value = receiver(function)
        pair = node.args if numpy or value is None else [value, *node.args]
        if len(pair) == 2:
            first, second = pair
            exchanged = not isinstance(first, ast.BinOp) and not isinstance(second, ast.BinOp)
            if numpy or exchanged:
                yield "operands swapped", swapping(first, second, text)
            yield from transposed((first, second), text)
    elif not numpy and len(node.args) > 1 and name not in ("transpose", "reshape", "range", "zip"):
        for a, b in zip(node.args, node.args[1:], strict=False):
            yield "arguments swapped", swapping(a, b, text)
    if name in ("transpose", "reshape") and not numpy:
        for a, b in zip(node.args, node.args[1:], strict=False):
            yield "axes or shape permuted", swapping(a, b, text)
    if name == "where" and numpy and len(node.args) == 3:
        yield "branches swapped", swapping(node.args[1], node.args[2], text)
        yield "derivative dropped", text.replaced(node, text.alone(node.args[1], node))
    if name == "clip" and node.args:
        yield "function dropped", text.replaced(node, text.alone(node.args[0], node))
    if name == "copy" and not numpy and isinstance(function, ast.Attribute):
        yield "copy dropped", text.replaced(node, text.of(function.value))
    if numpy and (name == "copy" or (name == "array" and any(k.arg == "copy" for k in node.keywords))):
        yield "copy dropped", text.replaced(node, text.of(node.args[0]))
    if name == "reversed" and isinstance(function, ast.Name) and node.args:
        yield "order of the loop", text.replaced(node, text.of(node.args[0]))
    if name == "range" and isinstance(function, ast.Name):
        yield from _of_range(node, text)
    if name == "at" and len(node.args) == 3 and isinstance(parent, ast.Expr):
        array, index, values = (text.of(a) for a in node.args)
        index = index[1:-1] if isinstance(node.args[1], ast.Tuple) else index
        sign = "-" if "subtract" in text.of(function) else "+"
        yield "add.at to fancy +=", text.replaced(node, f"{array}[{index}] {sign}= {values}")
    derivative = re.search("prime|grad|deriv|backward", name)
    if (
        isinstance(function, ast.Name)
        and derivative
        and isinstance(parent, ast.BinOp)
        and len(node.args) == 1
    ):
        yield "function dropped", text.replaced(node, text.of(node.args[0]))
        yield "function", text.renamed(function, re.sub("_?(prime|grad|deriv|backward)$", "", name) or name)


def _of_einsum(node: ast.Call, text: Text) -> Iterator[tuple[str, Edit]]:
    """Exchange neighbouring letters of the operands and of the output."""
    rule = text.of(node.args[0])
    for i in range(len(rule) - 1):
        if rule[i].isalpha() and rule[i + 1].isalpha():
            yield "transpose", text.replaced(node.args[0], rule[:i] + rule[i + 1] + rule[i] + rule[i + 2 :])


def _of_reduction(node: ast.Call, text: Text) -> Iterator[tuple[str, Edit]]:
    words = {k.arg: k for k in node.keywords}
    positional = node.args[1:] if is_numpy(node.func) else node.args
    axis = words["axis"].value if "axis" in words else (positional[0] if positional else None)
    if axis is not None:
        number = ast.unparse(axis)
        if re.fullmatch(r"-?\d", number):
            for other in {"0": "1", "1": "0", "2": "1", "-1": "0"}.get(number, "0"):
                yield "axis", text.replaced(axis, other)
        elif isinstance(axis, ast.Tuple) and len(axis.elts) > 1:
            yield "axis", text.replaced(axis, f"({text.of(axis.elts[0])},)")
        if "keepdims" in words:
            yield "keepdims", text.argument_dropped(node, words["keepdims"])
            if "axis" in words:
                yield "axis", text.argument_dropped(node, words["axis"])
        else:
            yield "keepdims", text.inserted(text.end(node) - 1, ", keepdims=True")
            dropped = words.get("axis", axis)
            yield "axis", text.argument_dropped(node, dropped)
    reduced = node.args[0] if is_numpy(node.func) and node.args else receiver(node.func)
    if reduced is not None:
        yield "reduction dropped", text.replaced(node, text.alone(reduced, node))


def _of_range(node: ast.Call, text: Text) -> Iterator[tuple[str, Edit]]:
    args = [text.of(a) for a in node.args]
    if len(args) == 1:
        for new in (f"{args[0]} - 1", f"1, {args[0]}"):
            yield "range", text.replaced(node, f"range({new})")
    elif len(args) == 2:
        for new in (f"{args[0]} + 1, {args[1]}", f"{args[0]}, {args[1]} - 1"):
            yield "range", text.replaced(node, f"range({new})")
    elif len(args) == 3 and args[2] == "-1":
        least = "0" if args[1] == "-1" else f"{args[1]} + 1"
        yield "range", text.replaced(node, f"range({args[0]}, {least}, -1)")
        yield "range", text.replaced(node, f"range({args[0]} - 1, {args[1]}, -1)")
        most = args[0].removesuffix(" - 1") if args[0].endswith(" - 1") else f"{args[0]} + 1"
        yield "order of the loop", text.replaced(node, f"range({least}, {most})")
