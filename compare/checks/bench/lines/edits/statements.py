"""The statements of the functions of a text, and wrong edits of a statement as a whole."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .forms import OPERATORS, SIZE, Seen
from .texts import Edit, Text, needs_parentheses

SKIPPED = {
    "draw",
    "batch",
    "torch_loss",
}  # of the functions a file must have, those that are no part of the pass
NOT_SCALED = (ast.Tuple, ast.List, ast.Dict, ast.Constant, ast.ListComp, ast.DictComp, ast.Lambda)
LOOPS = (ast.For, ast.While, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp)


@dataclass(frozen=True)
class Statement:
    """A statement of the text: its lines (1-based), its bytes, the function it is in, whether a loop runs it."""

    line: int
    last: int
    start: int
    end: int
    function: str
    loop: bool


def statements(tree: ast.Module, text: Text) -> Iterator[tuple[ast.stmt, Statement]]:
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


def deleted(node: ast.stmt, text: Text) -> Iterator[tuple[str, Edit]]:
    call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.Continue)) or call:
        yield "statement deleted", text.replaced(node, "pass")


def accumulated(node: ast.stmt, text: Text) -> Iterator[tuple[str, Edit]]:
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


def scaled(node: ast.stmt, text: Text, scope: Seen) -> Iterator[tuple[str, Edit]]:
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
        product = f"({whole})" if needs_parentheses(value, ast.Mult) else whole
        yield "factor inserted", text.replaced(value, f"2 * {product}")
        yield "factor inserted", text.replaced(value, f"0.5 * {product}")
        yield "sign", text.replaced(value, f"-{product}")
        if size:
            yield "batch size", text.replaced(value, f"{product} / {size}")
            yield "batch size", text.replaced(value, f"{product} * {size}")
