"""Edits by numbers and functions: another constant, a missing factor N or 2, a missing sum, mean, square or call."""

import ast
from collections.abc import Iterator
from typing import Any

from .nodes import ONE, TWO, called, copied, literal, numpy_call, read
from .scope import Scope
from .slots import Edit, Slot, is_numeric

OTHER_FACTORS = (-0.5, -2, 3, 4)
COUNTS = {"batch", "batch_size", "size", "count", "num", "num_train", "n_samples", "len", "T"}
SUMMED: tuple[dict[str, Any], ...] = (
    {}, {"axis": 0}, {"axis": 1}, {"axis": 0, "keepdims": True}, {"axis": 1, "keepdims": True},
    {"axis": -1, "keepdims": True},
)  # fmt: skip


def constants(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Exchange a number for one near it, a common one or another of the function; exchange True and False."""
    if not isinstance(slot.node, ast.Constant):
        return
    value = slot.node.value
    if isinstance(value, bool):
        yield Edit("constant", slot, ast.Constant(not value))
        return
    if isinstance(slot.parent, ast.Slice) or not isinstance(value, (int, float)):
        return
    within = slot.parent.op if isinstance(slot.parent, ast.BinOp) else None
    near = (value + 1, value - 1) if isinstance(value, int) else ()
    common = (1, 2, 0.5, 0, 3, -1, -value, 2 * value, value / 2, 4, 0.25, 1.5)
    derived = (1 - value, value * value, 10 * value, value / 10)
    tried: list[Any] = [value]
    for other in (*near, *common, *derived, *scope.constants):
        if other == -value and isinstance(within, (ast.Mult, ast.Div)):
            continue  # the sign of the product, or the operator, says it better
        if other not in tried and len(tried) < 30:
            tried.append(other)
            likely = len(tried) < 9 or other in scope.constants
            idle = other == 1 and isinstance(within, (ast.Mult, ast.Div, ast.Pow))
            close = isinstance(value, int) and abs(other - value) <= 1
            slip = close or other in (2 * value, value / 2, -value, 0.5) or other in scope.constants
            kind = "needless constant" if idle else "constant" if slip else "another constant"
            yield Edit(kind, slot, literal(other), 0 if likely else 1)


def factors(slot: Slot, scope: Scope, sizes: dict[str, Any]) -> Iterator[Edit]:
    """Put a factor of N, 2 or 1/2, 1 - x for x, a power, a sum, or the call of a function."""
    node = slot.node
    if not is_numeric(slot) or (isinstance(node, ast.Constant) and not isinstance(slot.parent, ast.BinOp)):
        return
    whole = not isinstance(slot.parent, ast.BinOp) or isinstance(slot.parent.op, (ast.Add, ast.Sub))
    tier = 0 if whole else 2
    yield Edit("factor 2", slot, ast.BinOp(TWO, ast.Mult(), copied(node)), tier)
    yield Edit("factor 1/2", slot, ast.BinOp(ast.Constant(0.5), ast.Mult(), copied(node)), tier)
    for number in OTHER_FACTORS if whole else ():
        kind = _kind_of(number, scope, sizes)
        yield Edit(kind, slot, ast.BinOp(literal(number), ast.Mult(), copied(node)), 1)
    for number in (3, 4) if whole else ():
        kind = _kind_of(number, scope, sizes)
        yield Edit(kind, slot, ast.BinOp(copied(node), ast.Div(), ast.Constant(number)), 1)
    for count in [*scope.counts, *(read(n) for n in named_as_counts(scope.names))]:
        yield Edit("factor 1/N", slot, ast.BinOp(node, ast.Div(), count), tier)
        yield Edit("factor N", slot, ast.BinOp(node, ast.Mult(), count), tier)
    if not isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp, ast.UnaryOp)):
        return
    simple = 1 if not isinstance(node, ast.BinOp) or isinstance(node.op, ast.Pow) else 2
    yield Edit("1 - x for x", slot, ast.BinOp(ONE, ast.Sub(), copied(node)), simple)
    if isinstance(node, ast.BinOp) and not whole:  # c * (1 + 3 * u ** 2)
        yield Edit("missing term", slot, ast.BinOp(ONE, ast.Add(), copied(node)), 2)
    yield Edit("square", slot, ast.BinOp(copied(node), ast.Pow(), TWO), simple)
    yield Edit("cube", slot, ast.BinOp(copied(node), ast.Pow(), ast.Constant(3)), 2)
    yield Edit("reciprocal", slot, ast.BinOp(ONE, ast.Div(), copied(node)), 2)
    reduced = isinstance(slot.parent, ast.Call) and any(k.arg == "axis" for k in slot.parent.keywords)
    for words in () if reduced else SUMMED:  # of what a sum or a mean is taken anyway, nobody forgets another
        yield Edit("missing sum", slot, numpy_call("sum", node, **words), simple)
        if scope.means:
            yield Edit("missing mean", slot, numpy_call("mean", node, **words), simple)
    for helper in scope.helpers:
        yield Edit("missing call", slot, called(helper, node), 1)
    for function in ("sqrt", "exp", "log", "tanh", "abs"):
        yield Edit("missing call", slot, numpy_call(function, copied(node)), simple if whole else 2)


def named_as_counts(names: list[str]) -> list[str]:
    """Return the variables that may hold a count by their names."""
    return [n for n in names if len(n) <= 2 or n in COUNTS]


def _kind_of(number: float, scope: Scope, sizes: dict[str, Any]) -> str:
    """Return the kind of a factor: a number that the function lacks and an array's axis has is that count."""
    axes = {each for shape in sizes.values() if isinstance(shape, tuple) for each in shape}
    return "factor of a count" if number in axes and number not in scope.constants else "factor"
