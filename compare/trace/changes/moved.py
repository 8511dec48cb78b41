"""A statement that stands at another place than it should: in a loop, or before what it needs. It was run elsewhere."""

import ast
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ..lines.source import Statement, file_of
from .limit import LIMIT, allowed
from .patching import Live, edited
from .points import Point, quiet

LATER = 3  # statements that one may belong behind
SECONDS = 2.0  # of CPU
SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return)


@dataclass(frozen=True)
class Moved:
    """A statement, and where it was run: `words`, "behind line 12"."""

    statement: Statement
    words: str


@dataclass(frozen=True)
class _Place:
    """A block from which a statement is taken, and that into which it is put, at an index of it as it then is."""

    taken: list[ast.stmt]
    index: int
    into: list[ast.stmt]
    at: int
    words: str

    @contextmanager
    def made(self) -> Iterator[None]:
        before = list(self.taken), list(self.into)
        node = self.taken.pop(self.index)
        if not self.taken:
            self.taken.append(ast.copy_location(ast.Pass(), node))
        self.into.insert(self.at, node)
        try:
            yield
        finally:
            self.into[:] = before[1]
            self.taken[:] = before[0]


def moved(function: object, points: Sequence[Point], wanted: frozenset[str]) -> Moved | None:
    """Return the one statement that, at another place, makes all arrays right at all points; None of several."""
    ended, live = time.process_time() + allowed(SECONDS), Live(function)
    found: list[Moved] = []
    with quiet(), LIMIT.watched():
        for statement, place in _places(live):
            held = live.holding(statement)
            if held is None or time.process_time() > ended:
                break
            with place.made(), edited(*held, statement.file) as done:
                if done and all(p.right_arrays() >= wanted for p in points):
                    found.append(Moved(statement, place.words))
    return found[0] if len({f.statement for f in found}) == 1 else None


def _places(live: Live) -> Iterator[tuple[Statement, _Place]]:
    files = [f for f in {key[0]: file_of(key[0]) for key in live.functions}.values() if f is not None]
    every = [s for f in files for s in f.statements if s.function is not None and live.holding(s)]
    for statement in every:
        if isinstance(statement.node, SIMPLE):
            for place in (*_out(statement, every), *_into(statement), *_later(statement)):
                yield statement, place


def _out(at: Statement, every: Sequence[Statement]) -> Iterator[_Place]:
    """Yield the place behind the loop in which a statement is the last."""
    block = getattr(at.parent, at.block)
    loop = next((s for s in every if s.node is at.parent and isinstance(s.node, (ast.For, ast.While))), None)
    if loop is not None and at.block == "body" and at.index == len(block) - 1:
        around = getattr(loop.parent, loop.block)
        yield _Place(block, at.index, around, loop.index + 1, f"behind the loop of line {loop.line}")


def _into(at: Statement) -> Iterator[_Place]:
    """Yield the place at the end of the loop above a statement, and that of the loop that is the last in it."""
    block = getattr(at.parent, at.block)
    above = block[at.index - 1] if at.index > 0 else None
    while isinstance(above, (ast.For, ast.While)) and not isinstance(at.node, ast.Return):
        yield _Place(block, at.index, above.body, len(above.body), f"into the loop of line {above.lineno}")
        above = above.body[-1]


def _later(at: Statement) -> Iterator[_Place]:
    """Yield the places behind the statements below."""
    block = getattr(at.parent, at.block)
    for later in range(1, LATER + 1):
        below = block[at.index + 1 : at.index + 1 + later]
        if len(below) < later or isinstance(below[-1], ast.Return) or isinstance(at.node, ast.Return):
            return
        yield _Place(block, at.index, block, at.index + later, f"behind line {below[-1].end_lineno}")
