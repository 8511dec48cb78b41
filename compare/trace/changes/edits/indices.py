"""Edits of subscripts: another index, another bound of a slice, another key."""

import ast
from collections.abc import Callable, Iterator
from typing import Any

from .nodes import binary, copied, literal, read, shifted
from .scope import Scope
from .slots import Edit, Slot

ENTRIES = 8  # that are read elsewhere, of an array, each of which may be meant


def of_target(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Exchange the index or the key into which a statement stores."""
    if isinstance(slot.node, ast.Subscript):
        yield from _other_keys(slot.node, scope, 1)
        yield from _other_indices(Slot(slot.node, "slice", None, slot.node.slice))


def indices(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Exchange the index or the key of a subscript, or take the subscript away."""
    node = slot.node
    if isinstance(node, ast.Subscript):
        yield from _other_indices(Slot(node, "slice", None, node.slice))
        yield from _other_keys(node, scope, 0)
        for entry in scope.entries.get(ast.unparse(node.value), ())[:ENTRIES]:
            if ast.unparse(entry) != ast.unparse(node):
                yield Edit("another variable", slot, copied(entry), 1)
        yield Edit("index dropped", slot, node.value, 1)


def _other_keys(node: ast.Subscript, scope: Scope, tier: int) -> Iterator[Edit]:
    """Put other keys of the same object, of the same type: grads["b1"] for grads["b2"]."""
    if isinstance(node.slice, ast.Constant):
        for key in scope.keys.get(ast.unparse(node.value), []):
            if key != node.slice.value and type(key) is type(node.slice.value):
                yield Edit("another key", Slot(node, "slice", None, node.slice), ast.Constant(key), tier)


def _other_indices(slot: Slot) -> Iterator[Edit]:
    match slot.node:
        case ast.Tuple(elts):
            for i, each in enumerate(elts):
                yield from _other_indices(Slot(slot.node, "elts", i, each))
            if len(elts) == 2:
                yield Edit("index", slot, ast.Tuple(elts[::-1], ast.Load()), 1)
        case ast.Slice():
            yield from _other_slices(slot)
        case ast.Constant(int(value)) if not isinstance(value, bool):
            for step in (1, -1):
                yield Edit("index", slot, literal(value + step))
        case ast.Name() | ast.BinOp() | ast.UnaryOp():
            for step in (1, -1, 2, -2):
                yield Edit("index", slot, shifted(slot.node, step))


def _other_slices(slot: Slot) -> Iterator[Edit]:
    """Shift a bound of a slice by one, take it away, put it on the other side, or reverse the slice."""
    node: ast.Slice = slot.node

    def with_bound(name: str, bound: ast.expr | None) -> ast.Slice:
        new = copied(node)
        setattr(new, name, bound)
        return new

    for name, opposite in (("lower", "upper"), ("upper", "lower")):
        bound = getattr(node, name)
        if bound is not None:
            for step in (1, -1):
                yield Edit("slice", slot, with_bound(name, shifted(bound, step)))
            yield Edit("slice", slot, with_bound(name, None), 1)
            yield Edit("slice", slot, ast.Slice(**{opposite: copied(bound)}))  # a[:H] for a[H:]
    if node.lower is None:
        yield Edit("slice", slot, with_bound("lower", ast.Constant(1)))
    if node.upper is None:
        yield Edit("slice", slot, with_bound("upper", literal(-1)))
    if node.step is None and node.lower is None and node.upper is None:
        yield Edit("slice", slot, ast.Slice(None, None, literal(-1)), 1)
    elif node.step is not None:
        yield Edit("slice", slot, ast.Slice(copied(node.lower), copied(node.upper), None), 1)


def windows(slot: Slot, scope: Scope, sizes: dict[str, Any]) -> Iterator[Edit]:
    """Cut another window out of an array, the same along each axis that is cut: [:, p:-p, p:-p] for [:, :h, :w]."""
    index = slot.node.slice if isinstance(slot.node, ast.Subscript) else None
    elements = index.elts if isinstance(index, ast.Tuple) else [index]
    if not any(_crops(each) for each in elements):
        return
    margins = [read(n) for n in scope.names if sizes.get(n) == ()] + [literal(1), literal(2)]
    for margin in margins:
        for make in (_framed, _moved, _behind, _before):
            new = [_cut(each, margin, make) for each in elements]
            whole = ast.Tuple(new, ast.Load()) if isinstance(index, ast.Tuple) else new[0]
            yield Edit("slice", Slot(slot.node, "slice", None, index), whole, 1)


def _cut(each: Any, margin: ast.expr, make: Callable[[ast.Slice, ast.expr], ast.Slice]) -> ast.expr:
    """Return another slice in place of one that cuts something off, what else stands there as it is."""
    return make(each, margin) if _crops(each) else copied(each)


def _crops(each: Any) -> bool:
    """Whether a slice cuts something off at an end; the windows of a loop have two bounds, i:i + k."""
    if not isinstance(each, ast.Slice) or each.step:
        return False
    return (each.lower is None) != (each.upper is None) or isinstance(each.upper, ast.UnaryOp)


def _framed(each: ast.Slice, margin: ast.expr) -> ast.Slice:
    return ast.Slice(margin, ast.UnaryOp(ast.USub(), margin))


def _moved(each: ast.Slice, margin: ast.expr) -> ast.Slice:
    lower = margin if each.lower is None else binary(each.lower, ast.Add(), margin)
    return ast.Slice(lower, each.upper and binary(each.upper, ast.Add(), margin))


def _behind(each: ast.Slice, margin: ast.expr) -> ast.Slice:
    return ast.Slice(margin)


def _before(each: ast.Slice, margin: ast.expr) -> ast.Slice:
    return ast.Slice(None, ast.UnaryOp(ast.USub(), margin))
