"""The small edits of a statement that undo a mistake of one line, simplest first."""

import ast
from collections.abc import Callable, Iterator
from typing import Any

from . import rearranged
from .calls import calls
from .indices import indices, of_target, windows
from .names import (
    as_another_function,
    as_other_terms,
    as_siblings,
    attributes,
    counts_for_counts,
    elements,
    for_zeros,
    numbers_in_scope,
    of_the_turn,
    other_counts,
    other_names,
    parts_from_elsewhere,
    turns,
    unread_arguments,
    unused_variables,
)
from .numbers import constants, factors
from .operators import operators, signs, transposes, transposes_of_stacks
from .scope import Scope
from .slots import Edit, Slot, is_numeric, is_read, sizes_in, slots
from .statements import (
    all_but_the_first,
    as_other_branch,
    conditions,
    indices_exchanged,
    other_operation,
    whole_statements,
)

MAKERS: tuple[Callable[[Slot, Scope], Iterator[Edit]], ...] = (
    signs, operators, transposes, calls, indices, constants, attributes, elements, as_siblings, as_other_terms,
)  # fmt: skip


def edits(place: Slot, scope: Scope, sizes: dict[str, Any]) -> Iterator[Edit]:
    """Yield the edits of the statement that stands in `place`.

    sizes: {name: shape of its value there}, of variables whose value is known; another variable is put in only where
    the shapes are equal.
    """
    statement = place.node
    places = slots(statement)
    yield from other_operation(statement)
    yield from whole_statements(place)
    yield from all_but_the_first(place, sizes)
    yield from indices_exchanged(place)
    yield from as_other_branch(place)
    yield from conditions(statement, scope)
    for slot in places:
        for make in MAKERS if is_read(slot.node) else (of_target, elements):
            yield from make(slot, scope)
        if is_read(slot.node):
            yield from factors(slot, scope, sizes)
    value = getattr(statement, "value", None)
    if isinstance(value, ast.expr):
        whole = Slot(statement, "value", None, value)
        for new in rearranged.exchanged(value, sizes):
            yield Edit("exchanged", whole, new)
        for new in rearranged.renamed(value, sizes):
            yield Edit("another variable", whole, new)
        for new in rearranged.transposed(value, sizes):
            yield Edit("transpose", whole, new)
        yield from of_the_turn(whole, sizes)
    places = [slot for slot in places if is_read(slot.node)]
    counts = sizes_in(statement)
    numeric = [slot for slot in places if is_numeric(slot)]
    arrays = [slot for slot in numeric if id(slot.node) not in counts]
    for slot in arrays:
        yield from transposes_of_stacks(slot, sizes)
        yield from unused_variables(slot, scope, sizes)
        yield from unread_arguments(slot, scope)
        yield from for_zeros(slot, scope, sizes)
    for slot in numeric:
        yield from _other_parentheses(slot, sizes)
        yield from other_counts(slot, scope)
    if isinstance(value, ast.expr):
        yield from counts_for_counts(whole, scope, statement)
    for slot in places:
        yield from windows(slot, scope, sizes)
        yield from turns(slot)
        if isinstance(slot.node, ast.Name):
            yield from other_names(slot, scope, sizes)
    for slot in arrays:
        yield from as_another_function(slot, scope)
    for slot in numeric:
        if isinstance(slot.node, (ast.Name, ast.Subscript, ast.Attribute, ast.Call)):
            yield from numbers_in_scope(slot, scope, sizes)
    for slot in arrays:
        if not isinstance(slot.node, ast.Constant):
            yield from parts_from_elsewhere(slot, scope)


def _other_parentheses(slot: Slot, sizes: dict[str, Any]) -> Iterator[Edit]:
    for new in (*rearranged.outside(slot.node), *rearranged.inside(slot.node)):
        yield Edit("parentheses", slot, new)
    exponent = (
        isinstance(slot.parent, ast.BinOp) and isinstance(slot.parent.op, ast.Pow) and slot.name == "right"
    )
    for new in rearranged.off_by_one(slot.node, sizes):
        yield Edit("off by one", slot, new, 0 if exponent else 1)
