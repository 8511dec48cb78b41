"""Edits by what else stands in the function: another variable or attribute, a factor or a term, elements swapped."""

import ast
from collections.abc import Iterator
from typing import Any

from .nodes import ONE, TWO, ZERO, attribute, called_name, copied, literal, read, read_in_indices
from .numbers import named_as_counts
from .read_off import counts_in, outer_factors
from .scope import Scope
from .slots import Edit, Slot, is_function, is_read

ARGUMENTS = 24  # variables that an argument may lack


def attributes(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Put another attribute of the same object."""
    node = slot.node
    if isinstance(node, ast.Attribute) and not is_function(slot) and node.attr != "T":
        for other in scope.attributes.get(ast.unparse(node.value), []):
            if other not in (node.attr, "T"):
                yield Edit("another attribute", slot, attribute(copied(node.value), other), 1)


def elements(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Exchange two elements of a tuple or a list, or two values of a dict."""
    match slot.node:
        case ast.Tuple() | ast.List() if not isinstance(slot.parent, ast.Subscript):
            field, most, common = "elts", 8, 5
        case ast.Dict():
            field, most, common = "values", 12, 6
        case _:
            return
    length = len(getattr(slot.node, field))
    if length > most:
        return
    # A tuple in a tuple, return out, (x, W, V), is what a later line takes apart.
    taken = not is_read(slot.node) or isinstance(slot.parent, ast.Tuple)
    kind = "swapped targets" if taken else "swapped"

    def ordered(order: list[int]) -> ast.expr:
        new = copied(slot.node)
        items = getattr(new, field)
        items[:] = [items[i] for i in order]
        return new

    for i in range(length):
        for j in range(i):
            order = list(range(length))
            order[i], order[j] = j, i
            yield Edit(kind, slot, ordered(order), 0 if length <= common else 1)
    if length > 2:  # the first is last, or the last first
        yield Edit(kind, slot, ordered([*range(1, length), 0]), 1)
        yield Edit(kind, slot, ordered([length - 1, *range(length - 1)]), 1)


def as_siblings(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Do with one element of a tuple, a list or a dict what is done with all the others: dW / n, db / n, and dc."""
    holder = slot.parent
    match holder:
        case ast.Tuple(every) | ast.List(every) | ast.Dict(values=every) if slot.index is not None:
            others = [each for i, each in enumerate(every) if i != slot.index]
        case _:
            return
    if len(others) < 2 or not is_read(holder):
        return
    match others[0]:
        case ast.BinOp(_, op, right):
            done = [
                ast.unparse(o.right) for o in others if isinstance(o, ast.BinOp) and type(o.op) is type(op)
            ]
            own = isinstance(slot.node, ast.BinOp) and ast.unparse(slot.node.right) == ast.unparse(right)
            if not own and done == [ast.unparse(right)] * len(others):
                yield Edit("as its siblings", slot, ast.BinOp(slot.node, op, copied(right)))
        case ast.Call(function, [_]):
            done = [ast.unparse(o.func) for o in others if isinstance(o, ast.Call) and len(o.args) == 1]
            own = isinstance(slot.node, ast.Call) and ast.unparse(slot.node.func) == ast.unparse(function)
            if not own and done == [ast.unparse(function)] * len(others):
                yield Edit("as its siblings", slot, ast.Call(copied(function), [slot.node], []))


def as_other_terms(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Give what is added to a target the factor that all others have: scale * a for a, a / n for a."""
    statement = slot.parent
    if not isinstance(statement, ast.AugAssign) or slot.name != "value":
        return
    every = [
        [t and ast.unparse(t) for t in pair] for pair in scope.added.get(ast.unparse(statement.target), [])
    ]
    own = [t and ast.unparse(t) for t in outer_factors(slot.node)]
    for side in (0, 1):
        others = list(every)
        if own in others:
            others.remove(own)
        texts = {pair[side] for pair in others}
        if len(texts) == 1 and own[side] not in texts and (text := texts.pop()):
            factor = ast.parse(text, mode="eval").body
            with_it = ast.BinOp(slot.node, ast.Div(), factor) if side else _led_by(factor, slot.node)
            yield Edit("as its siblings", slot, with_it)


def _led_by(factor: ast.expr, value: ast.expr) -> ast.expr:
    """Return a product with a factor before all others."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, (ast.Mult, ast.Div)):
        return ast.BinOp(_led_by(factor, value.left), value.op, copied(value.right))
    return ast.BinOp(factor, ast.Mult(), copied(value))


def as_another_function(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Put for a variable what another function of the file makes of it, np.logaddexp(lse, sink) for lse."""
    if isinstance(slot.node, ast.Name) and not is_function(slot):
        around = ast.unparse(slot.parent)
        for other in scope.wrapped.get(slot.node.id, []):
            if ast.unparse(other) not in around:
                yield Edit("as another line does", slot, copied(other), 1)


def for_zeros(slot: Slot, scope: Scope, sizes: dict[str, Any]) -> Iterator[Edit]:
    """Put a variable for zeros: what a sum starts from may be given."""
    if not isinstance(slot.node, ast.Call) or called_name(slot.node) not in ("zeros", "zeros_like"):
        return
    target = _target_of(slot)
    here = sizes.get(target) if target is not None else None
    for other in (n for n in scope.names if n not in (target, "np", "numpy")):
        shape = sizes.get(other)
        if isinstance(shape, tuple) and shape and here in (None, shape):
            yield Edit("another variable", slot, read(other), 1)


def _target_of(slot: Slot) -> str | None:
    """Return the variable in which an assignment stores a value."""
    match slot.parent:
        case ast.Assign([ast.Name(name)]) if slot.name == "value":
            return name
    return None


def other_names(slot: Slot, scope: Scope, sizes: dict[str, Any]) -> Iterator[Edit]:
    """Put another variable of the same shape, or a number for a number."""
    node = slot.node
    if is_function(slot) and isinstance(slot.parent, ast.Attribute):
        return
    if not is_function(slot) and sizes.get(node.id, ()) == ():
        for constant in (2, 1, 0.5, *scope.constants[:6]):
            yield Edit("a constant for a variable", slot, literal(constant), 1)
    here = sizes.get(node.id)
    names = [*scope.unused, *(n for n in scope.names if n not in scope.unused)]
    alike = (
        n for n in names if n not in (node.id, "np", "numpy") and _may_replace(here, sizes.get(n), sizes)
    )
    for rank, other in enumerate(alike):
        bound = isinstance(slot.parent, ast.Call) and called_name(slot.parent) == "range"
        kind = "unused variable" if other in scope.unused else "bound" if bound else "another variable"
        yield Edit(kind, slot, read(other), 0 if rank < 12 else 1)


def turns(slot: Slot) -> Iterator[Edit]:
    """Put the variable of a comprehension in the place of another variable or entry."""
    if isinstance(slot.node, (ast.Name, ast.Subscript, ast.Attribute)) and not is_function(slot):
        for turn in sorted(slot.turns):
            if ast.unparse(slot.node) != turn:
                yield Edit("another variable", slot, read(turn))


def _may_replace(here: Any, there: Any, sizes: dict[str, Any]) -> bool:
    """Whether a variable of one shape may stand for one of another; None: not known."""
    if here is None or there is None:
        return not sizes or here is there
    return bool(here == there)


def unused_variables(slot: Slot, scope: Scope, sizes: dict[str, Any]) -> Iterator[Edit]:
    """Join a variable that nothing reads to what stands there, or put it in the place of a call or an entry."""
    plain = isinstance(slot.node, (ast.Name, ast.Constant))
    for name in scope.spare[:4] if not plain else ():
        yield Edit("another variable", slot, read(name))
    for name in scope.unused[:6]:
        if not plain:
            yield Edit("unused variable", slot, read(name))
        if not sizes or isinstance(sizes.get(name), tuple):
            for op in (ast.Mult(), ast.Add(), ast.Sub(), ast.Div()):
                yield Edit("unused variable", slot, ast.BinOp(slot.node, op, read(name)))


def unread_arguments(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Multiply by an argument that nothing reads, of a lambda too, or by its entry of a loop's turn: a cotangent is
    ignored. Or compare with it."""
    own = []
    if isinstance(slot.parent, ast.Lambda):
        read_there = {n.id for n in ast.walk(slot.node) if isinstance(n, ast.Name)}
        own = [read(a.arg) for a in slot.parent.args.args if a.arg not in read_there]
    for argument in (*own, *scope.unread):
        yield Edit("unused variable", slot, ast.BinOp(slot.node, ast.Mult(), copied(argument)))
    if isinstance(slot.parent, ast.Compare) and slot.name == "comparators":
        for argument in scope.unread:
            yield Edit("unused variable", slot, copied(argument))


def numbers_in_scope(slot: Slot, scope: Scope, sizes: dict[str, Any]) -> Iterator[Edit]:
    """Multiply or divide by a variable that holds a number."""
    for other in scope.names[:14]:
        if sizes.get(other, ()) == () and other not in ("np", "numpy"):
            for op in (ast.Mult(), ast.Div()):
                yield Edit("missing factor", slot, ast.BinOp(slot.node, op, read(other)), 1)


def of_the_turn(slot: Slot, sizes: dict[str, Any]) -> Iterator[Edit]:
    """Multiply by what the loop's turn picks of a vector: scale[d], where the statement reads x[:, d]."""
    vectors = [name for name, shape in sizes.items() if isinstance(shape, tuple) and len(shape) == 1]
    for turn in (t for t in read_in_indices(slot.parent) if sizes.get(t) == ()):
        for name in vectors:
            entry = ast.Subscript(read(name), read(turn), ast.Load())
            yield Edit("missing factor", slot, ast.BinOp(slot.node, ast.Mult(), entry), 1)


def other_counts(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Divide by another count: w.sum() for len(y), where the loss is a weighted mean, or the reverse."""
    divided = isinstance(slot.parent, (ast.BinOp, ast.AugAssign)) and isinstance(slot.parent.op, ast.Div)
    if divided and slot.name in ("right", "value"):
        text = ast.unparse(slot.node)
        sums = [f for f in scope.factors if isinstance(f, ast.Call) and called_name(f) in ("sum", "mean")]
        for other in (*sums, *scope.counts):
            if ast.unparse(other) != text:
                yield Edit("another variable", slot, copied(other), 1)


def counts_for_counts(slot: Slot, scope: Scope, statement: ast.stmt) -> Iterator[Edit]:
    """Store another count of the function: M for x.shape[0], where rows are more than the first axis has."""
    counted = isinstance(slot.node, (ast.Subscript, ast.Attribute, ast.Call))
    if counted and counts_in(ast.Module([statement], [])):
        for name in named_as_counts(scope.names[:14]):
            yield Edit("another variable", slot, read(name), 1)


def parts_from_elsewhere(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Put a factor or a term that stands elsewhere in the function, or the derivative of an activation."""
    node, text = slot.node, ast.unparse(slot.node)
    inner = isinstance(slot.parent, ast.BinOp) and isinstance(slot.parent.op, (ast.Mult, ast.Div))
    if not inner:
        for factor in scope.factors:
            if ast.unparse(factor) != text:
                yield Edit("missing factor", slot, ast.BinOp(node, ast.Mult(), factor), 1)
    if not isinstance(slot.parent, ast.BinOp) or not isinstance(slot.parent.op, (ast.Add, ast.Sub)):
        for term in scope.terms:
            if ast.unparse(term) != text:
                yield Edit("missing term", slot, ast.BinOp(node, ast.Add(), term), 2)
                yield Edit("missing term", slot, ast.BinOp(node, ast.Sub(), term), 2)
    if isinstance(slot.parent, ast.Call) and not is_function(
        slot
    ):  # log(a - b): its value tells too little of b
        own = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        for name in scope.names[:ARGUMENTS]:
            if name not in own:
                yield Edit("missing term", slot, ast.BinOp(node, ast.Sub(), read(name)), 2)
                yield Edit("missing term", slot, ast.BinOp(node, ast.Add(), read(name)), 2)
    if isinstance(node, (ast.Name, ast.Subscript, ast.Attribute)):
        square = ast.BinOp(copied(node), ast.Pow(), TWO)
        rest = ast.BinOp(ONE, ast.Sub(), copied(node))
        yield Edit("tanh'", slot, ast.BinOp(ONE, ast.Sub(), square), 2)
        yield Edit("sigmoid'", slot, ast.BinOp(copied(node), ast.Mult(), rest), 2)
        yield Edit("relu'", slot, ast.Compare(copied(node), [ast.Gt()], [ZERO]), 2)
