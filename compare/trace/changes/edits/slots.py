"""The places in a statement where an expression stands, and the edit of one place."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...lines.source import Statement

MISSING = "missing statement"  # the kind of an edit that puts one in the place of `pass`
INSERTED = (
    "inserted statement"  # the kind of an edit that puts one behind another, both in the body of an `if`
)


@dataclass(slots=True)
class Slot:
    """A place in a tree where an expression stands.

    indexing: whether it is a part of a subscript.  turns: the variables of the comprehensions around it.
    """

    parent: ast.AST
    name: str
    index: int | None
    node: Any
    indexing: bool = False
    turns: frozenset[str] = frozenset()

    def holds(self) -> Any:
        """Return what stands there."""
        held = getattr(self.parent, self.name)
        return held if self.index is None else held[self.index]

    def put(self, node: Any) -> None:
        """Let another expression stand there."""
        if self.index is None:
            setattr(self.parent, self.name, node)
        else:
            getattr(self.parent, self.name)[self.index] = node


@dataclass(slots=True)
class Edit:
    """A change of one place of a statement.

    kind: what it is, as in "sum for mean".  slot: the place.  new: what stands there then.  tier: 0 is tried first.
    stood: what stood there before. One that was made beside another edit holds the other's in its slot.
    """

    kind: str
    slot: Slot
    new: Any
    tier: int = 0
    stood: Any = None

    def __enter__(self) -> "Edit":
        placed(self.new, self.slot.node)
        self.stood = self.slot.holds()
        self.slot.put(self.new)
        return self

    def __exit__(self, *error: object) -> None:
        self.slot.put(self.stood)


def placed(node: Any, at: Any = None) -> Any:
    """Give new nodes a line, which compile asks for: that of `at`. Nodes that have one hold none without."""
    if isinstance(node, (ast.expr, ast.stmt, ast.keyword, ast.comprehension)):
        if getattr(node, "lineno", None) is not None:
            return node
        ast.copy_location(node, at if hasattr(at, "lineno") else _FIRST)
        for value in node.__dict__.values():
            if isinstance(value, list):
                for each in value:
                    placed(each, at)
            elif isinstance(value, ast.AST):
                placed(value, at)
    return node


_FIRST = ast.Pass(lineno=1, end_lineno=1, col_offset=0, end_col_offset=0)


def slots(statement: ast.stmt) -> list[Slot]:
    """Return the places of the expressions that a statement itself computes, outermost first; of a loop its head."""
    found: list[Slot] = []

    def walk(parent: ast.AST, indexing: bool = False, turns: frozenset[str] = frozenset()) -> None:
        if isinstance(parent, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            targets = (n for c in parent.generators for n in ast.walk(c.target) if isinstance(n, ast.Name))
            turns = turns | {n.id for n in targets}
        for name, value in ast.iter_fields(parent):
            if isinstance(value, ast.expr):
                found.append(Slot(parent, name, None, value, indexing, turns))
                walk(value, isinstance(parent, ast.Subscript) and name == "slice", turns)
            elif isinstance(value, list):
                for i, each in enumerate(value):
                    if isinstance(each, ast.expr):
                        found.append(Slot(parent, name, i, each, indexing, turns))
                    if isinstance(each, (ast.expr, ast.keyword, ast.comprehension)):
                        walk(each, turns=turns)
            elif isinstance(value, ast.keyword):
                walk(value, turns=turns)

    walk(statement)
    return found


OF_ANY_VALUES = frozenset(["shape", "size", "ndim", "dtype"])  # what an array has, whatever numbers are in it
# What takes the size of an array: any number there may ask for more memory than there is.
SIZED = frozenset(["arange", "broadcast_to", "empty", "eye", "full", "identity", "linspace", "ones", "range", "repeat",
    "reshape", "tile", "zeros"])  # fmt: skip
OF_ARRAYS = frozenset(
    ["broadcast_to", "repeat", "reshape", "tile"]
)  # as functions of NumPy, of an array first


def sizes_in(node: ast.AST) -> set[int]:
    """Return the ids of the expressions under a node that say how large an array becomes."""
    return {
        id(inner)
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        for argument in _sizes(call)
        for inner in ast.walk(argument)
    }


def _sizes(call: ast.Call) -> list[ast.expr]:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name not in SIZED:
        return []
    function = isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") in ("np", "numpy")
    return [*call.args[function and name in OF_ARRAYS :], *(k.value for k in call.keywords)]


def slots_under(root: Slot) -> list[Slot]:
    """Return the places under a root, outermost first, without the sizes of new arrays."""
    holder = ast.Expr(root.node)
    sizes = sizes_in(root.node)
    return [
        s
        for s in slots(holder)
        if s.node is not root.node
        and id(s.node) not in sizes
        and not isinstance(s.node, (ast.Slice, ast.Tuple, ast.List))
    ]


def place_of(statement: Statement) -> Slot:
    """Return the place of a statement in the block that holds it."""
    return Slot(statement.parent, statement.block, statement.index, statement.node)


def roots(node: ast.stmt) -> list[Slot]:
    """Return the places of the values that a statement stores, returns or hands over."""
    value = getattr(node, "value", None)
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return)) and value is not None:
        return list(_leaves(Slot(node, "value", None, value)))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return [s for i, a in enumerate(node.value.args) for s in _leaves(Slot(node.value, "args", i, a))]
    return []


def _leaves(slot: Slot) -> Iterator[Slot]:
    node = slot.node
    if isinstance(node, (ast.Tuple, ast.List)):
        for i, each in enumerate(node.elts):
            yield from _leaves(Slot(node, "elts", i, each))
    elif isinstance(node, ast.Dict):
        for i, each in enumerate(node.values):
            yield from _leaves(Slot(node, "values", i, each))
    else:
        yield slot


def is_read(node: Any) -> bool:
    """Whether an expression is read, and not assigned to or deleted."""
    return not isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))


def is_function(slot: Slot) -> bool:
    """Whether a place names what is called, or the module it is taken from."""
    if isinstance(slot.parent, ast.Call) and slot.name == "func":
        return True
    return (
        isinstance(slot.parent, ast.Attribute)
        and isinstance(slot.node, ast.Name)
        and slot.node.id in ("np", "numpy")
    )


def is_numeric(slot: Slot) -> bool:
    """Whether the place may hold an array or a number, and not an index, an axis or a text."""
    if isinstance(slot.parent, ast.Subscript) and slot.name == "slice":
        return False
    if slot.indexing or (
        isinstance(slot.parent, ast.Tuple) and isinstance(slot.node, (ast.Constant, ast.UnaryOp))
    ):
        return False
    if isinstance(slot.node, ast.Attribute) and slot.node.attr == "shape":
        return False
    if isinstance(slot.parent, ast.Attribute) and slot.parent.attr in OF_ANY_VALUES:
        return False
    if isinstance(slot.parent, (ast.Slice, ast.keyword)) or isinstance(
        slot.node, (ast.Slice, ast.Tuple, ast.List, ast.Dict, ast.Lambda, ast.Compare, ast.BoolOp)
    ):
        return False
    return not is_function(slot) and not (
        isinstance(slot.node, ast.Constant) and not isinstance(slot.node.value, (int, float))
    )
