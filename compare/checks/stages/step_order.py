"""Find a superfluous or premature statement of an update: run the update without it, or in another order.

Values on the way do not tell of it: `self.rate = rate` stores what is right, and is wrong in the next step.
"""

import ast
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ...judge.report import Finding
from ...trace.changes.limit import allowed
from ...trace.changes.patching import Live, edited
from ...trace.changes.points import Point, quiet
from ...trace.lines.source import Statement, file_of
from ...trace.steps import Steps, StepSearch

LATER = 3  # statements that one may belong behind
SECONDS = 2.0
SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Delete)


class _Change(NamedTuple):
    """A statement left out (later = 0), or put behind the `later` statements that follow it."""

    statement: Statement
    later: int

    @property
    def block(self) -> list[ast.stmt]:
        return getattr(self.statement.parent, self.statement.block)

    @property
    def followers(self) -> list[ast.stmt]:
        at = self.statement.index
        return self.block[at + 1 : at + 1 + self.later]

    @contextmanager
    def made(self) -> Iterator[None]:
        """Let the tree of the file have the change."""
        block, at = self.block, self.statement.index
        was = list(block)
        block[at : at + 1 + self.later] = (
            [*self.followers, self.statement.node] if self.later else [ast.Pass()]
        )
        for node in block:
            ast.copy_location(node, was[at]) if not hasattr(node, "lineno") else None
        try:
            yield
        finally:
            block[:] = was


def displaced(steps: Steps, array: str, seed: int) -> list[Finding]:
    """Return findings for the one statement whose removal or later place makes all steps right; [] where none does.

    array: one that is wrong.
    """
    ended = time.process_time() + allowed(SECONDS)
    try:
        with quiet():
            truth = steps.right(steps.flat)
            points = [
                Point(steps, steps.flat, truth, 0.0),
                *StepSearch(steps, truth, frozenset(truth), seed).others(),
            ]
            live = Live(steps.code)
            for change in _changes(live):
                held = live.holding(change.statement)
                if held is None or time.process_time() > ended:
                    continue
                with change.made(), edited(*held, change.statement.file) as done:
                    if not done or not all(p.right_arrays() >= frozenset(truth) for p in points):
                        continue
                return _findings(change, array)
        return []
    finally:
        steps.kept.restore()


def _changes(live: Live) -> Iterator[_Change]:
    """Yield what is tried: a later place first, the nearest first."""
    files = {key[0]: file_of(key[0]) for key in live.functions}
    every = [s for f in files.values() if f is not None for s in f.statements if isinstance(s.node, SIMPLE)]
    inside = [s for s in every if s.function is not None and not _says_nothing(s.node)]
    for later in (*range(1, LATER + 1), 0):
        for statement in inside:
            change = _Change(statement, later)
            if len(change.followers) == later and not any(
                isinstance(f, ast.Return) for f in change.followers
            ):
                yield change


def _says_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _findings(change: _Change, array: str) -> list[Finding]:
    """Return one finding where a statement is left out; two, with a change each, where it is put behind another."""
    at, name = change.statement, Path(change.statement.file).name
    text = ast.unparse(at.node)
    if not change.later:
        said = f"{name}, line {at.line}: {at.text}. Leave it out: what it changes is wrong in the next step."
        return [_finding(array, (), said, at, at.line, text, "pass")]
    last = change.followers[-1]
    reads = {n for f in change.followers for n in _names(f)}
    early = ("updated-weights-used",) if _names(at.node) & reads else ()
    where = f"put it behind line {last.end_lineno}, which needs what it changes"
    said = f"{name}, line {at.line}: {at.text}. It stands too early: {where}."
    first = _finding(array, early, said, at, at.line, text, "pass")
    behind = ast.unparse(last)
    return [first, _finding(array, early, said, at, last.lineno, behind, f"{behind}\n{text}")]


def _names(node: ast.AST) -> set[str]:
    """Return the names and attributes in a statement, as they are written."""
    return {ast.unparse(n) for n in ast.walk(node) if isinstance(n, (ast.Name, ast.Attribute))} - {
        "self",
        "np",
    }


def _finding(
    array: str, ids: tuple[str, ...], said: str, at: Statement, line: int, before: str, after: str
) -> Finding:
    statement: dict[str, Any] = {"line": line, "from": before, "to": after}
    fix = {**statement, "kind": "order", "statement": statement, "others": []}
    return Finding(array, "line", ids, True, said, None, at.file, line, before, fix, (line,))
