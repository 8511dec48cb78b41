"""What an edit may draw on: the variables, the sizes and the parts of expressions of the function."""

import ast
import copy
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any

from .nodes import CHANGING, called_name

KEYS = 16  # of dicts that the file makes
FROM_ELSEWHERE = 12  # factors of other functions of the file
WRAPPED = 4  # expressions of other functions around one variable


@dataclass
class Scope:
    """What the edits of a statement may draw on.

    names: the variables of the function, those near the statement first.  unused: those that nothing reads.
    counts: expressions of whole numbers (N, x.shape[0], len(x)).  factors, terms: parts of products and sums that occur
    in the function.  constants: its numbers.  keys: text subscripts by the name they subscript.  attributes: by object.
    helpers: the user's functions of one argument.  calls: calls of functions entry by entry, anywhere in the file.
    arguments: the names of the arguments of the file's functions.  words: constants and variables that calls of them
    hand over, by name: deriv=True.  unread: its own that nothing reads, whole and under the variables of its loops.
    means: whether the file takes a mean anywhere.
    entries: subscripts by the text of what they subscript.  spare: the variables that nothing reads of several that a
    call returns.  wrapped: what other functions of the file make of a variable, by its name.  added: the factors with
    which other statements add to a target, by its text: (left of all, behind all).  conditions: what the function asks
    for, and others of the file, each part of an `and` on its own.
    """

    names: list[str] = field(default_factory=list)
    counts: list[ast.expr] = field(default_factory=list)
    factors: list[ast.expr] = field(default_factory=list)
    terms: list[ast.expr] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)
    keys: dict[str, list[Any]] = field(default_factory=dict)
    attributes: dict[str, list[str]] = field(default_factory=dict)
    helpers: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    calls: list[ast.Call] = field(default_factory=list)
    arguments: dict[str, list[str]] = field(default_factory=dict)
    words: dict[str, list[ast.keyword]] = field(default_factory=dict)
    unread: list[ast.expr] = field(default_factory=list)
    means: bool = False
    entries: dict[str, list[ast.expr]] = field(default_factory=dict)
    spare: list[str] = field(default_factory=list)
    wrapped: dict[str, list[ast.expr]] = field(default_factory=dict)
    added: dict[str, list[tuple[ast.expr | None, ast.expr | None]]] = field(default_factory=dict)
    conditions: list[ast.expr] = field(default_factory=list)


def scope_of(function: ast.AST, at: ast.stmt) -> Scope:
    """Return what stands in the function around a statement, the nearest first."""
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
        unused=unused_in(function),
        unread=unread_in(function),
        entries={owner: list(every.values()) for owner, every in found.entries.items()},
        spare=_spare_in(function),
        added=_added_in(function),
        conditions=_conditions_in(function),
    )


def draw_on(scope: Scope, module: ast.AST) -> None:
    """Add factors, calls and keys of the whole file, as far as the function has variables of the names in them."""
    own = set(scope.names)
    held = {ast.unparse(factor) for factor in scope.factors}
    whole = _collected(module)
    for parts in (whole.factors, whole.read_out):  # g = node.gradients[self], which this function may lack
        others = (part for text, (part, _) in parts.items() if text not in held)
        scope.factors += list(islice((part for part in others if _reads_only(part, own)), FROM_ELSEWHERE))
    everywhere, named = _collected(module).keys, _keys_in(module)
    scope.keys = {
        owner: list(dict.fromkeys([*keys, *everywhere[owner], *named])) for owner, keys in scope.keys.items()
    }
    scope.arguments, scope.means = _arguments_in(module), _takes_means(module)
    own = own | _stored_in(module) | {"np", "numpy"}
    more = (c for c in _conditions_in(module) if _reads_only(c, own))
    scope.conditions = list({ast.unparse(c): c for c in (*scope.conditions, *more)}.values())
    scope.words = {
        name: [k for k in every if isinstance(k.value, ast.Constant) or _reads_only(k.value, own)]
        for name, every in _words_in(module).items()
    }
    scope.wrapped = {
        name: list(islice((e for e in every if _reads_only(e, own)), WRAPPED))
        for name, every in _wrapped_in(module).items()
        if name in scope.names
    }
    scope.calls = [c for c in _calls_in(module) if all(_reads_only(a, own) for a in c.args)]


def _reads_only(part: ast.AST, names: set[str]) -> bool:
    read = {n.id for n in ast.walk(part) if isinstance(n, ast.Name)}
    return bool(read) and read <= names


@lru_cache(maxsize=8)
def _takes_means(module: ast.AST) -> bool:
    return any(isinstance(n, ast.Attribute) and n.attr == "mean" for n in ast.walk(module))


@lru_cache(maxsize=8)
def _arguments_in(module: ast.AST) -> dict[str, list[str]]:
    """Return the names of the arguments of each function of a file."""
    return {n.name: [a.arg for a in n.args.args] for n in ast.walk(module) if isinstance(n, ast.FunctionDef)}


@lru_cache(maxsize=8)
def _words_in(module: ast.AST) -> dict[str, list[ast.keyword]]:
    """Return what the calls of each function hand over by name, or could: constants and variables."""
    found: dict[str, dict[str, ast.keyword]] = {}
    arguments = _arguments_in(module)
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in arguments:
            names = arguments[node.func.id]
            given = [ast.keyword(n, a) for n, a in zip(names, node.args, strict=False)]
            plain = [
                k for k in (*given, *node.keywords) if k.arg and isinstance(k.value, (ast.Constant, ast.Name))
            ]
            found.setdefault(node.func.id, {}).update((ast.unparse(k), k) for k in plain)
    return {name: [copy.deepcopy(k) for k in given.values()] for name, given in found.items()}


@lru_cache(maxsize=128)
def unread_in(function: ast.AST) -> list[ast.expr]:
    """Return the arguments of a function that nothing in it reads: g, g[:, None], and g[i] of each i of its loops."""
    arguments = getattr(function, "args", None)
    if arguments is None:
        return []
    read = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    loops = [n.target for n in ast.walk(function) if isinstance(n, ast.For)]
    turns = [n.id for target in loops for n in ast.walk(target) if isinstance(n, ast.Name)]
    found: list[ast.expr] = []
    for name in (a.arg for a in arguments.args if a.arg not in read and a.arg not in ("self", "cls")):
        whole = ast.Name(name, ast.Load())
        found += [
            whole,
            ast.Subscript(whole, ast.parse("_[:, None]", mode="eval").body.slice, ast.Load()),  # type: ignore[attr-defined]
            *(ast.Subscript(whole, ast.Name(turn, ast.Load()), ast.Load()) for turn in turns[:6]),
        ]
    return found


@lru_cache(maxsize=8)
def _wrapped_in(module: ast.AST) -> dict[str, list[ast.expr]]:
    """Return the calls and sums of a file that take a variable as it stands, by its name: np.logaddexp(lse, sink)."""
    found: dict[str, dict[str, ast.expr]] = {}
    for node in ast.walk(module):
        match node:
            case ast.Call(ast.Attribute() | ast.Name(), [_, _, *_] as taken) if (
                called_name(node) not in CHANGING
            ):
                pass
            case ast.BinOp(left, ast.Add() | ast.Sub(), right):
                taken = [left, right]
            case _:
                continue
        for name in {each.id for each in taken if isinstance(each, ast.Name)}:
            found.setdefault(name, {}).setdefault(ast.unparse(node), copy.deepcopy(node))
    return {name: list(every.values()) for name, every in found.items()}


@lru_cache(maxsize=128)
def _spare_in(function: ast.AST) -> list[str]:
    """Return the variables that nothing reads of several that a call returns."""
    read = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    unpacked = (
        n.targets[0].elts
        for n in ast.walk(function)
        if isinstance(n, ast.Assign) and isinstance(n.value, ast.Call) and isinstance(n.targets[0], ast.Tuple)
    )
    names = (t.id for targets in unpacked for t in targets if isinstance(t, ast.Name))
    return [n for n in dict.fromkeys(names) if n not in read and not n.startswith("_")]


@lru_cache(maxsize=128)
def _conditions_in(function: ast.AST) -> list[ast.expr]:
    """Return what the conditions of a function ask for, each part of an `and` on its own."""
    tests = (n.test for n in ast.walk(function) if isinstance(n, (ast.If, ast.IfExp, ast.While)))
    parts = (p for t in tests for p in (t.values if isinstance(t, ast.BoolOp) else [t]))
    return [copy.deepcopy(p) for p in {ast.unparse(p): p for p in parts}.values()]


@lru_cache(maxsize=128)
def _added_in(function: ast.AST) -> dict[str, list[tuple[ast.expr | None, ast.expr | None]]]:
    """Return the factors that stand before and behind all of what is added to a target, by its text."""
    found: dict[str, list[tuple[ast.expr | None, ast.expr | None]]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.AugAssign) and isinstance(node.op, (ast.Add, ast.Sub)):
            found.setdefault(ast.unparse(node.target), []).append(outer_factors(node.value))
    return found


def outer_factors(value: ast.expr) -> tuple[ast.expr | None, ast.expr | None]:
    """Return the variable before a product, and the variable or count by which it is divided behind all."""
    before: ast.expr = value
    while isinstance(before, ast.BinOp) and isinstance(before.op, (ast.Mult, ast.Div, ast.MatMult)):
        before = before.left
    behind = value.right if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Div) else None
    counted = isinstance(behind, ast.Name) or (behind is not None and _is_count(behind))
    led = before is not value and isinstance(before, ast.Name)
    return copy.deepcopy(before) if led else None, copy.deepcopy(behind) if counted else None


@lru_cache(maxsize=8)
def _stored_in(module: ast.AST) -> frozenset[str]:
    """Return the variables of a module: what its own statements assign to."""
    targets = (t for s in getattr(module, "body", ()) if isinstance(s, ast.Assign) for t in s.targets)
    return frozenset(n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name))


@lru_cache(maxsize=8)
def _keys_in(module: ast.AST) -> list[str]:
    """Return the keys of the dicts that a file makes, of {"z": z} and of dict(z=z)."""
    found: dict[str, None] = {}
    for node in ast.walk(module):
        match node:
            case ast.Dict(keys):
                found |= {
                    k.value: None for k in keys if isinstance(k, ast.Constant) and isinstance(k.value, str)
                }
            case ast.Call(ast.Name("dict")):
                found |= {k.arg: None for k in node.keywords if k.arg}
    return list(found)[:KEYS]


@lru_cache(maxsize=8)
def _calls_in(module: ast.AST) -> list[ast.Call]:
    """Return the calls of one argument in a file, each once."""
    calls = (n for n in ast.walk(module) if isinstance(n, ast.Call) and len(n.args) == 1 and not n.keywords)
    return [copy.deepcopy(c) for c in {ast.unparse(c): c for c in calls}.values()]


def constants_in(function: ast.AST) -> list[Any]:
    """Return the numbers that a function holds."""
    return _collected(function).constants


def unused_in(function: ast.AST) -> list[str]:
    """Return the variables that a function stores and never reads, but for those that say so: _, _rest.

    Those of an array's shape, n, d = x.shape, are often stored without a need, and some of what a call returns.
    """
    stored, read = dict[str, None](), set[str]()
    returned: list[set[str]] = []
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and getattr(node.value, "attr", "") == "shape":
            read.update(n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name))
        match node:
            case ast.Assign([ast.Tuple(targets)], ast.Call()):
                returned.append({t.id for t in targets if isinstance(t, ast.Name)})
            case ast.Name(name, ast.Load()):
                read.add(name)
            case ast.Name(name):
                stored[name] = None
    read = read.union(*(names for names in returned if not names.isdisjoint(read)))
    return [name for name in stored if name not in read and not name.startswith("_")]


def counts_in(function: ast.AST) -> frozenset[str]:
    """Return the variables that a function stores a size of an array or a length in: N = X.shape[0]."""
    found = set[str]()
    for node in ast.walk(function):
        match node:
            case ast.Assign([ast.Tuple(targets)], ast.Attribute(attr="shape")):  # N, D = x.shape
                found.update(t.id for t in targets if isinstance(t, ast.Name))
            case ast.Assign([ast.Tuple(targets)], ast.Tuple(values)) if len(targets) == len(values):
                pairs = zip(targets, values, strict=True)
                found.update(t.id for t, v in pairs if isinstance(t, ast.Name) and _is_count(v))
            case ast.Assign(targets, value) if _is_count(value):
                found.update(t.id for t in targets if isinstance(t, ast.Name))
    return frozenset(found)


def _is_count(node: ast.expr) -> bool:
    match node:
        case (
            ast.Subscript(ast.Attribute(attr="shape"))
            | ast.Attribute(attr="size")
            | ast.Call(ast.Name("len"))
        ):
            return True
    return False


@dataclass
class _Collected:
    """The fields of a scope before they are sorted by the distance of their lines from a statement."""

    names: dict[str, list[int]] = field(default_factory=dict)
    counts: list[ast.expr] = field(default_factory=list)
    factors: dict[str, tuple[ast.expr, list[int]]] = field(default_factory=dict)
    terms: dict[str, tuple[ast.expr, list[int]]] = field(default_factory=dict)
    constants: list[Any] = field(default_factory=list)
    keys: dict[str, list[Any]] = field(default_factory=dict)
    attributes: dict[str, list[str]] = field(default_factory=dict)
    entries: dict[str, dict[str, ast.expr]] = field(default_factory=dict)
    read_out: dict[str, tuple[ast.expr, list[int]]] = field(default_factory=dict)


@lru_cache(maxsize=128)
def _collected(function: ast.AST) -> _Collected:
    """Collect names, parts and numbers of a function with their lines.

    Parts are copies: one may hold the very place into which it is put.
    """
    found = _Collected()
    counts: dict[str, ast.expr] = {}
    for node in ast.walk(function):
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Name(name) | ast.arg(name):
                found.names.setdefault(name, []).append(line)
            case ast.Constant(int(value) | float(value)) if not isinstance(value, bool):
                _add_new(found.constants, value)
            case ast.Attribute(owner, name):
                _add_new(found.attributes.setdefault(ast.unparse(owner), []), name)
            case ast.Subscript(owner, index):
                if isinstance(index, ast.Constant):
                    _add_new(found.keys.setdefault(ast.unparse(owner), []), index.value)
                elif isinstance(node.ctx, ast.Load):
                    found.entries.setdefault(ast.unparse(owner), {}).setdefault(
                        ast.unparse(index), copy.deepcopy(node)
                    )
                if isinstance(owner, ast.Attribute) and owner.attr == "shape":
                    counts.setdefault(ast.unparse(node), node)
            case ast.Call(ast.Name("len")):
                counts.setdefault(ast.unparse(node), node)
            case ast.BinOp(left, ast.Mult() | ast.Div(), right):
                _add_parts(found.factors, (left, right), line)
            case ast.BinOp(base, ast.Pow()):
                _add_parts(found.factors, (base,), line)
            case ast.Assign([ast.Name()], ast.Subscript(slice=ast.Name()) as value):
                _add_parts(found.read_out, (value,), line)
            case ast.BinOp(left, ast.Add() | ast.Sub(), right):
                _add_parts(found.terms, (left, right), line)
    found.counts = [copy.deepcopy(node) for node in counts.values()]
    return found


def _add_new(values: list[Any], value: Any) -> None:
    if value not in values:
        values.append(value)


def _add_parts(into: dict[str, tuple[ast.expr, list[int]]], parts: tuple[ast.expr, ...], line: int) -> None:
    for part in parts:
        if not isinstance(part, ast.Constant):
            text = ast.unparse(part)
            if text not in into:
                into[text] = (copy.deepcopy(part), [])
            into[text][1].append(line)
