"""Expressions of the function's text and their values in a frame."""

import ast
import copy
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np

from ..edits import rearranged
from ..edits.nodes import CHANGING, attribute, read, read_in_indices
from ..edits.slots import is_read, slots
from ..frames import compiled_expression, evaluated, value_in

ATOMS = 60  # parts of which expressions are made
PICKED = 40  # entries that indices of the function pick of other arrays


LARGEST = 200_000  # entries: of larger arrays no products are tried


@dataclass(slots=True)
class Part:
    """An expression, or a function that makes it, and its value in the frame.  size: how long it is."""

    node: Any
    value: Any
    size: int


# Calls that change nothing: methods of arrays, and functions by their name.
SAFE = {
    "sum", "mean", "dot", "reshape", "copy", "max", "min", "ravel", "astype", "transpose", "flatten",
    "prod", "std", "var", "squeeze", "cumsum",
}  # fmt: skip
HARMLESS = {
    "len", "range", "float", "abs", "sum", "exp", "log", "dot", "outer", "tanh", "sqrt",
}  # fmt: skip


def calls_users(node: ast.AST) -> bool:
    """Whether an expression calls what may change something: any function but NumPy's and methods of arrays."""
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
    return any(not _is_harmless(c.func) or any(k.arg == "out" for k in c.keywords) for c in calls)


def _is_harmless(function: ast.expr) -> bool:
    if not isinstance(function, ast.Attribute):
        return isinstance(function, ast.Name) and function.id in HARMLESS
    root: ast.expr = function
    while isinstance(root, ast.Attribute):
        if root.attr in CHANGING:
            return False
        root = root.value
    library = isinstance(root, ast.Name) and root.id in ("np", "numpy", "scipy", "special")
    return library or function.attr in SAFE


@lru_cache(maxsize=64)
def _texts(function: ast.AST) -> tuple[tuple[Any, Any, int], ...]:
    """Return (expression, its code, its length) of what stands in a function's text and changes nothing."""
    texts: dict[str, Any] = {}
    for node in ast.walk(function):
        match node:
            case ast.arg(name) | ast.Name(name, ast.Store()):  # perhaps never used, which is the mistake
                texts.setdefault(name, read(name))
            case (
                ast.Name()
                | ast.Subscript()
                | ast.Attribute()
                | ast.BinOp()
                | ast.Call()
                | ast.Compare()
                | ast.UnaryOp()
            ):
                if is_read(node) and not calls_users(node):
                    texts.setdefault(ast.unparse(node), node)
    found = []
    for text, node in sorted(texts.items(), key=lambda item: len(item[0])):
        code = compiled_expression(node)
        if code is not None:
            found.append((copy.deepcopy(node), code, len(text)))
    return tuple(found)


def parts_at(function: ast.AST, names: dict[str, Any], statement: ast.stmt | None = None) -> list[Part]:
    """Return what stands in scope and in the function's text, with its value in the frame: what stands in the
    statement first, then the shortest."""
    own = set() if statement is None else {ast.unparse(s.node) for s in slots(statement)}
    found = []
    for node, code, size in _texts(function):
        try:
            value = evaluated(code, names)
        except Exception:
            continue
        if isinstance(value, (bool, int, float, np.ndarray, np.generic)):
            array = np.asarray(value)
            if array.dtype.kind in "fbiu" and array.size <= LARGEST and array.ndim <= 4:
                found.append(Part(node, value, size))
    known = {ast.unparse(p.node) for p in found}
    found += [p for p in _picked(function, names, statement) if ast.unparse(p.node) not in known]
    found += _attributes(names, known)
    numbers = [n for n, v in names.items() if isinstance(v, (int, float)) and not isinstance(v, bool)]
    # A rate or a width of the module's that the function may have read before the mistake.
    found += [
        Part(read(n), names[n], len(n))
        for n in numbers[:16]
        if n not in known and n.isidentifier() and n[0] != "_"
    ]
    for part in found[: 3 * ATOMS] if len(numbers) <= 12 else []:
        if isinstance(part.node, ast.BinOp) and np.ndim(part.value) == 0:
            for node in rearranged.siblings(part.node, numbers):
                value = value_in(node, names)
                if value is not None:
                    found.append(Part(node, value, part.size + 4))
    found.sort(
        key=lambda part: part.size if part.size < 3 else part.size + 40 * (ast.unparse(part.node) not in own)
    )
    return found[: 3 * ATOMS]


def _picked(function: ast.AST, names: dict[str, Any], statement: ast.stmt | None) -> list[Part]:
    """Return what indices pick of the other variables of one shape, and of one kind: h[:, t] beside dh[:, t],
    zs[-layer] beside nabla_b[-layer]; and what a turn of the loop picks of vectors: scale[d] beside diff[:, d].

    Those of the statement come first.
    """
    found: dict[str, Part] = {}
    kinds = {n: _kind(v) for n, v in names.items() if n.isidentifier()}

    def pick(alike: Iterable[str], index: ast.expr) -> None:
        for name in islice(alike, 8 if len(found) < PICKED else 0):
            other = ast.Subscript(read(name), index, ast.Load())
            text = ast.unparse(other)
            value = None if text in found else value_in(other, names)
            if isinstance(value, (np.ndarray, np.generic)):
                found[text] = Part(other, value, len(text))

    for node in (*ast.walk(statement or ast.Pass()), *ast.walk(function)):
        match node:
            case ast.Subscript(ast.Name(base), index) if kinds.get(base) and not isinstance(
                index, ast.Constant
            ):
                pick((n for n, kind in kinds.items() if kind == kinds[base]), index)
    turns = read_in_indices(statement or ast.Pass())
    for turn in (t for t in turns if isinstance(names.get(t), int)):
        pick((n for n, kind in kinds.items() if isinstance(kind, tuple) and len(kind) == 1), read(turn))
    return list(found.values())


def _kind(value: Any) -> Any:
    """Return the shape of an array, the type of what holds arrays, or else None."""
    if isinstance(value, np.ndarray):
        return value.shape or None
    held = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return type(value) if any(isinstance(each, np.ndarray) for each in islice(held, 64)) else None


def _attributes(names: dict[str, Any], known: set[str]) -> list[Part]:
    """Return the numbers and arrays that `self` or its class holds and the function's text does not read."""
    owner = names.get("self")
    held = {} if owner is None else {**vars(type(owner)), **getattr(owner, "__dict__", {})}
    found = []
    for name, value in held.items():
        number = isinstance(value, (int, float, np.floating)) and not isinstance(value, bool)
        array = isinstance(value, np.ndarray) and value.dtype.kind == "f" and 0 < value.size <= LARGEST
        if (number or array) and f"self.{name}" not in known:
            found.append(Part(attribute(read("self"), name), value, len(name) + 5))
    return found
