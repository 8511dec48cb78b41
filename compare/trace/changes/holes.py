"""Fill a hole in a statement: where its right value is known, expressions are tried on the values it had there.

The user's function is run to the statement and stopped; what stands in scope there, and simple expressions of it, are
put into each place of the statement in turn. No run is spent on what does not give a derivative of the loss.
"""

import ast
import copy
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from types import CodeType, FrameType
from typing import Any

import numpy as np

from ..lines.source import Statement
from ..lines.vouching import Vouched
from . import rearranged
from .edits import Edit, Scope, Slot, edits, placed, slots

HOLE = "__hole__"
ATOMS = 60
PAIRED = 26
LARGEST = 200_000  # entries: of larger arrays no products are tried
SAFE = set(
    [
        "sum",
        "mean",
        "dot",
        "reshape",
        "copy",
        "max",
        "min",
        "ravel",
        "astype",
        "transpose",
        "flatten",
        "prod",
        "std",
        "var",
        "squeeze",
        "cumsum",
    ]
)


@dataclass(slots=True)
class Part:
    """An expression, or a function that makes it, and its value in the frame.  size: how long it is."""

    node: Any
    value: Any
    size: int


class _Stop(BaseException):
    """Ends a run at the statement."""


def reached(
    call: Callable[[], Any], statement: Statement, codes: set[tuple[str, int, str]], visit: int
) -> tuple[int, dict[str, Any] | None]:
    """Run until the statement is reached for the `visit`-th time; return how often it was, and the names in scope.

    visit < 0: only count.
    """
    count, names = 0, None

    def line(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count, names
        if event == "line" and frame.f_lineno == statement.line:
            if count == visit:
                names = {**frame.f_globals, **frame.f_locals}
                raise _Stop
            count += 1
        return line

    def enter(frame: FrameType, event: str, _: Any) -> Any:
        code: CodeType = frame.f_code
        return line if (code.co_filename, code.co_firstlineno, code.co_name) in codes else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        call()
    except _Stop:
        pass
    finally:
        sys.settrace(before)
    return count, names


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


def fillings(
    names: dict[str, Any],
    statement: Statement,
    function: ast.AST,
    scope: Scope,
    vouched: Vouched,
    sizes: dict[str, Any],
    deep: bool,
) -> list[Edit]:
    """Return the edits that give the statement a value that is a derivative of the loss, the shortest first.

    deep: False: the edits of the statement, and expressions for all of its value; True: expressions for its parts.
    """
    found: list[tuple[int, Edit]] = []
    if isinstance(statement.node, ast.Pass):
        return [] if deep else _statements(statement, names, function, vouched)
    with np.errstate(all="ignore"):
        for root in roots(statement.node):
            now = value_in(root.node, names)
            if isinstance(now, np.ndarray) and now.size > LARGEST:
                continue
            right = _Right(vouched, now)
            if not deep:
                found += _edited(root, statement, scope, sizes, names, right)
            parts = _parts(function, names, statement.node)
            found += _filled(root, names, parts, right, deep, scope.helpers)
            if not deep:
                found += _multiples(root, names, parts, right, scope)
    return [edit for _, edit in sorted(found, key=lambda pair: pair[0])]


def _statements(
    statement: Statement, names: dict[str, Any], function: ast.AST, vouched: Vouched
) -> list[Edit]:
    """Return statements that add a derivative of the loss to what others in the function add to."""
    place = Slot(statement.parent, statement.block, statement.index, statement.node)
    targets: dict[str, Any] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.AugAssign):
            targets.setdefault(ast.unparse(node.target), node.target)
        elif (
            isinstance(node, ast.Assign)
            and len(node.targets) == 1
            and not isinstance(node.targets[0], ast.Tuple)
        ):
            targets.setdefault(ast.unparse(node.targets[0]), node.targets[0])
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            targets.setdefault(ast.unparse(node), ast.Subscript(node.value, node.slice, ast.Store()))
    parts = _parts(function, names)
    found: list[tuple[int, Edit]] = []
    shapes = {np.shape(v.array) for v in vouched.run.gradients.values()}
    with np.errstate(all="ignore"):
        made = [*_singles(parts), *_pairs(parts, shapes)]
        derivatives = [p for p in made if vouched.known_as(np.asarray(p.value, np.float64))]
    for name, value in names.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and not name.startswith("_"):
            targets.setdefault(name, ast.Name(name, ast.Store()))
    for target in list(targets.values())[:40]:
        loaded = ast.parse(ast.unparse(target), mode="eval").body
        value = value_in(loaded, names)
        if value is None or not isinstance(value, (np.ndarray, float, np.floating)):
            continue
        stored = copy.deepcopy(target)
        for part in derivatives:
            if np.shape(value) == np.shape(part.value):
                found.append(
                    (
                        part.size,
                        Edit("missing statement", place, ast.AugAssign(stored, ast.Add(), _name(part.node))),
                    )
                )
                found.append(
                    (part.size + 1, Edit("missing statement", place, ast.Assign([stored], _name(part.node))))
                )
        with np.errstate(all="ignore"):
            for part in parts[:ATOMS]:  # what changes a value in place: dscores /= N
                if (
                    not _fits(np.shape(part.value), np.shape(value))
                    or np.asarray(part.value).dtype.kind == "b"
                ):
                    continue
                for op, new in (
                    (ast.Div(), np.true_divide(value, part.value)),
                    (ast.Mult(), np.multiply(value, part.value)),
                ):
                    if not _equal(new, value) and vouched.known_as(np.asarray(new, np.float64)):
                        found.append(
                            (
                                part.size,
                                Edit("missing statement", place, ast.AugAssign(stored, op, _name(part.node))),
                            )
                        )
    return [edit for _, edit in sorted(found, key=lambda pair: pair[0])]


class _Right:
    """Whether a value is right where the present one is not."""

    def __init__(self, vouched: Vouched, now: Any) -> None:
        self.vouched, self.now = vouched, now

    def __call__(self, value: Any) -> bool:
        if not isinstance(value, (np.ndarray, np.floating, float)):
            return False
        array = np.asarray(value)
        if array.dtype.kind != "f" or not array.size:
            return False
        return self.vouched.known_as(array.astype(np.float64, copy=False)) and not _equal(value, self.now)


def _equal(a: Any, b: Any) -> bool:
    alike = isinstance(b, (int, float, np.ndarray, np.generic)) and np.shape(a) == np.shape(b)
    return alike and bool(np.allclose(a, b, rtol=1e-9, atol=0))


def value_in(node: Any, names: dict[str, Any]) -> Any:
    """Return the value of an expression among names, or None where it raises."""
    try:
        return eval(compile(ast.Expression(placed(node)), "<value>", "eval"), names)
    except Exception:
        return None


def _edited(
    root: Slot,
    statement: Statement,
    scope: Scope,
    sizes: dict[str, Any],
    names: dict[str, Any],
    right: _Right,
) -> Iterator[tuple[int, Edit]]:
    """Try the edits of the statement on the root's value."""
    inside = {id(n) for n in ast.walk(root.node)} | {id(root.parent)}
    for edit in edits(Slot(statement.parent, statement.block, statement.index, statement.node), scope, sizes):
        if id(edit.slot.parent) not in inside or edit.slot.node is statement.node:
            continue
        whole = (
            edit.slot.parent is root.parent and edit.slot.name == root.name and edit.slot.index == root.index
        )
        with edit:
            node = edit.new if whole else root.node
            if edit.kind.startswith("missing") and _calls_users(edit.new):
                continue
            value = value_in(node, names)
        if value is not None and right(value):
            yield edit.tier, edit


def _calls_users(node: ast.AST) -> bool:
    """Whether an expression calls what may change something: any function but NumPy's and methods of arrays."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call):
            function = each.func
            if isinstance(function, ast.Attribute):
                root = function
                while isinstance(root, ast.Attribute):
                    root = root.value  # type: ignore[assignment]
                if not (
                    (isinstance(root, ast.Name) and root.id in ("np", "numpy", "scipy", "special"))
                    or function.attr in SAFE
                ):
                    return True
            elif not (
                isinstance(function, ast.Name)
                and function.id
                in ("len", "range", "float", "abs", "sum", "exp", "log", "dot", "outer", "tanh", "sqrt")
            ):
                return True
    return False


@lru_cache(maxsize=64)
def _texts(function: ast.AST) -> tuple[tuple[Any, Any, int], ...]:
    """Return (expression, its code, its length) of what stands in a function's text and changes nothing."""
    texts: dict[str, Any] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            texts.setdefault(node.arg, ast.Name(node.arg, ast.Load()))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            texts.setdefault(node.id, ast.Name(node.id, ast.Load()))
        simple = isinstance(
            node, (ast.Name, ast.Subscript, ast.Attribute, ast.BinOp, ast.Call, ast.Compare, ast.UnaryOp)
        )
        if isinstance(node, ast.Name) and isinstance(
            node.ctx, ast.Store
        ):  # perhaps never used, which is the mistake
            texts.setdefault(node.id, ast.Name(node.id, ast.Load()))
        elif (
            simple
            and not isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))
            and not _calls_users(node)
        ):
            texts.setdefault(ast.unparse(node), node)
    found = []
    for text, node in sorted(texts.items(), key=lambda item: len(item[0])):
        code = _compiled(node)
        if code is not None:
            found.append((copy.deepcopy(node), code, len(text)))
    return tuple(found)


def _parts(function: ast.AST, names: dict[str, Any], statement: ast.stmt | None = None) -> list[Part]:
    """Return what stands in scope and in the function's text, with its value in the frame: what stands in the
    statement first, then the shortest."""
    own = set() if statement is None else {ast.unparse(s.node) for s in slots(statement)}
    found = []
    for node, code, size in _texts(function):
        try:
            value = eval(code, names)
        except Exception:
            continue
        if isinstance(value, (bool, int, float, np.ndarray, np.generic)):
            array = np.asarray(value)
            if array.dtype.kind in "fbiu" and array.size <= LARGEST and array.ndim <= 4:
                found.append(Part(node, value, size))
    numbers = [n for n, v in names.items() if isinstance(v, (int, float)) and not isinstance(v, bool)]
    for part in found[: 3 * ATOMS] if len(numbers) <= 12 else []:
        if isinstance(part.node, ast.BinOp) and np.ndim(part.value) == 0:
            for node in rearranged.siblings(part.node, numbers):
                value = value_in(node, names)
                if value is not None:
                    found.append(Part(node, value, part.size + 4))
    found.sort(
        key=lambda part: part.size if part.size < 3 else part.size + 40 * (ast.unparse(part.node) not in own)
    )
    return found[: 3 * ATOMS]


def _name(node: Any) -> Any:
    return node() if callable(node) else node


def _op(left: Any, op: ast.operator, right: Any) -> ast.expr:
    return ast.BinOp(_name(left), op, _name(right))


ONE, TWO, ZERO = ast.Constant(1), ast.Constant(2), ast.Constant(0)


def _np(function: str, *args: Any) -> ast.expr:
    return ast.Call(
        ast.Attribute(ast.Name("np", ast.Load()), function, ast.Load()), [_name(a) for a in args], []
    )


def _axes(first: ast.expr, second: ast.expr, node: Any) -> ast.expr:
    return ast.Subscript(_name(node), ast.Tuple([first, second], ast.Load()), ast.Load())


def _column(x: Any) -> Any:
    return x[:, None] if np.ndim(x) == 1 else None


def _row(x: Any) -> Any:
    return x[None, :] if np.ndim(x) == 1 else None


UNARY: tuple[tuple[str, Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    ("x.T", lambda x: x.T if np.ndim(x) > 1 else None, lambda n: ast.Attribute(_name(n), "T", ast.Load())),
    ("1 - x", lambda x: 1 - x, lambda n: _op(ONE, ast.Sub(), n)),
    ("x ** 2", lambda x: x**2, lambda n: _op(n, ast.Pow(), TWO)),
    ("1 - x ** 2", lambda x: 1 - x**2, lambda n: _op(ONE, ast.Sub(), _op(n, ast.Pow(), TWO))),
    ("x * (1 - x)", lambda x: x * (1 - x), lambda n: _op(n, ast.Mult(), _op(ONE, ast.Sub(), n))),
    ("x > 0", lambda x: x > 0, lambda n: ast.Compare(_name(n), [ast.Gt()], [ZERO])),
    ("x <= 0", lambda x: x <= 0, lambda n: ast.Compare(_name(n), [ast.LtE()], [ZERO])),
    ("exp", np.exp, lambda n: _np("exp", n)),
    ("1 + x", lambda x: 1 + x, lambda n: _op(ONE, ast.Add(), n)),
    ("1 + exp(x)", lambda x: 1 + np.exp(x), lambda n: _op(ONE, ast.Add(), _np("exp", n))),
    ("cos", np.cos, lambda n: _np("cos", n)),
    ("sin", np.sin, lambda n: _np("sin", n)),
    ("sqrt", np.sqrt, lambda n: _np("sqrt", n)),
    ("log", np.log, lambda n: _np("log", n)),
    ("sign", np.sign, lambda n: _np("sign", n)),
    ("1 / x", lambda x: 1 / x, lambda n: _op(ONE, ast.Div(), n)),
    ("1 / x ** 2", lambda x: 1 / x**2, lambda n: _op(ONE, ast.Div(), _op(n, ast.Pow(), TWO))),
    ("2 * x", lambda x: 2 * x, lambda n: _op(TWO, ast.Mult(), n)),
    ("x[:, None]", _column, partial(_axes, ast.Slice(), ast.Constant(None))),
    ("x[None, :]", _row, partial(_axes, ast.Constant(None), ast.Slice())),
)  # fmt: skip


def _sum(node: Any, axis: int, keepdims: bool = False) -> ast.expr:
    words = [ast.keyword("axis", ast.Constant(axis))]
    if keepdims:
        words.append(ast.keyword("keepdims", ast.Constant(True)))
    return ast.Call(ast.Attribute(_name(node), "sum", ast.Load()), [], words)


def _filled(
    root: Slot, names: dict[str, Any], parts: list[Part], right: _Right, deep: bool, helpers: list[str]
) -> Iterator[tuple[int, Edit]]:
    """Put parts, and simple expressions of them, into each place under the root, alone or beside what stands there."""
    singles = [*_singles(parts), *_helped(parts, helpers, names)]
    whole_place = Slot(root.parent, root.name, root.index, root.node)
    for slot in slots_under(root)[:16] if deep else [whole_place]:
        here = value_in(slot.node, names)
        if (
            not isinstance(here, (int, float, np.ndarray, np.generic))
            or np.asarray(here).dtype.kind not in "fiu"
        ):
            continue
        shape = np.shape(here)
        whole = slot.node is root.node
        code = None
        if not whole:
            slot.put(placed(ast.Name(HOLE, ast.Load())))
            code = _compiled(root.node)
            slot.put(slot.node)
            if code is None:
                continue
        constant = isinstance(slot.node, ast.Constant)

        def value_with(new: Any, code: Any = code) -> Any:
            if code is None:
                return new
            names[HOLE] = new
            try:
                return eval(code, names)
            except Exception:
                return None

        wanted = {shape}
        if whole and isinstance(right.now, np.ndarray):
            wanted.add(right.now.T.shape)
        pairs = [p for p in _pairs(parts, wanted) if np.shape(p.value) in wanted] if not constant else []
        if whole:
            yield from _counted(slot, here, parts, right)
        for part in [p for p in (*singles, *pairs) if np.shape(p.value) in wanted]:
            if right(value_with(part.value)):
                yield 40 + part.size, Edit("expression", slot, _name(part.node), 1)
        if constant:
            continue
        for part in singles:
            other = part.value
            if not (_fits(np.shape(other), shape) or (whole and _fits(shape, np.shape(other)))):
                continue
            if np.asarray(other).dtype.kind == "b":
                continue
            for kind, function, op in (
                ("missing factor", np.multiply, ast.Mult()),
                ("missing factor", np.true_divide, ast.Div()),
                ("missing term", np.add, ast.Add()),
                ("missing term", np.subtract, ast.Sub()),
                ("missing term", _less, ast.Sub()),
            ):
                try:
                    new = function(here, other)
                except Exception:
                    continue
                if right(value_with(new)):
                    sides = (part.node, slot.node) if function is _less else (slot.node, part.node)
                    yield 20 + part.size, Edit(kind, slot, _op(sides[0], op, sides[1]), 1)
        for part in [*_differences(parts)] if whole or isinstance(slot.node, ast.Name) else ():
            if _fits(np.shape(part.value), shape) and right(value_with(here * part.value)):
                yield 30 + part.size, Edit("missing factor", slot, _op(slot.node, ast.Mult(), part.node), 1)
        for part in pairs:
            if np.shape(part.value) != shape or np.asarray(part.value).dtype.kind != "f":
                continue
            for op, new in ((ast.Add(), here + part.value), (ast.Sub(), here - part.value)):
                if right(value_with(new)):
                    yield 30 + part.size, Edit("missing term", slot, _op(slot.node, op, part.node), 1)


def _less(here: Any, other: Any) -> Any:
    return np.subtract(other, here)


def _helped(parts: list[Part], helpers: list[str], names: dict[str, Any]) -> Iterator[Part]:
    """Yield the user's functions of one argument, of the arrays in scope."""
    arrays = [p for p in parts if isinstance(p.value, np.ndarray) and p.value.ndim and p.size <= 12][:20]
    for helper in helpers:
        for part in arrays:
            try:
                value = names[helper](part.value)
            except Exception:
                break
            if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.shape == part.value.shape:
                yield Part(partial(_call, helper, part.node), value, part.size + len(helper))


def _call(name: str, node: Any) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), [_name(node)], [])


def _multiples(
    root: Slot, names: dict[str, Any], parts: list[Part], right: _Right, scope: Scope
) -> Iterator[tuple[int, Edit]]:
    """Yield a missing multiple of an array in scope, as a penalty's gradient is, and another multiple of a term.

    The factor is fitted, and taken only where it is one of the numbers of the function, twice or half of it.
    """
    here = value_in(root.node, names)
    if not isinstance(here, (np.ndarray, np.floating)) or np.asarray(here).dtype.kind != "f":
        return
    numbers: list[tuple[float, Any]] = [(float(c), ast.Constant(c)) for c in scope.constants if c]
    for part in parts:
        if (
            isinstance(part.value, (int, float, np.floating))
            and not isinstance(part.value, bool)
            and part.value
        ):
            numbers.append((float(part.value), part.node))
    factors: list[tuple[float, Any]] = [(1.0, ONE), (2.0, TWO)]
    for value, node in numbers[:24]:
        factors += [
            (value, node),
            (2 * value, _op(TWO, ast.Mult(), node)),
            (value / 2, _op(node, ast.Div(), TWO)),
        ]
    mine = np.asarray(here, np.float64)
    arrays = [
        p
        for p in parts
        if np.shape(p.value) == mine.shape and np.asarray(p.value).dtype.kind == "f" and p.size <= 24
    ][:24]
    scales = (1.0, *right.vouched.common[:3])
    for known, scale in ((k, c) for k in right.vouched.known.of_size(mine.size) for c in scales):
        if known.shape != mine.shape:
            continue
        missing = scale * known - mine
        size = float(np.linalg.norm(missing))
        for part in arrays if size > 1e-12 * float(np.linalg.norm(known)) else ():
            other = np.asarray(part.value, np.float64)
            square = float(np.vdot(other, other))
            c = float(np.vdot(missing, other)) / square if square else 0.0
            if c == 0 or not np.linalg.norm(missing - c * other) <= 1e-9 * size:
                continue
            for value, node in factors:
                if abs(abs(c) - abs(value)) <= 1e-9 * abs(c):
                    op = ast.Add() if c * value > 0 else ast.Sub()
                    term = part.node if node is ONE else _op(node, ast.Mult(), part.node)
                    yield 10 + part.size, Edit("missing term", root, _op(root.node, op, term), 1)
                    break


def _counted(slot: Slot, here: Any, parts: list[Part], right: _Right) -> Iterator[tuple[int, Edit]]:
    """Yield factors of the whole value that are products of sizes of arrays in scope and of 2."""
    if np.asarray(here).dtype.kind != "f":
        return
    sizes: dict[float, Any] = {}
    for part in parts:
        if isinstance(part.value, np.ndarray) and part.value.ndim and part.size <= 12:
            sizes.setdefault(float(part.value.size), ast.Attribute(part.node, "size", ast.Load()))
            sizes.setdefault(float(len(part.value)), ast.Call(ast.Name("len", ast.Load()), [part.node], []))
    for size, node in list(sizes.items())[:16]:
        for factor, twice in ((1.0, None), (2.0, ast.Mult()), (0.5, ast.Div())):
            base = slot.node if twice is None else ast.BinOp(slot.node, twice, TWO)
            for op, value in ((ast.Div(), here * factor / size), (ast.Mult(), here * factor * size)):
                if size > 1 and right(value):
                    yield 12, Edit("factor N", slot, ast.BinOp(base, op, node), 1)


def slots_under(root: Slot) -> list[Slot]:
    """Return the places under a root, outermost first."""
    holder = ast.Expr(root.node)
    return [
        s
        for s in slots(holder)
        if s.node is not root.node and not isinstance(s.node, (ast.Slice, ast.Tuple, ast.List))
    ]


def _compiled(node: Any) -> Any:
    try:
        return compile(ast.Expression(placed(node)), "<hole>", "eval")
    except Exception:
        return None


def _fits(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether an array of the first shape broadcasts to the second."""
    if len(shape) > len(other):
        return False
    return all(a in (1, b) for a, b in zip(shape[::-1], other[::-1], strict=False))


def _singles(parts: list[Part]) -> Iterator[Part]:
    seen: set[tuple] = set()
    for part in parts[: 2 * ATOMS]:
        if _new(part.value, seen):
            yield part
    for part in parts[:ATOMS]:
        if part.size > 24 or np.asarray(part.value).dtype.kind == "b":
            continue
        for _, function, make in UNARY:
            try:
                value = function(part.value)
            except Exception:
                continue
            if value is not None and _new(value, seen):
                yield Part(partial(make, part.node), value, part.size + 6)


def _new(value: Any, seen: set[tuple]) -> bool:
    array = np.asarray(value)
    key = (array.shape, array.tobytes()[:4096]) if array.size else None
    if key is None or key in seen:
        return False
    seen.add(key)
    return True


def _pairs(parts: list[Part], wanted: set[tuple[int, ...]]) -> Iterator[Part]:
    """Yield products, sums of products and differences of two parts whose shape is wanted."""
    arrays = [
        p
        for p in parts
        if isinstance(p.value, np.ndarray)
        and p.value.dtype.kind in "fb"
        and 0 < p.value.ndim <= 3
        and p.size <= 16
    ][:PAIRED]
    for i, a in enumerate(arrays):
        for j, b in enumerate(arrays):
            x, y, size = a.value, b.value, a.size + b.size + 4
            turned = partial(_transposed, a.node), partial(_transposed, b.node)
            if x.ndim == y.ndim == 2:
                if x.shape[1] == y.shape[0] and (x.shape[0], y.shape[1]) in wanted:
                    yield Part(partial(_op, a.node, ast.MatMult(), b.node), x @ y, size)
                if x.shape[0] == y.shape[0] and (x.shape[1], y.shape[1]) in wanted:
                    yield Part(partial(_op, turned[0], ast.MatMult(), b.node), x.T @ y, size + 2)
                if x.shape[1] == y.shape[1] and (x.shape[0], y.shape[0]) in wanted:
                    yield Part(partial(_op, a.node, ast.MatMult(), turned[1]), x @ y.T, size + 2)
            if x.ndim == y.ndim == 1 and x.shape + y.shape in wanted:
                yield Part(partial(_np, "outer", a.node, b.node), np.multiply.outer(x, y), size + 8)
            if {x.ndim, y.ndim} == {1, 2}:
                if x.shape[-1] == y.shape[0] and x.shape[:-1] + y.shape[1:] in wanted:
                    yield Part(partial(_op, a.node, ast.MatMult(), b.node), x @ y, size)
                if x.ndim == 2 and x.shape[0] == y.shape[0] and (x.shape[1],) in wanted:
                    yield Part(partial(_op, turned[0], ast.MatMult(), b.node), x.T @ y, size + 2)
            if i <= j and (_fits(y.shape, x.shape) or _fits(x.shape, y.shape)):
                whole = x.shape if _fits(y.shape, x.shape) else y.shape
                reduced = (
                    {whole[1:], whole[:1] + whole[2:], (*whole[:1], 1, *whole[2:])}
                    if len(whole) > 1
                    else set()
                )
                if whole not in wanted and not reduced & wanted:
                    continue
                product = x * y
                node = partial(_op, a.node, ast.Mult(), b.node)
                yield Part(node, product, size)
                if product.ndim > 1:
                    yield Part(partial(_sum, node, 0), product.sum(axis=0), size + 14)
                    yield Part(partial(_sum, node, 1), product.sum(axis=1), size + 14)
                    yield Part(partial(_sum, node, 1, True), product.sum(axis=1, keepdims=True), size + 26)
            if x.shape == y.shape and x.shape in wanted and i != j and x.dtype.kind == y.dtype.kind == "f":
                yield Part(partial(_op, a.node, ast.Sub(), b.node), x - y, size)


def _differences(parts: list[Part]) -> Iterator[Part]:
    """Yield differences and quotients of two variables."""
    arrays = [
        p for p in parts if isinstance(p.value, np.ndarray) and p.value.dtype.kind == "f" and p.size <= 12
    ][:28]
    for a in arrays:
        for b in arrays:
            if a is not b and a.value.shape == b.value.shape:
                yield Part(partial(_op, a.node, ast.Sub(), b.node), a.value - b.value, a.size + b.size)
                if np.all(b.value):
                    yield Part(
                        partial(_op, a.node, ast.Div(), b.node), a.value / b.value, a.size + b.size + 8
                    )


def _transposed(node: Any) -> ast.expr:
    return ast.Attribute(_name(node), "T", ast.Load())
