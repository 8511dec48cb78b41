"""What an edit may draw on: the variables, the sizes and the parts of expressions of the function."""

import ast
import copy
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any

from .read_off import (
    added_in,
    arguments_in,
    calls_in,
    conditions_in,
    keys_in,
    spare_in,
    stored_in,
    takes_means,
    unread_in,
    unused_in,
    words_in,
    wrapped_in,
)

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
        spare=spare_in(function),
        added=added_in(function),
        conditions=conditions_in(function),
    )


def draw_on(scope: Scope, module: ast.AST) -> None:
    """Add factors, calls and keys of the whole file, as far as the function has variables of the names in them."""
    own = set(scope.names)
    held = {ast.unparse(factor) for factor in scope.factors}
    whole = _collected(module)
    for parts in (whole.factors, whole.read_out):  # g = node.gradients[self], which this function may lack
        others = (part for text, (part, _) in parts.items() if text not in held)
        scope.factors += list(islice((part for part in others if _reads_only(part, own)), FROM_ELSEWHERE))
    everywhere, named = _collected(module).keys, keys_in(module)
    scope.keys = {
        owner: list(dict.fromkeys([*keys, *everywhere[owner], *named])) for owner, keys in scope.keys.items()
    }
    scope.arguments, scope.means = arguments_in(module), takes_means(module)
    own = own | stored_in(module) | {"np", "numpy"}
    more = (c for c in conditions_in(module) if _reads_only(c, own))
    scope.conditions = list({ast.unparse(c): c for c in (*scope.conditions, *more)}.values())
    scope.words = {
        name: [k for k in every if isinstance(k.value, ast.Constant) or _reads_only(k.value, own)]
        for name, every in words_in(module).items()
    }
    scope.wrapped = {
        name: list(islice((e for e in every if _reads_only(e, own)), WRAPPED))
        for name, every in wrapped_in(module).items()
        if name in scope.names
    }
    scope.calls = [c for c in calls_in(module) if all(_reads_only(a, own) for a in c.args)]


def _reads_only(part: ast.AST, names: set[str]) -> bool:
    read = {n.id for n in ast.walk(part) if isinstance(n, ast.Name)}
    return bool(read) and read <= names


def constants_in(function: ast.AST) -> list[Any]:
    """Return the numbers that a function holds."""
    return _collected(function).constants


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
