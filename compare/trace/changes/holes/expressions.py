"""Put expressions into the places of a value: alone, as a factor or a term, and a multiple of an array."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from ...lines.vouching import Known, Vouched
from ..edits.nodes import ONE, TWO, attribute, binary, called, made, numpy_call, read
from ..edits.scope import Scope
from ..edits.slots import Edit, Slot, placed, slots_under
from ..frames import compiled_expression, evaluated, value_in
from .combined import differences, helped, pairs_of, singles, spread, through_norms
from .parts import ATOMS, Part
from .right import Right, fits

MOST_FACTORS = 60  # of which products are made
SPREAD = 24  # arrays that are repeated along an axis
STRICT = 8  # places that are filled where just one value is right
HOLE = "__hole__"  # the name that stands in a place while values are tried there


@dataclass(slots=True)
class _Hole:
    """A place of a value, and what is right there.

    slot: the place.  here: what the place holds now.  shapes: of what may stand there alone.  code: computes
    the value from what stands in the place; None where the place is that of the whole value.
    """

    slot: Slot
    here: Any
    shapes: set[tuple[int, ...]]
    names: dict[str, Any]
    right: Right
    code: Any

    def accepts(self, new: Any) -> bool:
        """Whether the value is right with another one in the place."""
        if self.code is None:
            return self.right(new)
        self.names[HOLE] = new
        try:
            value = evaluated(self.code, self.names)
        except Exception:
            return False
        return self.right(value)


def _hole(slot: Slot, root: Slot, names: dict[str, Any], right: Right) -> _Hole | None:
    """Return the hole of a place, or None where the place holds no numbers or the rest cannot be compiled."""
    here = value_in(slot.node, names)
    if not isinstance(here, (int, float, np.ndarray, np.generic)) or np.asarray(here).dtype.kind not in "fiu":
        return None
    shapes = {np.shape(here)}
    # Where a number or a mean stands an array may be meant.
    if isinstance(right.now, np.ndarray) and fits(np.shape(here), right.now.shape):
        shapes.add(right.now.shape)
    if slot.node is root.node:
        shapes |= right.shapes  # 1 / m under the name of an array: its other factor is missing
        if isinstance(right.now, np.ndarray):
            shapes.add(right.now.T.shape)
        return _Hole(slot, here, shapes, names, right, None)
    slot.put(placed(read(HOLE)))
    code = compiled_expression(root.node)
    slot.put(slot.node)
    return None if code is None else _Hole(slot, here, shapes, names, right, code)


def filled(
    root: Slot, names: dict[str, Any], parts: list[Part], right: Right, deep: bool, helpers: list[str]
) -> Iterator[tuple[int, Edit]]:
    """Put parts, and simple expressions of them, into each place under the root, alone or beside what stands there.

    deep: False: into the root's own place.  Yields (size, edit).
    """
    if right.strict:
        simple, slots = parts[:ATOMS], slots_under(root)[:STRICT]
    else:
        simple = [
            *singles(parts, np.ndim(right.now) if isinstance(right.now, np.ndarray) else 0),
            *helped(parts, helpers, names),
            *through_norms(parts),
        ]
        slots = slots_under(root)[:16] if deep else [root]
    for slot in slots:
        hole = _hole(slot, root, names, right)
        if hole is None:
            continue
        constant = isinstance(slot.node, ast.Constant)
        few = constant or right.strict
        pairs = [] if few else [p for p in pairs_of(parts, hole.shapes) if np.shape(p.value) in hole.shapes]
        if hole.code is None:
            yield from _counted(hole, parts)
        # It may be a mean of the array that is meant.
        number = (hole.code is not None or constant) and np.ndim(hole.here) == 0
        for part in (*simple, *pairs):
            if (number or np.shape(part.value) in hole.shapes) and hole.accepts(part.value):
                yield 40 + part.size, Edit("expression", slot, made(part.node), 1)
        if constant:
            continue
        yield from _beside(hole, simple)
        if not few and (hole.code is None or isinstance(slot.node, ast.Name)):
            yield from _scaled(hole, differences(parts))
        yield from _with_pairs(hole, pairs)


def _less(here: Any, other: Any) -> Any:
    return np.subtract(other, here)


BESIDE = (
    ("missing factor", np.multiply, ast.Mult()),
    ("missing factor", np.true_divide, ast.Div()),
    ("missing term", np.add, ast.Add()),
    ("missing term", np.subtract, ast.Sub()),
    ("missing term", _less, ast.Sub()),
)


def _beside(hole: _Hole, simple: list[Part]) -> Iterator[tuple[int, Edit]]:
    """Yield a part as a factor, a divisor or a term beside what stands in the place."""
    here, shape = hole.here, np.shape(hole.here)
    for part in simple:
        other = part.value
        wider = hole.code is None or np.shape(other) in hole.shapes
        both = 1 in shape and hole.code is None  # each has axes of its own: q[:, :, None] * k[:, None, :]
        if not (fits(np.shape(other), shape) or (wider and fits(shape, np.shape(other)))) and not both:
            continue
        for kind, function, op in (
            BESIDE[:1] if np.asarray(other).dtype.kind == "b" else BESIDE
        ):  # of a mask a product
            try:
                new = function(here, other)
            except Exception:
                continue
            if hole.accepts(new):
                left, right = hole.slot.node, part.node
                if function is _less:
                    left, right = right, left
                yield 20 + part.size, Edit(kind, hole.slot, binary(left, op, right), 1)


def _scaled(hole: _Hole, scales: Iterable[Part]) -> Iterator[tuple[int, Edit]]:
    """Yield what stands in the place times a difference or a quotient."""
    for part in scales:
        if fits(np.shape(part.value), np.shape(hole.here)) and hole.accepts(hole.here * part.value):
            product = binary(hole.slot.node, ast.Mult(), part.node)
            yield 30 + part.size, Edit("missing factor", hole.slot, product, 1)


def _with_pairs(hole: _Hole, pairs: list[Part]) -> Iterator[tuple[int, Edit]]:
    """Yield what stands in the place plus or minus a product or a difference, the latter minus the former, and a
    number times one."""
    for part in pairs:
        if np.ndim(part.value) and not np.ndim(hole.here) and hole.accepts(hole.here * part.value):
            product = binary(hole.slot.node, ast.Mult(), part.node)
            yield 30 + part.size, Edit("missing factor", hole.slot, product, 1)
        if np.shape(part.value) != np.shape(hole.here) or np.asarray(part.value).dtype.kind != "f":
            continue
        here, node = hole.slot.node, part.node
        for left, op, right, new in (
            (here, ast.Add(), node, hole.here + part.value),
            (here, ast.Sub(), node, hole.here - part.value),
            (node, ast.Sub(), here, part.value - hole.here),
        ):
            if hole.accepts(new):
                yield 30 + part.size, Edit("missing term", hole.slot, binary(left, op, right), 1)


def multiples(
    root: Slot, names: dict[str, Any], parts: list[Part], right: Right, scope: Scope
) -> Iterator[tuple[int, Edit]]:
    """Yield a missing multiple of an array in scope, as a penalty's gradient is, and another multiple of a term."""
    factors = _factors(parts, scope)
    for slot in _terms(root):
        hole = _hole(slot, root, names, right)
        for value, node in factors if hole is not None and np.asarray(hole.here).dtype.kind == "f" else ():
            if value not in (0, 1) and hole is not None and hole.accepts(value * hole.here):
                product = binary(node, ast.Mult(), slot.node)
                yield len(ast.unparse(node)), Edit("missing factor", slot, product, 1)
    here = value_in(root.node, names)
    here = here if right.total is None else right.total(here)
    for size, op, term in missing_terms(here, parts, right.vouched, scope, right.meant):
        yield size, Edit("missing term", root, binary(root.node, op, term), 1)
    if right.total is None and isinstance(
        here, (np.ndarray, np.floating, float)
    ):  # x - y, of which the x is missing
        for size, op, term in missing_terms(np.negative(here), parts, right.vouched, scope, right.meant):
            if isinstance(op, ast.Add):
                yield size, Edit("missing term", root, binary(term, ast.Sub(), root.node), 1)


def _terms(root: Slot) -> list[Slot]:
    """Return the places of the terms of a sum; of another expression none."""
    found, queue = list[Slot](), [root]
    while queue:
        slot = queue.pop()
        if isinstance(slot.node, ast.BinOp) and isinstance(slot.node.op, (ast.Add, ast.Sub)):
            queue += [Slot(slot.node, side, None, getattr(slot.node, side)) for side in ("left", "right")]
        elif slot is not root:
            found.append(slot)
    return found


def missing_terms(
    here: Any, parts: list[Part], vouched: Vouched, scope: Scope, meant: Known | None = None
) -> Iterator[tuple[int, ast.operator, Any]]:
    """Yield the multiples of arrays in scope that a value lacks to be a derivative of the loss: (size, sign, term).

    The factor is fitted, and taken only where it is one of the numbers of the function, twice or half of it, or a
    product of three of them: 2 * RATE * dev / n.  meant: further arrays that the value may be meant to be.
    """
    if not isinstance(here, (np.ndarray, np.floating, float)) or np.asarray(here).dtype.kind != "f":
        return
    factors = _factors(parts, scope)
    mine = np.asarray(here, np.float64)
    arrays = [
        p
        for p in parts
        if np.shape(p.value) == mine.shape and np.asarray(p.value).dtype.kind == "f" and p.size <= 24
    ][:24]
    if isinstance(here, np.ndarray):
        arrays += islice(spread(parts, mine.shape), SPREAD)
        arrays += [p for p in pairs_of(parts, {mine.shape}) if np.shape(p.value) == mine.shape][:200]
    if not arrays:
        return
    others = np.reshape([np.asarray(p.value, np.float64) for p in arrays], (len(arrays), -1))
    squares = np.einsum("ij,ij->i", others, others)
    scales = (1.0, *vouched.common[:3])
    wanted = [(k, 1.0) for k in (meant.of_size(mine.size) if meant is not None else ())]
    products: Products | None = None
    for known, scale in (*wanted, *((k, c) for k in vouched.known.of_size(mine.size) for c in scales)):
        if known.shape != mine.shape:
            continue
        missing = (scale * known - mine).ravel()
        square, whole = float(missing.dot(missing)), float(np.vdot(known, known))
        if (
            not square > 1e-24 * whole or not scale * scale * whole > 1e-18 * square
        ):  # what is left of it is rounding
            continue
        dots = others @ missing
        # An array of which a multiple is missing lies in the direction of what is missing, but for rounding.
        along = (squares > 0) & (dots**2 >= (1 - 1e-12) * squares * square)
        for i in np.flatnonzero(along):
            part, other, c = arrays[i], others[i], float(dots[i] / squares[i])
            if c == 0 or not np.linalg.norm(missing - c * other) <= 1e-9 * np.sqrt(square):
                continue
            products = products or Products(factors)
            for value, node in (*factors, *products.of(c)):
                if abs(abs(c) - abs(value)) <= 1e-9 * abs(c):
                    op = ast.Add() if c * value > 0 else ast.Sub()
                    yield (
                        10 + part.size,
                        op,
                        part.node if node is ONE else partial(_times, node, part.node),
                    )
                    break


def _times(factor: Any, node: Any) -> ast.expr:
    """Return the expression factor * node, and node / r for 1 / r."""
    if isinstance(factor, ast.BinOp) and isinstance(factor.op, ast.Div) and factor.left is ONE:
        return binary(node, ast.Div(), factor.right)
    return binary(factor, ast.Mult(), node)


class Products:
    """Products and quotients of two of the factors, found by their size."""

    def __init__(self, factors: list[tuple[float, Any]]) -> None:
        self.factors = factors[:MOST_FACTORS]
        sizes = np.log(np.abs([value for value, _ in self.factors]))
        self.made = {ast.Mult: sizes[:, None] + sizes, ast.Div: sizes[:, None] - sizes}

    def of(self, wanted: float) -> Iterator[tuple[float, Any]]:
        """Yield (value, expression) of those of the size of a number."""
        for op, sizes in self.made.items():
            for i, j in np.argwhere(np.abs(sizes - np.log(abs(wanted))) <= 1e-9):
                (x, a), (y, b) = self.factors[i], self.factors[j]
                yield x * y if op is ast.Mult else x / y, binary(a, op(), b)


def _factors(parts: list[Part], scope: Scope) -> list[tuple[float, Any]]:
    """Return 1, 2, the numbers of the function and of its scope, and twice and half of these."""
    numbers: list[tuple[float, Any]] = [(float(c), ast.Constant(c)) for c in scope.constants if c]
    for part in parts:
        number = isinstance(part.value, (int, float, np.floating)) and not isinstance(part.value, bool)
        if number and part.value:
            numbers.append((float(part.value), part.node))
    factors: list[tuple[float, Any]] = [(1.0, ONE), (2.0, TWO)]
    for value, node in numbers[:24]:
        if value > 1 and value.is_integer() and not isinstance(node, (ast.Constant, ast.BinOp)):  # a count
            factors.append((1 / value, binary(ONE, ast.Div(), node)))
            factors.append((2 / value, binary(TWO, ast.Div(), node)))
        factors.append((value, node))
        factors.append((2 * value, binary(TWO, ast.Mult(), node)))
        factors.append((value / 2, binary(node, ast.Div(), TWO)))
    return factors


def _counted(hole: _Hole, parts: list[Part]) -> Iterator[tuple[int, Edit]]:
    """Yield factors of the whole value that are sizes of arrays in scope, or their roots, and of 2."""
    if np.asarray(hole.here).dtype.kind != "f":
        return
    sizes: dict[float, Any] = {}
    for part in parts:
        if isinstance(part.value, np.ndarray) and part.value.ndim and part.size <= 12:
            sizes.setdefault(float(part.value.size), attribute(part.node, "size"))
            sizes.setdefault(float(len(part.value)), called("len", part.node))
            for axis, count in enumerate(part.value.shape):  # attention divides by the root of a width
                width = ast.Subscript(attribute(part.node, "shape"), ast.Constant(axis), ast.Load())
                sizes.setdefault(float(np.sqrt(count)), numpy_call("sqrt", width))
    whole = hole.slot.node
    for size, node in list(sizes.items())[:24]:
        for factor, base in (
            (1.0, whole),
            (2.0, binary(whole, ast.Mult(), TWO)),
            (0.5, binary(whole, ast.Div(), TWO)),
        ):
            for op, value in (
                (ast.Div(), hole.here * factor / size),
                (ast.Mult(), hole.here * factor * size),
            ):
                if size > 1 and hole.right(value):
                    yield 12, Edit("factor N", hole.slot, binary(base, op, node), 1)
