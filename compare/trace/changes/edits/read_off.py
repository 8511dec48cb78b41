"""What is read off a function or a file: what nothing reads, what calls hand over, what conditions ask for."""

import ast
import copy
from functools import lru_cache

from .nodes import CHANGING, called_name

KEYS = 16  # of dicts that the file makes


@lru_cache(maxsize=8)
def takes_means(module: ast.AST) -> bool:
    return any(isinstance(n, ast.Attribute) and n.attr == "mean" for n in ast.walk(module))


@lru_cache(maxsize=8)
def arguments_in(module: ast.AST) -> dict[str, list[str]]:
    """Return the names of the arguments of each function of a file."""
    return {n.name: [a.arg for a in n.args.args] for n in ast.walk(module) if isinstance(n, ast.FunctionDef)}


@lru_cache(maxsize=8)
def words_in(module: ast.AST) -> dict[str, list[ast.keyword]]:
    """Return what the calls of each function hand over by name, or could: constants and variables."""
    found: dict[str, dict[str, ast.keyword]] = {}
    arguments = arguments_in(module)
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
def wrapped_in(module: ast.AST) -> dict[str, list[ast.expr]]:
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
def spare_in(function: ast.AST) -> list[str]:
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
def conditions_in(function: ast.AST) -> list[ast.expr]:
    """Return what the conditions of a function ask for, each part of an `and` on its own."""
    tests = (n.test for n in ast.walk(function) if isinstance(n, (ast.If, ast.IfExp, ast.While)))
    parts = (p for t in tests for p in (t.values if isinstance(t, ast.BoolOp) else [t]))
    return [copy.deepcopy(p) for p in {ast.unparse(p): p for p in parts}.values()]


@lru_cache(maxsize=128)
def added_in(function: ast.AST) -> dict[str, list[tuple[ast.expr | None, ast.expr | None]]]:
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
def stored_in(module: ast.AST) -> frozenset[str]:
    """Return the variables of a module: what its own statements assign to."""
    targets = (t for s in getattr(module, "body", ()) if isinstance(s, ast.Assign) for t in s.targets)
    return frozenset(n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name))


@lru_cache(maxsize=8)
def keys_in(module: ast.AST) -> list[str]:
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
def calls_in(module: ast.AST) -> list[ast.Call]:
    """Return the calls of one argument in a file, each once."""
    calls = (n for n in ast.walk(module) if isinstance(n, ast.Call) and len(n.args) == 1 and not n.keywords)
    return [copy.deepcopy(c) for c in {ast.unparse(c): c for c in calls}.values()]


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
