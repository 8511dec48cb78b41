"""Edits of subscripts: another index, another bound of a slice, another key."""

import ast
from collections.abc import Iterator

from .nodes import copied, literal, shifted
from .scope import Scope
from .slots import Edit, Slot


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
