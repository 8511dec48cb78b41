"""Edits of operators: another operator, operands in another order, a sign, a comparison, a transpose."""

import ast
from collections.abc import Iterator
from typing import Any

from .nodes import ONE, attribute, binary, copied, literal
from .scope import Scope
from .slots import Edit, Slot, is_numeric

# What each operator is taken for.
OPPOSITE: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Div, ast.Add, ast.MatMult, ast.Sub),
    ast.Div: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Pow: (ast.Mult, ast.Div),
    ast.Mod: (ast.FloorDiv,),
}


COMPARED: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.GtE, ast.Gt, ast.LtE),
    ast.LtE: (ast.Gt, ast.Lt, ast.GtE),
    ast.Gt: (ast.LtE, ast.Lt, ast.GtE),
    ast.GtE: (ast.Lt, ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}


def signs(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Put a minus sign, or take a sign or a `not` away."""
    node = slot.node
    if isinstance(node, ast.UnaryOp):
        yield Edit("sign" if isinstance(node.op, ast.USub) else "negation", slot, node.operand)
        if isinstance(node.op, ast.USub) and is_numeric(slot):
            yield Edit("missing term", slot, binary(ONE, ast.Sub(), node.operand))  # 1 - a ** 2 for -a ** 2
    elif isinstance(slot.parent, ast.BinOp) and (
        isinstance(slot.parent.op, (ast.Mult, ast.Div, ast.MatMult)) or slot.name == "right"
    ):
        return  # the sign of the product, or the operator, says it better
    elif is_numeric(slot) and not isinstance(node, ast.Constant):
        yield Edit("sign", slot, ast.UnaryOp(ast.USub(), copied(node)))


def operators(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Exchange an operator, its operands or a comparison, or take an operand away."""
    node = slot.node
    if isinstance(node, ast.BinOp):
        for op in OPPOSITE.get(type(node.op), ()):
            yield Edit("operator", slot, ast.BinOp(node.left, op(), node.right))
        yield Edit("dropped", slot, node.left)
        yield Edit("dropped", slot, node.right)
        if isinstance(node.op, (ast.MatMult, ast.Sub, ast.Div)):
            yield Edit("swapped operands", slot, ast.BinOp(node.right, node.op, node.left))
        for side in ("left", "right"):
            inner = getattr(node, side)
            if isinstance(inner, ast.BinOp):  # (a . b) : c  for  a . (b : c)
                if side == "left":
                    new = ast.BinOp(
                        inner.left, inner.op, ast.BinOp(copied(inner.right), node.op, copied(node.right))
                    )
                else:
                    new = ast.BinOp(
                        ast.BinOp(copied(node.left), node.op, copied(inner.left)), inner.op, inner.right
                    )
                yield Edit("parentheses", slot, new, 1)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for compared in COMPARED.get(type(node.ops[0]), ()):
            yield Edit(
                "comparison", slot, ast.Compare(copied(node.left), [compared()], copied(node.comparators))
            )
        if isinstance(node.comparators[0], ast.Constant):
            for value in (0, 1, 0.5):
                if node.comparators[0].value != value:
                    yield Edit(
                        "comparison",
                        slot,
                        ast.Compare(copied(node.left), [node.ops[0]], [ast.Constant(value)]),
                        1,
                    )
    elif isinstance(node, ast.IfExp):
        yield Edit("branches", slot, ast.IfExp(copied(node.test), copied(node.orelse), copied(node.body)), 1)


def transposes(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """Put or take away a transpose."""
    node = slot.node
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield Edit("transpose", slot, node.value)
    elif is_numeric(slot) and isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call)):
        yield Edit("transpose", slot, attribute(copied(node), "T"))


def transposes_of_stacks(slot: Slot, sizes: dict[str, Any]) -> Iterator[Edit]:
    """Transpose each matrix of a stack, of a batch or of heads: ds.swapaxes(-1, -2) for ds."""
    shape = sizes.get(slot.node.id) if isinstance(slot.node, ast.Name) else None
    if isinstance(shape, tuple) and len(shape) > 2:
        turned = attribute(copied(slot.node), "swapaxes")
        yield Edit("transpose", slot, ast.Call(turned, [literal(-1), literal(-2)], []))
