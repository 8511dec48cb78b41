"""Look for the edit of one statement that makes every array right, by running the user's code with it."""

import ast
import contextlib
import io
import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

import numpy as np

from ...common.arrays import Arrays
from ...user.matching import match
from ..derivatives.run import Recordable, record
from ..lines.source import Statement
from ..lines.suspects import FORWARD, SILENT, Suspect
from ..lines.vouching import Vouched
from .edits import Edit, Scope, Slot, edits, scope_of
from .holes import fillings, reached
from .patching import Live, codes_of, edited, shapes

CLOSE = 1e-9  # relative, in norm: an array this near to the derivative is right
ZERO = 1e-12  # of the whole gradient: an array below it is a zero but for rounding
# Added to the size of edits that few people would make.
UNLIKELY = {
    "operator": 5,
    "expression": 8,
    "parentheses": 4,
    "missing term": 4,
    "factor N": 3,
    "sign": 2,
    "factor 1/N": 3,
    "a constant for a variable": 6,
}
PLAUSIBLE = 14  # a larger edit is no reason to stop looking
POINTS = 2  # at which an edit is tried that is right at the given one
SECONDS = 2.0  # of CPU; or
CALLS = 150  # of the user's function, where they take longer


@dataclass(frozen=True)
class Fix:
    """An edit that was run.

    suspect, statement: where.  kind: what the edit is.  before, after: the statement's text.  right: the arrays it
    makes right.  size: characters changed.
    """

    suspect: Suspect
    statement: Statement
    edit: Edit
    kind: str
    before: str
    after: str
    right: frozenset[str]
    size: int


@dataclass
class Point:
    """Parameters and a batch, and the loss and its right derivatives there."""

    subject: Recordable
    flat: Arrays
    right: Arrays
    loss: float


@dataclass
class Search:
    """The state of a search.

    wrong: the arrays that are off without an edit.  tried: edits run.  promising: edits after which the first wrong
    value is a derivative of the loss, whatever becomes of the arrays.
    """

    subject: Recordable
    truth: Arrays
    wrong: frozenset[str]
    seed: int = 0
    seconds: float = SECONDS
    tried: int = 0
    started: float = field(default_factory=time.process_time)
    points: list[Point] | None = None
    promising: list[Fix] = field(default_factory=list)

    def over(self) -> bool:
        spent = time.process_time() - self.started
        return spent > self.seconds and (self.tried > CALLS or spent > 2 * self.seconds)

    def right_at(self, point: Point) -> frozenset[str]:
        """Return the arrays that the user's code, as it is now, gets right at a point; empty where it raises."""
        try:
            outcome = point.subject.call(point.flat)
            arrays = match(outcome.grads, point.subject.flat)[0]
        except Exception:  # the edit made nonsense
            return frozenset()
        if not _is(outcome.loss, np.asarray(point.loss)):
            return frozenset()  # another loss has another gradient
        floor = ZERO * np.sqrt(sum(float((a * a).sum()) for a in point.right.values()))
        return frozenset(n for n, right in point.right.items() if _is(arrays.get(n), right, floor))

    def visits(self, suspect: Suspect, times: int) -> tuple[int, ...]:
        """Return which of a statement's executions show what it should compute."""
        return (suspect.visit, 0) if suspect.visit >= 0 else (0, times // 2)

    def others(self) -> list[Point]:
        """Return further points, with the derivatives of the user's own loss there."""
        if self.points is None:
            rng = np.random.default_rng([self.seed, 14])
            self.points = []
            for _ in range(4 * POINTS):
                if len(self.points) == POINTS:
                    break
                point = _another(self.subject, rng)
                if point is not None:
                    self.points.append(point)
        return self.points


def _is(mine: Any, right: np.ndarray, floor: float = 1e-300) -> bool:
    if mine is None or np.shape(mine) != right.shape:
        return False
    mine = np.asarray(mine, np.float64)
    norm = float(np.linalg.norm(right))
    return bool(np.linalg.norm(mine - right) <= CLOSE * norm + floor)


def _another(subject: Recordable, rng: np.random.Generator) -> Point | None:
    flat = {
        n: np.asarray(a * (1 + 0.3 * rng.standard_normal(a.shape)) + 0.05 * rng.standard_normal(a.shape))
        for n, a in subject.flat.items()
    }
    other = subject.on_batch(_shaken(subject.x, rng), subject.y)
    try:
        run = record(other, flat)
        right = run.derivatives()
    except Exception:
        return None
    finite = all(np.isfinite(a).all() for a in right.values())
    return Point(other, flat, right, run.outcome.loss or 0.0) if finite else None


def _shaken(x: Any, rng: np.random.Generator) -> Any:
    if isinstance(x, tuple):
        return tuple(_shaken(each, rng) for each in x)
    floats = isinstance(x, np.ndarray) and x.dtype.kind == "f"
    return np.asarray(x * (1 + 0.1 * rng.standard_normal(x.shape))) if floats else x


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what the user's code prints, and NumPy's warnings, away from the terminal."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def search(
    subject: Recordable,
    truth: Arrays,
    wrong: frozenset[str],
    suspects: list[Suspect],
    vouched: Vouched,
    state: Search | None = None,
) -> tuple[list[Fix], Search]:
    """Return the edits that make every array right, the smallest first; else those that make more arrays right.

    subject: of float64 parameters.  truth: the right derivatives there.
    """
    state = state or Search(subject, truth, wrong)
    with quiet():
        return _search(state, suspects, vouched), state


def _search(state: Search, suspects: list[Suspect], vouched: Vouched) -> list[Fix]:
    live = Live(state.subject.code)
    here = Point(
        state.subject,
        {n: a.astype(np.float64) for n, a in state.subject.flat.items()},
        state.truth,
        vouched.run.outcome.loss or 0.0,
    )
    held = [(s, h) for s in suspects if (h := live.holding(s.statement)) is not None]
    codes = {
        (f.__code__.co_filename, f.__code__.co_firstlineno, f.__code__.co_name)
        for _, (_, fs) in held
        for f in fs
    }
    known = shapes(lambda: state.subject.call(here.flat), codes)
    already = frozenset(state.truth) - state.wrong
    whole: list[Fix] = []
    partial: list[Fix] = []
    prepared = []
    for suspect, (tree, functions) in held:
        code = functions[0].__code__
        sizes = known.get((code.co_filename, code.co_firstlineno, code.co_name), {})
        statement = suspect.statement
        assert statement.function is not None
        scope = scope_of(tree, statement.node)
        scope.helpers = [
            n
            for n, v in functions[0].__globals__.items()
            if isinstance(v, FunctionType) and v.__code__.co_argcount == 1
        ][:12]
        prepared.append((suspect, tree, functions, sizes, scope))
    for turn, group, tiers in _plan(prepared):
        for suspect, tree, functions, sizes, scope in group:
            if suspect.rank and any(f.size <= PLAUSIBLE and not f.suspect.rank for f in whole):
                break  # mended where the first wrong value is
            chosen: Iterator[Edit]
            if turn != "edits":
                filled = list(
                    _holes(state, suspect, tree, functions, sizes, scope, vouched, here, turn == "deep holes")
                )
                if (suspect.off or suspect.misnamed) and suspect.tier < FORWARD:
                    state.promising += [_fix(suspect, edit, frozenset()) for edit in filled]
                chosen = iter(filled)
            else:
                every = edits(_place(suspect.statement), scope, sizes)
                chosen = (e for e in every if _turn(e) in tiers)
            found = _run_all(state, suspect, tree, functions, chosen, here, already)
            whole += [f for f in found if len(f.right) == len(state.truth)]
            partial += [f for f in found if len(f.right) < len(state.truth)]
            if state.over():
                break
        if state.over() or any(f.size <= PLAUSIBLE and f.suspect.rank < 5 for f in whole):
            break
    best = whole or partial
    return sorted(
        best,
        key=lambda f: (
            -len(f.right),
            f.suspect.sure,
            f.suspect.right,
            f.suspect.rank,
            f.suspect.tier,
            not f.suspect.misnamed,
            f.size,
        ),
    )


Prepared = tuple[Suspect, ast.AST, list[Any], dict[str, Any], Scope]


CHEAP = -1
FIRST = set(
    [
        "operator",
        "sign",
        "axis",
        "comparison",
        "transpose",
        "index",
        "slice",
        "bound",
        "order",
        "swapped",
        "dropped",
    ]
)


def _turn(edit: Edit) -> int:
    """Return when an edit is tried: the common ones of every statement before the others of any."""
    common = edit.kind in FIRST or " for " in edit.kind
    return CHEAP if edit.tier == 0 and common else edit.tier


def _plan(prepared: list[Prepared]) -> Iterator[tuple[str, list[Prepared], tuple[int, ...]]]:
    """Yield what to try in turn: the likeliest statements get all their edits before the others get any."""
    likely = [p for p in prepared if not p[0].right and p[0].tier < FORWARD]
    others = [p for p in prepared if p not in likely]
    few, more = likely[:3], likely[3:]
    line = few[0][0].statement.line if few else 0
    silent = sorted((p for p in others if p[0].tier == SILENT), key=lambda p: abs(p[0].statement.line - line))
    others = [*silent, *(p for p in others if p[0].tier != SILENT)]
    yield "holes", [*likely[:12], *silent[:12]], ()
    yield "edits", [*few, *more, *others], (CHEAP,)
    yield "deep holes", few, ()
    yield "edits", few, (0, 1)
    yield "edits", more + others, (0,)
    yield "deep holes", more[:5], ()
    yield "edits", more + others, (1,)
    yield "edits", likely, (2,)


def _holes(
    state: Search,
    suspect: Suspect,
    tree: ast.AST,
    functions: list[Any],
    sizes: dict[str, Any],
    scope: Scope,
    vouched: Vouched,
    here: Point,
    deep: bool,
) -> Iterator[Edit]:
    """Yield the edits after which the statement's value is a derivative of the loss."""
    codes = codes_of(functions)

    def call() -> Any:
        return state.subject.call(here.flat)

    found: list[Edit] = []
    times, _ = reached(call, suspect.statement, codes, -1)
    for visit in dict.fromkeys(state.visits(suspect, times)):
        if not visit < times:
            continue
        _, names = reached(call, suspect.statement, codes, visit)
        if names is not None:
            found = fillings(names, suspect.statement, tree, scope, vouched, sizes, deep)
        if found:
            break
    yield from found[:60]


def _run_all(
    state: Search,
    suspect: Suspect,
    tree: ast.AST,
    functions: list[Any],
    chosen: Iterable[Edit],
    here: Point,
    already: frozenset[str],
) -> list[Fix]:
    """Run edits of one statement; return those that make more arrays right, and none wrong, at every point."""
    accepted: list[tuple[Edit, frozenset[str]]] = []
    seen: set[str] = set()
    statement = suspect.statement
    for edit in chosen:
        if state.over():
            break
        with edit:
            text = _text(statement, edit)
            if text in seen:
                continue
            seen.add(text)
            with edited(tree, functions, statement.file) as done:
                if not done:
                    continue
                state.tried += 1
                right = state.right_at(here)
                if not right > already:
                    continue
                elsewhere = state.others()
                if not elsewhere or any(not state.right_at(p) >= right for p in elsewhere):
                    continue
            accepted.append((edit, right))
    return [_fix(suspect, edit, right) for edit, right in accepted]


def _head(node: ast.stmt) -> ast.stmt:
    """Return a statement without its body."""
    if not hasattr(node, "body"):
        return node
    made = type(node)(**{k: v for k, v in ast.iter_fields(node)})
    ast.copy_location(made, node)
    made.body = [ast.Pass()]  # type: ignore[attr-defined]
    if hasattr(made, "orelse"):
        made.orelse = []
    return made


def _fix(suspect: Suspect, edit: Edit, right: frozenset[str]) -> Fix:
    before = ast.unparse(_head(suspect.statement.node))
    with edit:
        after = _text(suspect.statement, edit)
    before, after = (text.removesuffix("\n    pass") for text in (before, after))
    size = (
        _distance(before, after)
        + UNLIKELY.get(edit.kind, 0)
        + (6 if edit.kind == "constant" and after.count("1") > before.count("1") else 0)
    )
    return Fix(suspect, suspect.statement, edit, edit.kind, before, after, right, size)


def _place(statement: Statement) -> Slot:
    return Slot(statement.parent, statement.block, statement.index, statement.node)


def _text(statement: Statement, edit: Edit) -> str:
    """Return the statement's text with the edit, which is in place."""
    return ast.unparse(_head(edit.new if edit.slot.node is statement.node else statement.node))


def _distance(before: str, after: str) -> int:
    """Return how many characters are taken away and put in, between the common start and the common end."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return len(before) + len(after) - 2 * start - 2 * end


def wrong_arrays(subject: Recordable, truth: Arrays) -> frozenset[str]:
    """Return the arrays that the user's code, as it is now, gets wrong."""
    outcome = subject.call(subject.flat)
    arrays = match(outcome.grads, subject.flat)[0]
    floor = ZERO * np.sqrt(sum(float((a * a).sum()) for a in truth.values()))
    return frozenset(n for n, right in truth.items() if not _is(arrays.get(n), right, floor))


def live_functions(subject: Recordable, statement: Statement) -> list[Any]:
    """Return the live functions that hold a statement."""
    held = Live(subject.code).holding(statement)
    return held[1] if held else []


@contextlib.contextmanager
def applied(subject: Recordable, fix: Fix) -> Iterator[None]:
    """Let the user's live code have a fix."""
    held = Live(subject.code).holding(fix.statement)
    assert held is not None
    with fix.edit, edited(held[0], held[1], fix.statement.file):
        yield
