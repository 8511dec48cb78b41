"""Choose the wrong edits to plant in the backward functions of a package."""

import ast
import hashlib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..bench.lines.edits import Wrong, wrong_edits
from ..bench.lines.edits.forms import Seen
from ..bench.lines.edits.statements import statements
from ..bench.lines.edits.texts import Edit, Text, apply, needs_parentheses


@dataclass(frozen=True)
class Planned:
    """An edit of a file that tests run: its text before and after, and the tests that run its line.

    target: the backward function.  function: the same, or one that stands in it.
    """

    id: str
    file: str
    target: str
    function: str
    wrong: Wrong
    before: str
    after: str
    tests: tuple[str, ...]

    def applied(self, source: str) -> str:
        return apply(source, self.wrong.edit)


@dataclass(frozen=True)
class Functions:
    """The backward functions of a file.  ran: those that a test runs.  unrun: (function, lines that no test runs)."""

    file: str
    ran: dict[str, int]
    unrun: dict[str, list[int]]


def planned(
    source: str, file: str, wanted: Collection[str], data: dict[str, Any], many: int, seed: int, salt: str
) -> tuple[Functions, list[Planned]]:
    """Return the backward functions of a file, and up to `many` edits of each, spread over kinds and lines.

    wanted: qualified names of the functions.  data: the recorded run.  salt: what else the outcome depends on.
    """
    text, tree = Text(source), ast.parse(source)
    raw = data["scope"].get(file, {})
    seen: dict[int, Seen] = {
        int(line): {n: (k, tuple(s)) for n, (k, s) in names.items()} for line, names in raw.items()
    }
    lines: dict[str, set[int]] = {
        test: set(about["lines"].get(file, ())) for test, about in data["tests"].items()
    }
    ran: dict[str, int] = {}
    unrun: dict[str, list[int]] = {}
    for node, at in statements(tree, text):
        function = _outer(at.function, wanted)
        if function and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            if seen.keys() & set(range(at.line, at.last + 1)):
                ran.setdefault(function, at.line)
            elif not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                unrun.setdefault(function, []).append(at.line)
    chosen: list[Planned] = []
    every = [*_zeroed(tree, text, seen), *wrong_edits(source, seen)]
    for function in ran:
        mine = [w for w in every if _outer(w.statement.function, wanted) == function and _compiles(source, w)]
        for wrong in _spread(mine, many, np.random.default_rng(seed)):
            at = wrong.statement
            tests = [t for t, own in lines.items() if own & set(range(at.line, at.last + 1))]
            tests.sort(key=lambda t: data["tests"][t]["seconds"])
            after = apply(source, wrong.edit).encode()
            end = at.end + len(after) - len(source.encode())
            told = (source, file, wrong.edit, sorted(tests), salt)
            chosen.append(
                Planned(
                    hashlib.sha256(repr(told).encode()).hexdigest()[:16],
                    file,
                    function,
                    at.function,
                    wrong,
                    source.encode()[at.start : at.end].decode(),
                    after[at.start : end].decode(),
                    tuple(tests),
                )
            )
    return Functions(file, ran, unrun), chosen


def named(source: str, is_gradient: Any) -> list[str]:
    """Return the qualified names of the functions of a text that are gradients by their names."""
    found: list[str] = []

    def inside(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                name = f"{prefix}.{node.name}".strip(".")
                if isinstance(node, ast.FunctionDef) and is_gradient(node.name):
                    found.append(name)
                inside(node.body, name)

    inside(ast.parse(source).body, "")
    return found


def _outer(function: str, wanted: Collection[str]) -> str:
    """Return the wanted function that this function is, or is nested in; ''."""
    return next((w for w in wanted if function == w or function.startswith(f"{w}.")), "")


def _compiles(source: str, wrong: Wrong) -> bool:
    try:
        compile(apply(source, wrong.edit), "edited", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _zeroed(tree: ast.Module, text: Text, seen: dict[int, Seen]) -> Iterator[Wrong]:
    """Make what a function returns, or adds to a gradient, zero: a backward pass that does nothing."""
    for node, at in statements(tree, text):
        if seen.keys() & set(range(at.line, at.last + 1)) and isinstance(node, (ast.Return, ast.AugAssign)):
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            for value in values:
                if value is not None and not isinstance(
                    value, (ast.Constant, ast.Dict, ast.List, ast.Lambda)
                ):
                    whole = text.of(value)
                    whole = f"({whole})" if needs_parentheses(value, ast.Pow) else whole
                    yield Wrong("zero", text.replaced(value, f"0 * {whole}"), at)


def _spread(wrongs: list[Wrong], many: int, rng: np.random.Generator) -> Iterator[Wrong]:
    of_kind, of_line, taken = Counter[str](), Counter[int](), set[Edit]()
    waiting = [wrongs[i] for i in rng.permutation(len(wrongs))]
    waiting.sort(key=lambda w: w.kind != "zero")  # what a test that checks nothing passes, first
    while waiting and len(taken) < many:
        best = min(waiting, key=lambda w: (of_kind[w.kind], of_line[w.statement.line]))
        waiting.remove(best)
        if best.edit not in taken:
            taken.add(best.edit)
            of_kind[best.kind] += 1
            of_line[best.statement.line] += 1
            yield best
