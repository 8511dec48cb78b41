"""A statement that is missing: it adds a derivative of the loss to a variable, stores one, or makes it one."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any

import numpy as np

from ...lines.names import bare
from ...lines.source import Statement
from ...lines.source import statement as statement_of
from ...lines.vouching import Vouched
from ..edits.nodes import ONE, made, numpy_call, read, shifted
from ..edits.scope import Scope
from ..edits.slots import INSERTED, MISSING, Edit, is_read, place_of
from ..frames import value_in
from .combined import pairs_of, singles
from .expressions import missing_terms
from .parts import ATOMS, Part, parts_at
from .right import equal, fits

SWAPPED = 12  # variables that may have to change places
TARGETS, INDICES = 40, 24  # variables that may lack something, and indices under which they may
NUMBERS = 12  # of which two factors are made
INSERTED_AT_MOST, BEHIND = 120, 3  # statements that are tried elsewhere, and places of each
EMPTY, ALIKE = 20, 10  # characters; of two that are called alike, dg and grads["g"]


@dataclass(frozen=True)
class _Target:
    """What a statement may store into: how it is written, its value now, and whether the function itself stores it."""

    node: Any
    value: Any
    stored: bool

    @property
    def size(self) -> int:
        """What is added to the length of a statement: what is still zero lacks something most likely."""
        return 0 if self.stored and not np.any(self.value) else EMPTY


def in_place(
    statement: Statement, names: dict[str, Any], function: ast.AST, scope: Scope, vouched: Vouched
) -> list[Edit]:
    """Return statements that may have stood where nothing is done, the shortest first."""
    place = place_of(statement)
    return [Edit(MISSING, place, node) for node in _candidates(names, function, scope, vouched)]


def inserted(
    statements: list[Statement], names: dict[str, Any], function: ast.AST, scope: Scope, vouched: Vouched
) -> dict[Statement, list[Edit]]:
    """Return statements that may be missing behind others: behind each that stores what they read or change.

    statements: those of the function.  names: in scope at its end.
    """
    found: dict[Statement, list[Edit]] = {}
    statements = sorted(statements, key=lambda s: s.line)
    for node in _candidates(names, function, scope, vouched)[:INSERTED_AT_MOST]:
        concerned = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        makers = [s for s in statements if not hasattr(s.node, "body") and _stores(s.node) & concerned]
        for maker in makers[-BEHIND:]:
            both = ast.If(ast.Constant(True), [maker.node, node], [])
            found.setdefault(maker, []).append(Edit(INSERTED, place_of(maker), both))
    return found


def _stores(node: ast.stmt) -> set[str]:
    """Return the variables that a statement stores."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _candidates(names: dict[str, Any], function: ast.AST, scope: Scope, vouched: Vouched) -> list[ast.stmt]:
    """Return statements that make a variable a derivative of the loss or add one to it, the shortest first."""
    parts = parts_at(function, names)
    targets = _targets(function, names, _forward(vouched))
    shapes = {np.shape(t.value) for t in targets if t.stored}
    found: list[tuple[int, ast.stmt]] = []
    with np.errstate(all="ignore"):
        one = list(singles(parts))
        factors = [*islice(_of_other_turns(function, names), ATOMS), *one]
        derivatives = [
            p for p in [*one, *pairs_of(parts, shapes)] if vouched.known_as(np.asarray(p.value, np.float64))
        ]
        for target in targets:
            found += _stored(target, derivatives)
            # What is right may stand for something else: dh before it is multiplied by a mask, or a penalty is added.
            found += _scaled(target, factors, vouched) if target.stored else ()
            others = [p for p in parts if not _reads(p.node, target.node)]
            for size, op, term in (
                missing_terms(target.value, others, vouched, scope) if target.stored else ()
            ):
                found.append((size, ast.AugAssign(copy.deepcopy(target.node), op, made(term))))
            for index in _indices(function):
                found += _scattered(target, index, names, derivatives)
                found += _counted(target, index, names) if target.stored else ()
        found += _turned([t for t in targets if t.stored and isinstance(t.node, ast.Name)])
    return [node for _, node in sorted(found, key=lambda pair: pair[0])]


def _turned(targets: list[_Target]) -> Iterator[tuple[int, ast.stmt]]:
    """Yield what lets two variables of one shape change places: da, db = db, da."""
    for one, other in combinations(targets[:SWAPPED], 2):
        if np.ndim(one.value) and np.shape(one.value) == np.shape(other.value):
            stored = ast.Tuple([one.node, other.node], ast.Store())
            values = ast.Tuple([read(other.node.id), read(one.node.id)], ast.Load())
            yield EMPTY + len(ast.unparse(stored)), ast.Assign([stored], values)


def _targets(function: ast.AST, names: dict[str, Any], forward: set[str]) -> list[_Target]:
    """Return what the function stores into, reads by a key, or has in scope as an array, but for forward values."""
    nodes: dict[str, tuple[Any, bool]] = {}
    for node in ast.walk(function):
        match node:
            case ast.AugAssign(target):
                nodes.setdefault(ast.unparse(target), (target, True))
            case ast.Assign([target]) if not isinstance(target, ast.Tuple):
                nodes.setdefault(ast.unparse(target), (target, True))
            case ast.Subscript(value, ast.Constant() as key):
                nodes.setdefault(ast.unparse(node), (ast.Subscript(value, key, ast.Store()), False))
    written = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for name, value in names.items():
        if name.startswith("_"):
            continue
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            nodes.setdefault(name, (ast.Name(name, ast.Store()), name in written))
        elif isinstance(value, dict):
            for text in (k for k, v in value.items() if isinstance(k, str) and isinstance(v, np.ndarray)):
                entry = ast.Subscript(ast.Name(name, ast.Load()), ast.Constant(text), ast.Store())
                nodes.setdefault(ast.unparse(entry), (entry, name in written))
    found = []
    for text, (node, stored) in [each for each in nodes.items() if each[0] not in forward][:TARGETS]:
        value = value_in(ast.parse(text, mode="eval").body, names)
        if isinstance(value, (np.ndarray, float, np.floating)):
            found.append(_Target(copy.deepcopy(node), value, stored))
    return found


def _reads(expression: ast.expr, target: ast.expr) -> bool:
    text = ast.unparse(target)
    return any(ast.unparse(node) == text for node in ast.walk(expression))


def _forward(vouched: Vouched) -> set[str]:
    """Return what is assigned in statements that the loss was made of, and in no others."""
    inside, outside = set[str](), set[str]()
    for operation, of_loss in zip(vouched.run.tape.operations, vouched.of_loss, strict=True):
        where = statement_of(operation.places[0]) if operation.places else None
        if where is not None and isinstance(where.node, (ast.Assign, ast.AugAssign)):
            targets = getattr(where.node, "targets", None) or [where.node.target]  # type: ignore[union-attr]
            (inside if of_loss else outside).update(ast.unparse(t) for t in targets)
    return inside - outside


def _indices(function: ast.AST) -> list[ast.expr]:
    """Return the indices that the function reads and writes arrays under, but for keys and single numbers.

    Those of the turns of a loop before and behind come last.
    """
    found = {
        ast.unparse(node.slice): node.slice
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant)
    }
    for node in list(found.values())[:INDICES]:
        for other in _at_other_turns(node, function):
            found.setdefault(ast.unparse(other), other)
    return list(found.values())[: 2 * INDICES]


def _stored(target: _Target, derivatives: list[Part]) -> Iterator[tuple[int, ast.stmt]]:
    """Yield what adds a derivative to a value of its shape or takes it away, and what stores it: dW += x.T @ dz."""
    name = bare(target.node)
    for part in derivatives:
        if np.shape(target.value) == np.shape(part.value):
            node = made(part.node)
            if ast.unparse(node) == ast.unparse(target.node):
                continue
            size = target.size + part.size - (ALIKE if name and name == bare(node) else 0)
            yield size, ast.AugAssign(target.node, ast.Add(), node)
            yield size + 1, ast.Assign([target.node], node)
            yield size + 2, ast.AugAssign(target.node, ast.Sub(), node)
            if isinstance(target.node, ast.Name):  # += would change what else has the same array
                total = ast.BinOp(read(target.node.id), ast.Add(), node)
                yield size + 2, ast.Assign([target.node], total)


def _scaled(target: _Target, parts: list[Part], vouched: Vouched) -> Iterator[tuple[int, ast.stmt]]:
    """Yield what changes a value in place to a derivative of the loss: dscores /= N, dh *= mask / keep.

    A count may be missing before something else is added, of which the loss tells nothing: it is yielded too.
    """
    numbers = [p for p in parts if np.ndim(p.value) == 0 and not isinstance(p.value, (bool, np.bool_))]
    numbers = [p for p in numbers if np.isfinite(p.value) and p.value not in (0, 1)][:NUMBERS]
    for part in parts[: 4 * ATOMS]:
        if not fits(np.shape(part.value), np.shape(target.value)):
            continue
        truth = np.asarray(part.value).dtype.kind == "b"
        for op, function in ((ast.Mult(), np.multiply), (ast.Div(), np.true_divide))[: 1 if truth else 2]:
            new = np.asarray(function(target.value, part.value), np.float64)
            if equal(new, target.value, vouched.run.close):
                continue
            if vouched.known_as(new):
                yield part.size, ast.AugAssign(target.node, op, made(part.node))
            elif np.ndim(part.value) == 0 and float(part.value).is_integer() and part.value > 1:
                yield EMPTY + part.size, ast.AugAssign(target.node, op, made(part.node))
            elif np.ndim(part.value) and isinstance(op, ast.Mult):
                for number in numbers:
                    for other, scale in ((ast.Div(), number.value), (ast.Mult(), 1 / number.value)):
                        if vouched.known.has(new, (scale,)):
                            factor = ast.BinOp(made(part.node), other, made(number.node))
                            yield part.size + number.size, ast.AugAssign(target.node, op, factor)


def _of_other_turns(function: ast.AST, names: dict[str, Any]) -> Iterator[Part]:
    """Yield the entries that a function reads in a loop, of the turns beside: masks[l - 2] of masks[l - 1]."""
    texts = set[str]()
    for node in [n for n in ast.walk(function) if isinstance(n, ast.Subscript) and is_read(n)]:
        for other in _at_other_turns(node, function):
            text = ast.unparse(other)
            value = None if text in texts else value_in(other, names)
            texts.add(text)
            if isinstance(value, np.ndarray) and value.dtype.kind in "fb":
                yield Part(other, value, len(text))


def _at_other_turns(node: ast.expr, function: ast.AST) -> Iterator[ast.expr]:
    """Yield an expression with the variable of a loop one less, and one more."""
    loops = [
        n.target.id for n in ast.walk(function) if isinstance(n, ast.For) and isinstance(n.target, ast.Name)
    ]
    read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    for name in dict.fromkeys(n for n in loops if n in read):
        for step in (-1, 1):
            yield ast.fix_missing_locations(_Shifted(name, step).visit(copy.deepcopy(node)))


class _Shifted(ast.NodeTransformer):
    """Puts a variable one further in an expression."""

    def __init__(self, name: str, step: int) -> None:
        self.name, self.step = name, step

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return shifted(node, self.step) if node.id == self.name else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        if (
            isinstance(node.left, ast.Name)
            and node.left.id == self.name
            and isinstance(node.right, ast.Constant)
        ):
            return shifted(node, self.step)
        return self.generic_visit(node)  # type: ignore[return-value]


def _counted(target: _Target, index: ast.expr, names: dict[str, Any]) -> Iterator[tuple[int, ast.stmt]]:
    """Yield what takes 1 from some entries of an array, or adds it: dscores[rows, y] -= 1."""
    inside = _entries(target, index)
    if inside is None or not isinstance(value_in(inside, names), (np.ndarray, np.floating)):
        return
    stored = ast.Subscript(inside.value, index, ast.Store())
    size = EMPTY + target.size + len(ast.unparse(index))
    yield size, ast.AugAssign(stored, ast.Sub(), ONE)
    yield size + 1, ast.AugAssign(stored, ast.Add(), ONE)


def _entries(target: _Target, index: ast.expr) -> ast.Subscript | None:
    """Return the expression of a target's entries under an index, None where it has none."""
    if not isinstance(target.value, np.ndarray) or not target.value.ndim:
        return None
    inside = ast.Subscript(copy.deepcopy(target.node), index, ast.Load())
    inside.value.ctx = ast.Load()  # type: ignore[attr-defined]
    return inside


def _scattered(
    target: _Target, index: ast.expr, names: dict[str, Any], derivatives: list[Part]
) -> Iterator[tuple[int, ast.stmt]]:
    """Yield what stores a derivative in some entries of an array, or adds it there: np.add.at(dE, words, dh)."""
    inside = _entries(target, index)
    now = None if inside is None else value_in(inside, names)
    if inside is None or not isinstance(now, np.ndarray) or now.shape == target.value.shape:
        return
    stored = ast.Subscript(inside.value, index, ast.Store())
    length = len(ast.unparse(index))
    for part in derivatives:
        if np.shape(part.value) == now.shape:
            size = target.size + part.size + length
            yield size, ast.Assign([stored], made(part.node))
            yield size + 1, ast.AugAssign(stored, ast.Add(), made(part.node))
            if not np.shares_memory(now, target.value):  # entries chosen by numbers may come twice
                call = numpy_call("add", inside.value, index, part.node)
                call.func = ast.Attribute(call.func, "at", ast.Load())  # type: ignore[attr-defined]
                yield size + 2, ast.Expr(call)
