"""Enumerate the wrong edits of a backward pass: small changes of its text, found on its syntax tree.

An edit replaces the characters of one expression; the rest of the text stays as it was written. Whether an edit is a
mistake (it runs, keeps the loss, changes the gradient) is planting.py's question.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SKIPPED = {
    "draw",
    "batch",
    "torch_loss",
}  # of the functions a file must have, those that are no part of the pass
REDUCTIONS = {"sum", "mean", "max", "min", "var", "std"}
PRODUCTS = {"dot", "outer", "matmul"}
JOINS = {"hstack", "vstack", "concatenate", "stack"}
SWAPPED = {
    "exp": "log sqrt",
    "log": "exp log1p",
    "sqrt": "exp square",
    "log1p": "log",
    "tanh": "sin",
    "sin": "cos",
    "cos": "sin",
    "maximum": "minimum",
    "minimum": "maximum",
    "argmax": "argmin",
    "max": "min",
    "square": "abs",
    "zeros_like": "ones_like",
    "zeros": "ones",
    "ones": "zeros",
    "ones_like": "zeros_like",
    "repeat": "tile",
    "triu": "tril",
    "tril": "triu",
}
OPERATORS: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.MatMult: "@",
    ast.Pow: "**",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
COMPARED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "!=", "!=": "=="}
NOT_SCALED = (ast.Tuple, ast.List, ast.Dict, ast.Constant, ast.ListComp, ast.DictComp, ast.Lambda)
LOOPS = (ast.For, ast.While, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp)
# Names of a number of samples, and names of derivatives: dW, grad_W, delta.
SIZE = re.compile(r"[NnmBTM]|(num|batch)_\w+|count")
DERIVATIVE = re.compile(r"(grads?|delta|adj|d|g)_?")
# The kind and shape of a value, as seen at a line: ("f", (3, 4)), ("i", ()).
Seen = dict[str, tuple[str, tuple[int, ...]]]


@dataclass(frozen=True)
class Edit:
    """The bytes from `start` to `end` of a text become `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Statement:
    """A statement of the text: its lines (1-based), its bytes, the function it is in, whether a loop runs it."""

    line: int
    last: int
    start: int
    end: int
    function: str
    loop: bool


@dataclass(frozen=True)
class Wrong:
    """A wrong edit of a statement."""

    kind: str
    edit: Edit
    statement: Statement


def apply(source: str, *edits: Edit) -> str:
    """Return the text with the edits made; they must not overlap."""
    text = source.encode()
    for edit in sorted(edits, key=lambda e: e.start, reverse=True):
        text = text[: edit.start] + edit.text.encode() + text[edit.end :]
    return text.decode()


def wrong_edits(source: str, seen: dict[int, Seen]) -> list[Wrong]:
    """Return every wrong edit of the functions of a text, in the order of its lines, each text once.

    `seen` gives for each line that ran the kinds and shapes of what stood in scope: names, `self.name`, `name["key"]`.
    """
    tree = ast.parse(source)
    text = _Text(source)
    found: dict[Edit, Wrong] = {}
    for node, statement in _statements(tree, text):
        scope: Seen = {}
        for line in range(statement.line, statement.last + 1):
            scope |= seen.get(line, {})
        if not scope:  # the line never ran
            continue
        for kind, edit in _of_statement(node, text, scope):
            if text.between(edit.start, edit.end) != edit.text:
                found.setdefault(edit, Wrong(kind, edit, statement))
    return list(found.values())


class _Text:
    """The bytes of a source by the positions of a syntax tree."""

    def __init__(self, source: str) -> None:
        self.bytes = source.encode()
        self.starts = [0]
        for line in self.bytes.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def start(self, node: ast.AST) -> int:
        return self.starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]

    def end(self, node: ast.AST) -> int:
        return self.starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]

    def between(self, start: int, end: int) -> str:
        return self.bytes[start:end].decode()

    def of(self, node: ast.AST) -> str:
        return self.between(self.start(node), self.end(node))

    def enclosed(self, node: ast.AST) -> bool:
        """Whether parentheses stand around the node, its own or those of a call."""
        before, after = self.bytes[: self.start(node)].rstrip(), self.bytes[self.end(node) :].lstrip()
        return before.endswith(b"(") and after.startswith(b")")

    def replaced(self, node: ast.AST, text: str) -> Edit:
        return Edit(self.start(node), self.end(node), text)

    def alone(self, part: ast.AST, node: ast.AST) -> str:
        """Return the text of a part that shall stand for the node."""
        whole = self.of(part)
        return f"({whole})" if _loose(part, ast.Pow) and not self.enclosed(node) else whole

    def inserted(self, at: int, text: str) -> Edit:
        return Edit(at, at, text)

    def operator(self, left: ast.AST, right: ast.AST, old: str, new: str) -> Edit:
        """Replace the operator between two nodes."""
        at = self.end(left) + self.between(self.end(left), self.start(right)).index(old)
        return Edit(at, at + len(old), new)

    def renamed(self, node: ast.Attribute | ast.Name, new: str) -> Edit:
        """Replace the last name of `a.b.name`."""
        old = node.attr if isinstance(node, ast.Attribute) else node.id
        return Edit(self.end(node) - len(old), self.end(node), new)

    def argument_dropped(self, call: ast.Call, argument: ast.AST) -> Edit:
        """Drop an argument with the comma before it."""
        before = [n for n in (call.func, *call.args, *call.keywords) if self.end(n) < self.start(argument)]
        previous = max(before, key=self.end)
        start = self.start(argument) if previous is call.func else self.end(previous)
        return Edit(start, self.end(argument), "")


def _statements(tree: ast.Module, text: _Text) -> Iterator[tuple[ast.stmt, Statement]]:
    """Yield the statements of all functions, compound ones with their header alone."""
    looped = _looped_functions(tree)

    def inside(body: list[ast.stmt], function: str, loop: bool) -> Iterator[tuple[ast.stmt, Statement]]:
        for node in body:
            if isinstance(node, ast.FunctionDef):
                if function or node.name not in SKIPPED:
                    yield from inside(node.body, f"{function}.{node.name}".strip("."), id(node) in looped)
            elif isinstance(node, ast.ClassDef):
                yield from inside(node.body, node.name, False)
            elif function or isinstance(getattr(node, "value", None), ast.Lambda):
                below = [part for name in ("body", "orelse") for part in getattr(node, name, [])]
                end = text.end(node)
                if below:
                    end = text.start(below[0])
                    header = text.between(text.start(node), end).rstrip()
                    while header.rpartition("\n")[2].lstrip().startswith("#"):
                        header = header.rpartition("\n")[0].rstrip()
                    end = text.start(node) + len(header.encode())
                last = text.between(0, end).count("\n") + 1
                yield node, Statement(node.lineno, last, text.start(node), end, function, loop)
                yield from inside(below, function, loop or isinstance(node, (ast.For, ast.While)))

    yield from inside(tree.body, "", False)


def _looped_functions(tree: ast.Module) -> set[int]:
    """Return the ids of the functions that are called in a loop, or by one that is."""
    methods = {f for c in ast.walk(tree) if isinstance(c, ast.ClassDef) for f in c.body}
    functions = [f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)]
    looped: set[int] = set()
    while True:
        places = [n for n in ast.walk(tree) if isinstance(n, LOOPS) or id(n) in looped]
        called = {
            (n.func.attr, True) if isinstance(n.func, ast.Attribute) else (getattr(n.func, "id", ""), False)
            for place in places
            for n in ast.walk(place)
            if isinstance(n, ast.Call)
        }
        now = looped | {id(f) for f in functions if (f.name, f in methods) in called}
        if now == looped:
            return looped
        looped = now


def _of_statement(node: ast.stmt, text: _Text, scope: Seen) -> Iterator[tuple[str, Edit]]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
        return
    yield from _deleted(node, text)
    yield from _accumulated(node, text)
    yield from _scaled(node, text, scope)
    parts: Sequence[ast.AST | None]
    if isinstance(node, ast.For):
        parts = [node.iter]
    elif isinstance(node, (ast.If, ast.While)):
        parts = [node.test]
    elif isinstance(node, (ast.Assign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        # dx[a <= 0] = 0, dW[t - 1] += ...: the index of a target is read.
        parts = [t.slice for t in targets if isinstance(t, ast.Subscript)] + [node.value]
    elif isinstance(node, (ast.Return, ast.Expr)):
        parts = [node.value]
    else:
        parts = []
    for part in parts:
        if part is not None and not (isinstance(part, ast.Constant) and isinstance(part.value, str)):
            yield from _of_expression(part, node, text, scope)


def _deleted(node: ast.stmt, text: _Text) -> Iterator[tuple[str, Edit]]:
    call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.Continue)) or call:
        yield "statement deleted", text.replaced(node, "pass")


def _accumulated(node: ast.stmt, text: _Text) -> Iterator[tuple[str, Edit]]:
    if isinstance(node, ast.AugAssign):
        symbol = OPERATORS.get(type(node.op))
        if symbol:
            for new, kind in (("=", "+= to ="), ("-=", "sign"), ("+=", "sign")):
                if new != f"{symbol}=" and (new == "=" or symbol in "+-"):
                    yield kind, text.operator(node.target, node.value, f"{symbol}=", new)
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        (target,) = node.targets
        if not isinstance(target, ast.Tuple):
            yield "= to +=", text.operator(target, node.value, "=", "+=")


def _scaled(node: ast.stmt, text: _Text, scope: Seen) -> Iterator[tuple[str, Edit]]:
    """Multiply a value that is assigned or returned by a factor it should not have."""
    if not isinstance(node, (ast.Assign, ast.AugAssign, ast.Return)) or node.value is None:
        return
    values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
    sizes = [name for name in scope if SIZE.fullmatch(name) and scope[name] == ("i", ())]
    size = sizes[0] if sizes else next((f"len({n})" for n in ("x", "y") if n in scope), None)
    for value in values:
        whole = text.of(value)
        bare = isinstance(value, (ast.Name, ast.Attribute))
        if (
            (bare and (isinstance(node, ast.Assign) or whole not in scope))
            or isinstance(value, NOT_SCALED)
            or re.search(r"^len\(|\.shape|^\[", whole)
        ):
            continue
        product = f"({whole})" if _loose(value, ast.Mult) else whole
        yield "factor inserted", text.replaced(value, f"2 * {product}")
        yield "factor inserted", text.replaced(value, f"0.5 * {product}")
        yield "sign", text.replaced(value, f"-{product}")
        if size:
            yield "batch size", text.replaced(value, f"{product} / {size}")
            yield "batch size", text.replaced(value, f"{product} * {size}")


def _of_expression(
    root: ast.AST, statement: ast.stmt, text: _Text, scope: Seen
) -> Iterator[tuple[str, Edit]]:
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
            if not _is_counted(node, up):
                yield from _of_operation(node, parent, text, scope)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            if not isinstance(node.operand, ast.Constant):
                yield "sign", text.replaced(node, text.of(node.operand))
        elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in OPERATORS:
            old = OPERATORS[type(node.ops[0])]
            yield "comparison", text.operator(node.left, node.comparators[0], old, COMPARED[old])
        elif isinstance(node, ast.Call):
            yield from _of_call(node, parent, text)
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
            if not _is_counted(node, up):
                yield from _of_constant(node, up, text)
        elif isinstance(node, (ast.Tuple, ast.List)) and isinstance(node.ctx, ast.Load):
            within = isinstance(parent, (ast.Return, ast.Tuple, ast.List, ast.Assign, ast.Dict))
            joined = isinstance(parent, ast.Call) and _called(parent) in JOINS
            if within or joined:
                for a, b in zip(node.elts, node.elts[1:], strict=False):
                    yield "order of values", _exchanged(a, b, text)
        elif isinstance(node, ast.Dict):
            for a, b in zip(node.values, node.values[1:], strict=False):
                yield "order of values", _exchanged(a, b, text)
        elif isinstance(node, ast.IfExp):
            yield "branches swapped", _exchanged(node.body, node.orelse, text)


def _of_operation(node: ast.BinOp, parent: ast.AST, text: _Text, scope: Seen) -> Iterator[tuple[str, Edit]]:
    left, right, op = node.left, node.right, OPERATORS.get(type(node.op))

    def alone(side: ast.expr) -> Edit:
        nested = isinstance(parent, (ast.BinOp, ast.UnaryOp, ast.Attribute, ast.Subscript))
        whole = text.of(side)
        loose = nested and _loose(side, ast.Pow) and not text.enclosed(node)
        return text.replaced(node, f"({whole})" if loose else whole)

    exponent = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow) and parent.right is node
    if op == "*":
        for kept, dropped in ((left, right), (right, left)):
            yield _dropped_kind(dropped, scope), alone(kept)
        if isinstance(right, ast.Name) and len(scope.get(right.id, ("", (0,)))[1]) == 0:
            yield "inverse", text.operator(left, right, "*", "/")
        if not isinstance(left, ast.Constant) and not isinstance(right, ast.Constant):
            yield "elementwise or matrix product", text.operator(left, right, "*", "@")
    elif op == "/":
        yield "batch size" if _is_size(right, scope) else "divisor dropped", alone(left)
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
            yield "sign", _exchanged(left, right, text)
    elif op == "**":
        yield "power", alone(left)
        if isinstance(right, ast.Constant) and isinstance(right.value, int):
            yield "power", text.replaced(right, str(right.value + 1))
    elif op == "@":
        yield "operands swapped", _exchanged(left, right, text)
        yield "elementwise or matrix product", text.operator(left, right, "@", "*")
        yield from _transposed((left, right), text)


def _of_call(node: ast.Call, parent: ast.AST, text: _Text) -> Iterator[tuple[str, Edit]]:
    name, function, numpy = _called(node), node.func, _is_numpy(node.func)
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
        value = _value(function)
        pair = node.args if numpy or value is None else [value, *node.args]
        if len(pair) == 2:
            first, second = pair
            exchanged = not isinstance(first, ast.BinOp) and not isinstance(second, ast.BinOp)
            if numpy or exchanged:
                yield "operands swapped", _exchanged(first, second, text)
            yield from _transposed((first, second), text)
    elif not numpy and len(node.args) > 1 and name not in ("transpose", "reshape", "range", "zip"):
        for a, b in zip(node.args, node.args[1:], strict=False):
            yield "arguments swapped", _exchanged(a, b, text)
    if name in ("transpose", "reshape") and not numpy:
        for a, b in zip(node.args, node.args[1:], strict=False):
            yield "axes or shape permuted", _exchanged(a, b, text)
    if name == "where" and numpy and len(node.args) == 3:
        yield "branches swapped", _exchanged(node.args[1], node.args[2], text)
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


def _of_einsum(node: ast.Call, text: _Text) -> Iterator[tuple[str, Edit]]:
    """Exchange neighbouring letters of the operands and of the output."""
    rule = text.of(node.args[0])
    for i in range(len(rule) - 1):
        if rule[i].isalpha() and rule[i + 1].isalpha():
            yield "transpose", text.replaced(node.args[0], rule[:i] + rule[i + 1] + rule[i] + rule[i + 2 :])


def _of_reduction(node: ast.Call, text: _Text) -> Iterator[tuple[str, Edit]]:
    words = {k.arg: k for k in node.keywords}
    positional = node.args[1:] if _is_numpy(node.func) else node.args
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
    reduced = node.args[0] if _is_numpy(node.func) and node.args else _value(node.func)
    if reduced is not None:
        yield "reduction dropped", text.replaced(node, text.alone(reduced, node))


def _of_range(node: ast.Call, text: _Text) -> Iterator[tuple[str, Edit]]:
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


def _of_subscript(
    node: ast.Subscript, parent: ast.AST, text: _Text, scope: Seen
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
        yield "index", _exchanged(indices[0], indices[1], text)
    if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        yield from _others(node, [parent], text, scope)


def _of_constant(node: ast.Constant, up: list[ast.AST], text: _Text) -> Iterator[tuple[str, Edit]]:
    parent = up[0] if up else None
    value = node.value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    inside = isinstance(parent, (ast.Subscript, ast.Slice, ast.Tuple, ast.keyword)) or (
        isinstance(parent, ast.Call) and not _is_numpy(parent.func)
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


def _others(node: ast.expr, up: list[ast.AST], text: _Text, scope: Seen) -> Iterator[tuple[str, Edit]]:
    """Put another value of the same shape in the place of a name, of `self.name` or of `name["key"]`."""
    written = text.of(node)
    if written not in scope or (up and isinstance(up[0], ast.Call) and up[0].func is node):
        return
    if isinstance(node, ast.Name) and up and isinstance(up[0], ast.Subscript) and up[0].value is node:
        kinds = ["variable"]
    else:
        kinds = ["derivative at another value" if any(_is_derivative(u) for u in up) else "variable"]
    shaped = scope[written]
    for other, of in scope.items():
        counted = of[0] == "i" and not of[1] and len(other) > 1
        if other != written and of == shaped and not counted and _alike(written, other):
            yield kinds[0], text.replaced(node, other)


def _alike(one: str, other: str) -> bool:
    """Whether two texts could be confused: names, attributes or keys both, derivatives both or a value and its own."""
    if ("." in one, "[" in one) != ("." in other, "[" in other):
        return False
    if "[" in one and one.partition("[")[0] != other.partition("[")[0]:
        return False
    one, other = (text.removeprefix("self.") for text in (one, other))
    derivatives = [bool(DERIVATIVE.match(text)) for text in (one, other)]
    return derivatives[0] == derivatives[1] or one.endswith(other) or other.endswith(one)


def _is_counted(node: ast.AST, up: list[ast.AST]) -> bool:
    """Whether the node is inside an index or the arguments of range or reshape, which have edits of their own."""
    for inner, outer in zip([node, *up], up, strict=False):
        if isinstance(outer, ast.Subscript) and outer.slice is inner:
            return True
        if isinstance(outer, ast.Call) and _called(outer) in ("range", "reshape") and inner in outer.args:
            return True
    return False


def _dropped_kind(node: ast.expr, scope: Seen) -> str:
    if _is_size(node, scope):
        return "batch size"
    if isinstance(node, ast.Constant):
        return "constant dropped"
    return "derivative dropped" if _is_derivative(node) else "factor dropped"


def _is_size(node: ast.expr, scope: Seen) -> bool:
    if isinstance(node, ast.Name):
        return bool(SIZE.fullmatch(node.id)) and scope.get(node.id) == ("i", ())
    return bool(re.search(r"^len\(|\.shape\[0\]$|\.size$", ast.unparse(node)))


def _is_derivative(node: ast.AST) -> bool:
    """Whether this is a derivative of an activation by its form: 1 - a ** 2, s * (1 - s), z > 0, name_prime(z)."""
    if isinstance(node, ast.Compare):
        return True
    if isinstance(node, ast.Call):
        name = _called(node)
        return bool(re.search("prime|grad|deriv", name)) or (
            name in ("cos", "where") and _is_numpy(node.func)
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
        return isinstance(node.left, ast.Constant) and node.left.value == 1
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return _is_derivative(node.right)
    return False


def _transposed(operands: tuple[ast.expr, ...], text: _Text) -> Iterator[tuple[str, Edit]]:
    for operand in operands:
        if not isinstance(operand, ast.BinOp) and not (
            isinstance(operand, ast.Attribute) and operand.attr == "T"
        ):
            yield "transpose", text.inserted(text.end(operand), ".T")


def _exchanged(a: ast.expr, b: ast.expr, text: _Text) -> Edit:
    """Exchange two expressions, the text between them stays."""
    first, second = (a, b) if text.start(a) < text.start(b) else (b, a)
    between = text.between(text.end(first), text.start(second))
    return Edit(text.start(first), text.end(second), text.of(second) + between + text.of(first))


def _loose(node: ast.AST, outer: type) -> bool:
    """Whether the expression needs parentheses as an operand of `outer`, Mult or Pow."""
    if isinstance(node, ast.BinOp):
        return outer is ast.Pow or isinstance(node.op, (ast.Add, ast.Sub))
    return isinstance(node, (ast.Compare, ast.BoolOp, ast.IfExp, ast.Lambda)) or (
        outer is ast.Pow and isinstance(node, ast.UnaryOp)
    )


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "attr", "") or getattr(node.func, "id", ""))


def _is_numpy(function: ast.expr) -> bool:
    """Whether a function is NumPy's by its form: np.name, or a name that NumPy's functions have."""
    if isinstance(function, ast.Attribute):
        return isinstance(function.value, ast.Name) and function.value.id in ("np", "numpy")
    return isinstance(function, ast.Name) and function.id in {*SWAPPED, "abs"}


def _value(function: ast.expr) -> ast.expr | None:
    return function.value if isinstance(function, ast.Attribute) else None
