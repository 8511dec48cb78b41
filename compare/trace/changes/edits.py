"""The small edits of a statement that undo a mistake of one line, simplest first."""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from . import rearranged

AXES = (0, 1, -1, 2, -2, None)
COMMUTING = {
    "exp",
    "log",
    "sqrt",
    "tanh",
    "sin",
    "cos",
    "abs",
    "square",
    "sign",
    "cosh",
    "sinh",
    "log1p",
    "expm1",
    "sigmoid",
}
# A function, and those it is taken for.
_TWINS = (
    "sum mean; mean sum; max min sum; min max; maximum minimum; minimum maximum; zeros_like ones_like; "
    "ones_like zeros_like; zeros ones; ones zeros; var std; std var; argmax argmin; argmin argmax; "
    "hstack vstack; vstack hstack; tril triu; triu tril; dot outer multiply; outer dot multiply; "
    "multiply dot add; add subtract multiply; subtract add; prod sum; cumsum sum; inner outer dot; "
    "cumprod cumsum; divide multiply; repeat tile; tile repeat; norm sum; logical_and logical_or; "
    "logical_or logical_and; logaddexp maximum; expand_dims squeeze"
)
TWINS = {first: tuple(others) for first, *others in (pair.split() for pair in _TWINS.split("; "))}
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


@dataclass(slots=True)
class Slot:
    """A place in a tree where an expression stands."""

    parent: ast.AST
    name: str
    index: int | None
    node: Any
    indexing: bool = False  # a part of a subscript

    def put(self, node: Any) -> None:
        if self.index is None:
            setattr(self.parent, self.name, node)
        else:
            getattr(self.parent, self.name)[self.index] = node


@dataclass(slots=True)
class Edit:
    """A change of one place of a statement.

    kind: what it is, as in "sum for mean".  slot: the place.  new: what stands there then.  tier: 0 is tried first.
    """

    kind: str
    slot: Slot
    new: Any
    tier: int = 0

    def __enter__(self) -> "Edit":
        placed(self.new)
        self.slot.put(self.new)
        return self

    def __exit__(self, *error: object) -> None:
        self.slot.put(self.slot.node)


def placed(node: Any) -> Any:
    """Give new nodes a line, which compile asks for; nodes that have one hold none without."""
    if isinstance(node, (ast.expr, ast.stmt, ast.keyword, ast.comprehension)):
        if getattr(node, "lineno", None) is not None:
            return node
        node.lineno = node.end_lineno = 1  # type: ignore[union-attr]
        node.col_offset = node.end_col_offset = 0  # type: ignore[union-attr]
        for value in node.__dict__.values():
            if isinstance(value, list):
                for each in value:
                    placed(each)
            elif isinstance(value, ast.AST):
                placed(value)
    return node


@dataclass
class Scope:
    """What the edits of a statement may draw on.

    names: the variables of the function, those near the statement first.  counts: expressions of whole numbers
    (N, x.shape[0], len(x)).  factors, terms: parts of products and sums that occur in the function.  constants: its
    numbers.  keys: text subscripts by the name they subscript.  attributes: by object.  helpers: the user's functions
    of one argument.
    """

    names: list[str] = field(default_factory=list)
    counts: list[ast.expr] = field(default_factory=list)
    factors: list[ast.expr] = field(default_factory=list)
    terms: list[ast.expr] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)
    keys: dict[str, list[Any]] = field(default_factory=dict)
    attributes: dict[str, list[str]] = field(default_factory=dict)
    numpy: str = "np"
    helpers: list[str] = field(default_factory=list)


def scope_of(function: ast.AST, at: ast.stmt) -> Scope:
    """Return what stands in the function around a statement, what is nearest first."""
    found = _collected(function)

    def near(pairs: Any) -> list[Any]:
        return [each for each, _ in sorted(pairs, key=lambda p: min(abs(line - at.lineno) for line in p[1]))]

    return Scope(
        near((n, lines) for n, lines in found.names.items()),
        found.counts[:8],
        near(found.factors.values())[:60],
        near(found.terms.values())[:40],
        found.constants,
        found.keys,
        found.attributes,
    )


@dataclass
class _Collected:
    names: dict[str, list[int]] = field(default_factory=dict)
    counts: list[ast.expr] = field(default_factory=list)
    factors: dict[str, tuple[ast.expr, list[int]]] = field(default_factory=dict)
    terms: dict[str, tuple[ast.expr, list[int]]] = field(default_factory=dict)
    constants: list[Any] = field(default_factory=list)
    keys: dict[str, list[Any]] = field(default_factory=dict)
    attributes: dict[str, list[str]] = field(default_factory=dict)


@lru_cache(maxsize=128)
def _collected(function: ast.AST) -> _Collected:
    """Collect names, parts and numbers of a function with their lines. Parts are copies: one may hold the very place
    into which it is put."""
    found = _Collected()
    counts: dict[str, ast.expr] = {}

    def listed(table: dict[str, list[Any]], key: str, value: Any) -> None:
        values = table.setdefault(key, [])
        if value not in values:
            values.append(value)

    for node in ast.walk(function):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Name):
            found.names.setdefault(node.id, []).append(line)
        elif isinstance(node, ast.arg):
            found.names.setdefault(node.arg, []).append(line)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, (int, float))
            and not isinstance(node.value, bool)
        ):
            if node.value not in found.constants:
                found.constants.append(node.value)
        elif isinstance(node, ast.Attribute):
            listed(found.attributes, ast.unparse(node.value), node.attr)
        elif isinstance(node, ast.Subscript):
            if isinstance(node.slice, ast.Constant):
                listed(found.keys, ast.unparse(node.value), node.slice.value)
            if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
                counts.setdefault(ast.unparse(node), node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len":
            counts.setdefault(ast.unparse(node), node)
        elif isinstance(node, ast.BinOp):
            product, total = isinstance(node.op, (ast.Mult, ast.Div)), isinstance(node.op, (ast.Add, ast.Sub))
            into = found.factors if product else found.terms
            for part in (node.left, node.right) if product or total else ():
                if not isinstance(part, ast.Constant):
                    text = ast.unparse(part)
                    if text not in into:
                        into[text] = (copy.deepcopy(part), [])
                    into[text][1].append(line)
    found.counts = [copy.deepcopy(node) for node in counts.values()]
    return found


def slots(statement: ast.stmt) -> list[Slot]:
    """Return the places of the expressions that a statement itself computes, outermost first; of a loop its head."""
    found: list[Slot] = []

    def walk(parent: ast.AST, indexing: bool = False) -> None:
        for name, value in ast.iter_fields(parent):
            if isinstance(value, ast.expr):
                found.append(Slot(parent, name, None, value, indexing))
                walk(value, isinstance(parent, ast.Subscript) and name == "slice")
            elif isinstance(value, list):
                for i, each in enumerate(value):
                    if isinstance(each, ast.expr):
                        found.append(Slot(parent, name, i, each, indexing))
                        walk(each)
                    elif isinstance(each, (ast.keyword, ast.comprehension)):
                        walk(each)
            elif isinstance(value, ast.keyword):
                walk(value)

    walk(statement)
    return found


def _name(identifier: str) -> ast.expr:
    return ast.Name(identifier, ast.Load())


def _binary(left: Any, op: ast.operator, right: Any) -> ast.expr:
    return ast.BinOp(left, op, right)


def _copy(node: Any) -> Any:
    """Copy a node, its lists and what it calls; the rest is shared."""
    if isinstance(node, list):
        return list(node)
    if node is None:
        return None
    made = copy.copy(node)
    for attribute in ("lineno", "end_lineno"):  # a new node, whose children may be new
        made.__dict__.pop(attribute, None)
    for name, value in ast.iter_fields(made):
        if isinstance(value, list):
            setattr(made, name, list(value))
        elif name == "func":
            setattr(made, name, copy.copy(value))
    return made


def _constant(value: Any) -> ast.expr:
    negative = isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if negative else ast.Constant(value)


def _is_load(node: Any) -> bool:
    return not isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))


def edits(place: Slot, scope: Scope, sizes: dict[str, Any]) -> Iterator[Edit]:
    """Yield the edits of the statement that stands in `place`.

    sizes: {name: shape of its value there}, of variables whose value is known; another variable is put in only where
    the shapes are equal.
    """
    statement = place.node
    places = slots(statement)
    yield from _of_statement(statement)
    yield from _whole_statements(place, scope)
    for slot in places:
        if not _is_load(slot.node):
            yield from _of_target(slot, scope)
            yield from _tuples(slot, scope)
            continue
        for make in MAKERS:
            yield from make(slot, scope)
    value = getattr(statement, "value", None)
    if isinstance(value, ast.expr):
        for new in rearranged.exchanged(value, sizes):
            yield Edit("exchanged", Slot(statement, "value", None, value), new)
        for new in rearranged.renamed(value, sizes):
            yield Edit("another variable", Slot(statement, "value", None, value), new)
    for slot in places:
        if _numeric(slot) and _is_load(slot.node):
            for new in (*rearranged.outside(slot.node), *rearranged.inside(slot.node)):
                yield Edit("parentheses", slot, new)
            for new in rearranged.off_by_one(slot.node, sizes):
                exponent = (
                    isinstance(slot.parent, ast.BinOp)
                    and isinstance(slot.parent.op, ast.Pow)
                    and slot.name == "right"
                )
                yield Edit("off by one", slot, new, 0 if exponent else 1)
    for slot in places:
        if _is_load(slot.node) and isinstance(slot.node, ast.Name):
            yield from _other_names(slot, scope, sizes)
    for slot in places:
        if (
            _numeric(slot)
            and _is_load(slot.node)
            and isinstance(slot.node, (ast.Name, ast.Subscript, ast.Attribute, ast.Call))
        ):
            for other in scope.names[:14]:
                if sizes.get(other, ()) == () and other not in ("np", "numpy"):
                    for op in (ast.Mult(), ast.Div()):
                        yield Edit("missing factor", slot, _binary(slot.node, op, _name(other)), 1)
    for slot in places:
        if (
            _is_load(slot.node)
            and not isinstance(slot.node, (ast.Constant, ast.Slice, ast.Tuple, ast.List))
            and not _is_function(slot)
        ):
            yield from _with_parts(slot, scope)


def _is_function(slot: Slot) -> bool:
    """Whether a place names what is called, or the module it is taken from."""
    if isinstance(slot.parent, ast.Call) and slot.name == "func":
        return True
    return (
        isinstance(slot.parent, ast.Attribute)
        and isinstance(slot.node, ast.Name)
        and slot.node.id in ("np", "numpy")
    )


def _of_statement(statement: ast.stmt) -> Iterator[Edit]:
    """Exchange the operation of an augmented assignment."""
    if isinstance(statement, ast.AugAssign):
        for op in OPPOSITE.get(type(statement.op), ()):
            yield Edit("operator", Slot(statement, "op", None, statement.op), op())


def _whole_statements(place: Slot, scope: Scope) -> Iterator[Edit]:
    """Exchange = and +=, a[i] += v and np.add.at, or take the statement away."""
    node = place.node
    target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
    if isinstance(node, ast.Assign) and isinstance(target, (ast.Name, ast.Attribute, ast.Subscript)):
        if isinstance(node.value, ast.Call) and _called(node.value) in ("zeros", "zeros_like"):
            yield Edit("statement dropped", place, ast.Pass())
        else:
            for sign, op in (("+", ast.Add()), ("*", ast.Mult()), ("-", ast.Sub())):
                yield Edit(f"{sign}= for =", place, ast.AugAssign(target, op, node.value), int(sign != "+"))
    if isinstance(node, ast.AugAssign):
        yield Edit("= for +=", place, ast.Assign([node.target], node.value))
        if isinstance(node.target, ast.Subscript) and isinstance(node.op, (ast.Add, ast.Sub)):
            at = ast.Attribute(
                ast.Attribute(
                    _name(scope.numpy), "add" if isinstance(node.op, ast.Add) else "subtract", ast.Load()
                ),
                "at",
                ast.Load(),
            )
            array = copy.copy(node.target.value)
            yield Edit(
                "add.at for +=", place, ast.Expr(ast.Call(at, [array, node.target.slice, node.value], []))
            )
    if (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and _called(node.value) == "at"
        and len(node.value.args) == 3
    ):
        array, index, value = node.value.args
        yield Edit(
            "+= for add.at", place, ast.AugAssign(ast.Subscript(array, index, ast.Store()), ast.Add(), value)
        )
    if isinstance(node, (ast.AugAssign, ast.Expr, ast.Assign)):
        yield Edit("statement dropped", place, ast.Pass(), 1)


def _of_target(slot: Slot, scope: Scope) -> Iterator[Edit]:
    node = slot.node
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        for key in scope.keys.get(ast.unparse(node.value), []):
            if key != node.slice.value and type(key) is type(node.slice.value):
                yield Edit("another key", Slot(node, "slice", None, node.slice), ast.Constant(key), 1)
    if isinstance(node, ast.Subscript):
        yield from _index_edits(Slot(node, "slice", None, node.slice))


def _signs(slot: Slot, scope: Scope) -> Iterator[Edit]:
    node = slot.node
    if isinstance(node, ast.UnaryOp):
        yield Edit("sign" if isinstance(node.op, ast.USub) else "negation", slot, node.operand)
    elif isinstance(slot.parent, ast.BinOp) and (
        isinstance(slot.parent.op, (ast.Mult, ast.Div, ast.MatMult)) or slot.name == "right"
    ):
        return  # the sign of the product, or the operator, says it better
    elif _numeric(slot) and not isinstance(node, ast.Constant):
        yield Edit("sign", slot, ast.UnaryOp(ast.USub(), _copy(node)))


def _numeric(slot: Slot) -> bool:
    """Whether the place may hold an array or a number, and not an index, an axis or a text."""
    if isinstance(slot.parent, (ast.Subscript,)) and slot.name == "slice":
        return False
    if slot.indexing or (
        isinstance(slot.parent, ast.Tuple) and isinstance(slot.node, (ast.Constant, ast.UnaryOp))
    ):
        return False
    if isinstance(slot.parent, (ast.Slice, ast.keyword)) or isinstance(
        slot.node, (ast.Slice, ast.Tuple, ast.List, ast.Dict, ast.Lambda, ast.Compare, ast.BoolOp)
    ):
        return False
    return not _is_function(slot) and not (
        isinstance(slot.node, ast.Constant) and not isinstance(slot.node.value, (int, float))
    )


def _operators(slot: Slot, scope: Scope) -> Iterator[Edit]:
    node = slot.node
    if isinstance(node, ast.BinOp):
        for op in OPPOSITE.get(type(node.op), ()):
            yield Edit("operator", slot, _binary(node.left, op(), node.right))
        yield Edit("dropped", slot, node.left)
        yield Edit("dropped", slot, node.right)
        if isinstance(node.op, (ast.MatMult, ast.Sub, ast.Div)):
            yield Edit("swapped operands", slot, _binary(node.right, node.op, node.left))
        for side in ("left", "right"):
            inner = getattr(node, side)
            if isinstance(inner, ast.BinOp):  # (a . b) : c  for  a . (b : c)
                if side == "left":
                    new = _binary(
                        inner.left, inner.op, ast.BinOp(_copy(inner.right), node.op, _copy(node.right))
                    )
                else:
                    new = _binary(
                        ast.BinOp(_copy(node.left), node.op, _copy(inner.left)), inner.op, inner.right
                    )
                yield Edit("parentheses", slot, new, 1)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for compared in COMPARED.get(type(node.ops[0]), ()):
            yield Edit(
                "comparison", slot, ast.Compare(_copy(node.left), [compared()], _copy(node.comparators))
            )
        if isinstance(node.comparators[0], ast.Constant):
            for value in (0, 1, 0.5):
                if node.comparators[0].value != value:
                    yield Edit(
                        "comparison",
                        slot,
                        ast.Compare(_copy(node.left), [node.ops[0]], [ast.Constant(value)]),
                        1,
                    )
    elif isinstance(node, ast.IfExp):
        yield Edit("branches", slot, ast.IfExp(_copy(node.test), _copy(node.orelse), _copy(node.body)), 1)


def _transposes(slot: Slot, scope: Scope) -> Iterator[Edit]:
    node = slot.node
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield Edit("transpose", slot, node.value)
    elif _numeric(slot) and isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call)):
        yield Edit("transpose", slot, ast.Attribute(_copy(node), "T", ast.Load()))


def _called(node: ast.Call) -> str:
    return (
        node.func.attr
        if isinstance(node.func, ast.Attribute)
        else node.func.id
        if isinstance(node.func, ast.Name)
        else ""
    )


def _calls(slot: Slot, scope: Scope) -> Iterator[Edit]:
    node = slot.node
    if not isinstance(node, ast.Call):
        return
    name = _called(node)
    method = isinstance(node.func, ast.Attribute) and not (
        isinstance(node.func.value, ast.Name) and node.func.value.id in ("np", "numpy")
    )

    def renamed(new: str) -> ast.Call:
        made = _copy(node)
        if isinstance(made.func, ast.Attribute):
            made.func.attr = new
        else:
            made.func.id = new
        return made

    for twin in TWINS.get(name, ()):
        yield Edit(f"{twin} for {name}", slot, renamed(twin))
    if name in COMMUTING:
        for other in sorted(COMMUTING - {name, "sigmoid"}):
            yield Edit(f"{other} for {name}", slot, renamed(other), 1)
    if name in (
        "sum",
        "mean",
        "max",
        "min",
        "var",
        "std",
        "prod",
        "argmax",
        "cumsum",
        "concatenate",
        "stack",
        "norm",
        "expand_dims",
        "repeat",
        "flip",
    ):
        yield from _axis_edits(slot, node, 0 if method else 1)
    if name == "reversed" and node.args:
        yield Edit("order", slot, node.args[0])
    if name in ("range", "arange", "xrange", "enumerate") and node.args:
        yield Edit("order", slot, ast.Call(_name("reversed"), [_copy(node)], []))
        for i, arg in enumerate(node.args):
            for step in (1, -1):
                made = _copy(node)
                made.args[i] = _shifted(arg, step)
                yield Edit("bound", slot, made)
        if len(node.args) == 1:
            yield Edit("bound", slot, ast.Call(_copy(node.func), [ast.Constant(1), _copy(node.args[0])], []))
        if len(node.args) == 2:
            yield Edit("bound", slot, ast.Call(_copy(node.func), [_copy(node.args[1])], []))
    if len(node.args) == 2 and not node.keywords:
        made = _copy(node)
        made.args = made.args[::-1]
        yield Edit("swapped operands", slot, made)
    if len(node.args) == 3 and name == "where":
        made = _copy(node)
        made.args = [made.args[0], made.args[2], made.args[1]]
        yield Edit("branches", slot, made)
    # The call taken away: f(x) becomes x, and x.f() becomes x.
    if method and isinstance(node.func, ast.Attribute):
        yield Edit("call dropped", slot, node.func.value, 1)
    for arg in node.args[:2]:
        yield Edit("call dropped", slot, arg, 1)
    if name == "len":
        return
    if isinstance(slot.parent, ast.Expr) and name == "at" and len(node.args) == 3:
        return


def _axis_edits(slot: Slot, node: ast.Call, position: int) -> Iterator[Edit]:
    given = {k.arg: k.value for k in node.keywords}
    present = "axis" in given or len(node.args) > position
    now = given.get("axis", node.args[position] if len(node.args) > position else None)
    for axis in AXES:
        if now is not None and ast.unparse(now) == str(axis):
            continue
        if not present and axis is None:
            continue
        yield Edit("axis", slot, _with_axis(node, position, axis), 0 if axis in (0, 1, None) else 1)
    for axes in ((0, 1), (0, 2), (1, 2), (0, 2, 3), (0, 1, 2)):
        yield Edit("axis", slot, _with_axis(node, position, axes), 2)
    made = _copy(node)
    if "keepdims" in given:
        made.keywords = [k for k in made.keywords if k.arg != "keepdims"]
        yield Edit("keepdims", slot, made)
    else:
        made.keywords.append(ast.keyword("keepdims", ast.Constant(True)))
        yield Edit("keepdims", slot, made)
        for axis in (0, 1, -1):
            both = _with_axis(node, position, axis)
            both.keywords.append(ast.keyword("keepdims", ast.Constant(True)))
            yield Edit("axis", slot, both, 1)


def _with_axis(node: ast.Call, position: int, axis: Any) -> ast.Call:
    made = _copy(node)
    made.args = made.args[:position] + made.args[position + 1 :] if len(made.args) > position else made.args
    made.keywords = [k for k in made.keywords if k.arg != "axis"]
    if axis is not None:
        value = (
            ast.Tuple([_constant(a) for a in axis], ast.Load())
            if isinstance(axis, tuple)
            else _constant(axis)
        )
        made.keywords.insert(0, ast.keyword("axis", value))
    return made


def _shifted(node: Any, step: int) -> ast.expr:
    """Return node + step, written as a person would."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return _constant(node.value + step)
    if (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant)
        and isinstance(node.operand.value, int)
    ):
        return _constant(-node.operand.value + step)
    if (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, (ast.Add, ast.Sub))
        and isinstance(node.right, ast.Constant)
        and isinstance(node.right.value, int)
    ):
        now = node.right.value * (1 if isinstance(node.op, ast.Add) else -1) + step
        if now == 0:
            return _copy(node.left)
        return ast.BinOp(_copy(node.left), ast.Add() if now > 0 else ast.Sub(), ast.Constant(abs(now)))
    return ast.BinOp(_copy(node), ast.Add() if step > 0 else ast.Sub(), ast.Constant(abs(step)))


def _indices(slot: Slot, scope: Scope) -> Iterator[Edit]:
    node = slot.node
    if not isinstance(node, ast.Subscript):
        return
    yield from _index_edits(Slot(node, "slice", None, node.slice))
    owner = ast.unparse(node.value)
    if isinstance(node.slice, ast.Constant):
        for key in scope.keys.get(owner, []):
            if key != node.slice.value and type(key) is type(node.slice.value):
                yield Edit("another key", Slot(node, "slice", None, node.slice), ast.Constant(key))
    yield Edit("index dropped", slot, node.value, 1)


def _index_edits(slot: Slot) -> Iterator[Edit]:
    node = slot.node
    if isinstance(node, ast.Tuple):
        for i, each in enumerate(node.elts):
            yield from _index_edits(Slot(node, "elts", i, each))
        if len(node.elts) == 2:
            yield Edit("index", slot, ast.Tuple(_copy(node.elts[::-1]), ast.Load()), 1)
    elif isinstance(node, ast.Slice):
        for name in ("lower", "upper"):
            bound = getattr(node, name)
            for step in (1, -1):
                made = _copy(node)
                if bound is not None:
                    setattr(made, name, _shifted(bound, step))
                    yield Edit("slice", slot, made)
            if bound is not None:
                made = _copy(node)
                setattr(made, name, None)
                yield Edit("slice", slot, made, 1)
                # a[:H] for a[H:]
                other = (
                    ast.Slice(None, _copy(bound), None)
                    if name == "lower"
                    else ast.Slice(_copy(bound), None, None)
                )
                yield Edit("slice", slot, other)
        if node.lower is None:
            made = _copy(node)
            made.lower = ast.Constant(1)
            yield Edit("slice", slot, made)
        if node.upper is None:
            made = _copy(node)
            made.upper = _constant(-1)
            yield Edit("slice", slot, made)
        if node.step is None and node.lower is None and node.upper is None:
            yield Edit("slice", slot, ast.Slice(None, None, _constant(-1)), 1)
        elif node.step is not None:
            yield Edit("slice", slot, ast.Slice(_copy(node.lower), _copy(node.upper), None), 1)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int) and not isinstance(node.value, bool):
        for step in (1, -1):
            yield Edit("index", slot, _constant(node.value + step))
    elif isinstance(node, (ast.Name, ast.BinOp, ast.UnaryOp)):
        for step in (1, -1, 2, -2):
            yield Edit("index", slot, _shifted(node, step))


def _constants(slot: Slot, scope: Scope) -> Iterator[Edit]:
    node = slot.node
    if not isinstance(node, ast.Constant) or isinstance(node.value, (str, bytes)) or node.value is None:
        return
    if isinstance(node.value, bool):
        yield Edit("constant", slot, ast.Constant(not node.value))
        return
    if isinstance(slot.parent, (ast.Slice,)):
        return
    value = node.value
    if not isinstance(value, (int, float)):
        return
    near = [value + 1, value - 1] if isinstance(value, int) else []
    tried: list[Any] = [value]
    for other in (
        *near,
        1,
        2,
        0.5,
        0,
        3,
        -1,
        -value,
        2 * value,
        value / 2,
        4,
        0.25,
        1.5,
        1 - value,
        value * value,
        10 * value,
        value / 10,
        *scope.constants,
    ):
        if (
            other == -value
            and isinstance(slot.parent, ast.BinOp)
            and isinstance(slot.parent.op, (ast.Mult, ast.Div))
        ):
            continue  # the sign of the product, or the operator, says it better
        if other not in tried and len(tried) < 30:
            tried.append(other)
            yield Edit(
                "constant", slot, _constant(other), 0 if len(tried) < 9 or other in scope.constants else 1
            )


def _factors(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """A factor of N, 2 or 1/2, and 1 - x for x."""
    if not _numeric(slot):
        return
    node = slot.node
    if isinstance(node, ast.Constant) and not isinstance(slot.parent, ast.BinOp):
        return
    whole = not isinstance(slot.parent, ast.BinOp) or isinstance(slot.parent.op, (ast.Add, ast.Sub))
    tier = 0 if whole else 2
    yield Edit("factor 2", slot, ast.BinOp(ast.Constant(2), ast.Mult(), _copy(node)), tier)
    yield Edit("factor 1/2", slot, ast.BinOp(ast.Constant(0.5), ast.Mult(), _copy(node)), tier)
    for count in [*scope.counts[:8], *(_name(n) for n in scope.names if _counts_things(n))]:
        yield Edit("factor 1/N", slot, _binary(node, ast.Div(), count), tier)
        yield Edit("factor N", slot, _binary(node, ast.Mult(), count), tier)
    if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp, ast.UnaryOp)):
        simple = 1 if not isinstance(node, ast.BinOp) or isinstance(node.op, ast.Pow) else 2
        yield Edit("1 - x for x", slot, ast.BinOp(ast.Constant(1), ast.Sub(), _copy(node)), simple)
        yield Edit("square", slot, ast.BinOp(_copy(node), ast.Pow(), ast.Constant(2)), simple)
        yield Edit("cube", slot, ast.BinOp(_copy(node), ast.Pow(), ast.Constant(3)), 2)
        yield Edit("reciprocal", slot, ast.BinOp(ast.Constant(1), ast.Div(), _copy(node)), 2)
        for words in (
            {},
            {"axis": 0},
            {"axis": 1},
            {"axis": 0, "keepdims": True},
            {"axis": 1, "keepdims": True},
            {"axis": -1, "keepdims": True},
        ):
            keywords = [ast.keyword(k, _constant(v)) for k, v in words.items()]
            yield Edit(
                "missing sum",
                slot,
                ast.Call(ast.Attribute(_name(scope.numpy), "sum", ast.Load()), [node], keywords),
                simple,
            )
        for helper in scope.helpers:
            yield Edit("missing call", slot, ast.Call(_name(helper), [node], []), 1)
        for function in ("sqrt", "exp", "log", "tanh", "abs"):
            call = ast.Call(ast.Attribute(_name(scope.numpy), function, ast.Load()), [_copy(node)], [])
            yield Edit(function, slot, call, 2)


def _counts_things(name: str) -> bool:
    return len(name) <= 2 or name in (
        "batch",
        "batch_size",
        "size",
        "count",
        "num",
        "num_train",
        "n_samples",
        "len",
        "T",
    )


def _attributes(slot: Slot, scope: Scope) -> Iterator[Edit]:
    node = slot.node
    if isinstance(node, ast.Attribute) and not _is_function(slot) and node.attr != "T":
        for other in scope.attributes.get(ast.unparse(node.value), []):
            if other not in (node.attr, "T"):
                yield Edit("another attribute", slot, ast.Attribute(_copy(node.value), other, ast.Load()), 1)


def _tuples(slot: Slot, scope: Scope) -> Iterator[Edit]:
    node = slot.node
    if (
        isinstance(node, (ast.Tuple, ast.List))
        and 2 <= len(node.elts) <= 8
        and not isinstance(slot.parent, ast.Subscript)
    ):
        for i in range(len(node.elts)):
            for j in range(i):
                made = _copy(node)
                made.elts[i], made.elts[j] = made.elts[j], made.elts[i]
                yield Edit("swapped", slot, made, 0 if len(node.elts) <= 5 else 1)
    if isinstance(node, ast.Dict) and len(node.values) <= 12:
        for i in range(len(node.values)):
            for j in range(i):
                made = _copy(node)
                made.values[i], made.values[j] = made.values[j], made.values[i]
                yield Edit("swapped", slot, made, 0 if len(node.values) <= 6 else 1)


MAKERS: tuple[Callable[[Slot, Scope], Iterator[Edit]], ...] = (
    _signs, _operators, _transposes, _calls, _indices, _constants, _factors, _attributes, _tuples,
)  # fmt: skip


def _other_names(slot: Slot, scope: Scope, sizes: dict[str, Any]) -> Iterator[Edit]:
    node = slot.node
    if _is_function(slot) and isinstance(slot.parent, ast.Attribute):
        return
    if not _is_function(slot) and sizes.get(node.id, ()) == ():
        for constant in (2, 1, 0.5, *scope.constants[:6]):
            yield Edit("a constant for a variable", slot, _constant(constant), 1)
    here = sizes.get(node.id)
    for rank, other in enumerate(scope.names):
        if other == node.id or other in ("np", "numpy"):
            continue
        there = sizes.get(other)
        if here is not None and there is not None and here != there:
            continue
        if (here is None) != (there is None) and sizes:
            continue
        yield Edit("another variable", slot, _name(other), 0 if rank < 12 else 1)


def _with_parts(slot: Slot, scope: Scope) -> Iterator[Edit]:
    """A factor or a term that stands elsewhere in the function."""
    if not _numeric(slot):
        return
    node, text = slot.node, ast.unparse(slot.node)
    inner = isinstance(slot.parent, ast.BinOp) and isinstance(slot.parent.op, (ast.Mult, ast.Div))
    if not inner:
        for factor in scope.factors[:60]:
            if ast.unparse(factor) != text:
                yield Edit("missing factor", slot, _binary(node, ast.Mult(), factor), 1)
    if not isinstance(slot.parent, ast.BinOp) or not isinstance(slot.parent.op, (ast.Add, ast.Sub)):
        for term in scope.terms[:40]:
            if ast.unparse(term) != text:
                yield Edit("missing term", slot, _binary(node, ast.Add(), term), 2)
                yield Edit("missing term", slot, _binary(node, ast.Sub(), term), 2)
    if isinstance(node, (ast.Name, ast.Subscript, ast.Attribute)):
        name, one = node, ast.Constant(1)
        squares = ast.BinOp(_copy(name), ast.Pow(), ast.Constant(2))
        derivative = {
            "tanh'": ast.BinOp(one, ast.Sub(), squares),
            "sigmoid'": ast.BinOp(
                _copy(name), ast.Mult(), ast.BinOp(ast.Constant(1), ast.Sub(), _copy(name))
            ),
            "relu'": ast.Compare(_copy(name), [ast.Gt()], [ast.Constant(0)]),
        }
        for kind, made in derivative.items():
            yield Edit(kind, slot, made, 2)
