"""Look for the edit of one statement that makes every array right, by running the user's code with it."""

import ast
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

import numpy as np

from ...common.arrays import Arrays
from ..derivatives.run import Recordable
from ..lines.source import Statement
from ..lines.suspects import FORWARD, SILENT, Suspect
from ..lines.vouching import Vouched
from .edits import edits
from .edits.scope import Scope, scope_of
from .edits.slots import Edit, place_of, roots
from .fix import Fix, edited_text, fix_of
from .frames import code_key, codes_of, reached, shapes, value_in
from .harmless import harmless
from .holes import fillings
from .holes.missing import inserted
from .holes.right import equal
from .likelihood import SLIP, UNUSED, place_cost, unused_as_it_is
from .patching import Live, edited
from .points import Point, another, quiet

PLAUSIBLE = 14.0  # the cost of a change up to which one that mends the first wrong value alone is believed
POINTS = 2  # at which an edit is tried that is right at the given one
SECONDS = 3.0  # of CPU; or
CALLS = 150  # of the user's function, where they take longer
MARGIN = 0.8  # of two changes that mend everything, the one that costs so much more is another explanation no longer
FILLED, WRITTEN = 60, 200  # edits of a statement, and statements in its place, that are run
CHEAP = -1  # the tier of edits that are tried of every statement before others of any
# What an edit of each turn costs at least.
LEAST = {
    ("holes", ()): SLIP, ("edits", (CHEAP,)): SLIP, ("edits", (0,)): SLIP, ("edits", (1,)): SLIP + 1,
    ("edits", (2,)): SLIP + 3, ("deep holes", ()): SLIP + 2, ("insertions", ()): SLIP + 5,
}  # fmt: skip
COMMON = {
    "operator", "sign", "axis", "comparison", "transpose", "index", "slice", "bound", "order", "swapped",
    "dropped", "swapped arguments", "subscripts", "unused variable",
}  # fmt: skip


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
        """Whether the time is spent."""
        spent = time.process_time() - self.started
        return spent > self.seconds and (self.tried > CALLS or spent > 2 * self.seconds)

    def visits(self, suspect: Suspect, times: int) -> tuple[int, ...]:
        """Return which of a statement's executions show what it should compute."""
        return (suspect.visit, 0) if suspect.visit >= 0 else (0, times // 2)

    def others(self) -> list[Point]:
        """Return further points, with the derivatives of the user's own loss there."""
        if self.points is None:
            rng = np.random.default_rng([self.seed, 14])
            self.points = []
            for trial in range(4 * POINTS):
                if len(self.points) == POINTS:
                    break
                point = another(self.subject, rng, fewer=trial == 0)
                if point is not None:
                    self.points.append(point)
        return self.points


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


@dataclass(eq=False)
class _Place:
    """A statement to edit: the syntax that holds it, the live functions of it, and what its edits draw on."""

    suspect: Suspect
    tree: ast.AST
    functions: list[FunctionType]
    sizes: dict[str, Any]
    scope: Scope

    @property
    def least(self) -> float:
        """What a change here costs at least, beside the edit."""
        idle = unused_as_it_is(self.suspect.statement.function)
        return place_cost(self.suspect) - (UNUSED if idle else 0.0)


def _search(state: Search, suspects: list[Suspect], vouched: Vouched) -> list[Fix]:
    here = Point(
        state.subject,
        {n: a.astype(np.float64) for n, a in state.subject.flat.items()},
        state.truth,
        vouched.run.outcome.loss or 0.0,
        vouched.run.close,
    )
    whole: list[Fix] = []
    partial: list[Fix] = []
    places = _places(state, suspects, here, vouched)
    for turn, group, tiers in _plan(places, _lacks(vouched, state.truth)):
        for place in group:
            least = LEAST[turn, tiers] + (place.least if turn != "insertions" else 0)
            if whole and least > min(f.cost for f in whole) + MARGIN:
                continue  # no change here would be likelier than one that was found
            for where, chosen in _chosen(state, place, places, vouched, here, turn, tiers):
                found = _run_all(state, where, chosen, here)
                whole += [f for f in found if len(f.right) == len(state.truth)]
                partial += [f for f in found if len(f.right) < len(state.truth)]
            if state.over():
                return sorted(whole or partial, key=_order)
    return sorted(whole or partial, key=_order)


def _chosen(
    state: Search,
    place: _Place,
    places: list[_Place],
    vouched: Vouched,
    here: Point,
    turn: str,
    tiers: tuple[int, ...],
) -> Iterator[tuple[_Place, Iterable[Edit]]]:
    """Yield the edits of a turn at a place, with the place where each is made."""
    if turn == "edits":
        every = edits(place_of(place.suspect.statement), place.scope, place.sizes)
        yield place, (e for e in every if _turn(e) in tiers)
    elif turn == "insertions":
        held = {p.suspect.statement: p for p in places if p.tree is place.tree}
        for statement, listed in _inserted(state, place, list(held), vouched, here).items():
            yield held[statement], listed
    else:
        yield place, _holes(state, place, vouched, here, turn == "deep holes")


def _order(fix: Fix) -> tuple[int, float]:
    return -len(fix.right), fix.cost


def _places(state: Search, suspects: list[Suspect], here: Point, vouched: Vouched) -> list[_Place]:
    """Return the statements that a live function holds, with the shapes of its variables and what stands in it.

    Only those of functions that ran: the statement around a lambda may be the very call of this check.
    """
    live = Live(state.subject.code)
    ran = {code_key(code) for code in vouched.run.tape.codes}
    held = [
        (s, h)
        for s in suspects
        if (h := live.holding(s.statement)) is not None and any(code_key(f.__code__) in ran for f in h[1])
    ]
    codes = {code_key(f.__code__) for _, (_, functions) in held for f in functions}
    known = shapes(lambda: state.subject.call(here.flat), codes)
    places = []
    for suspect, (tree, functions) in held:
        scope = scope_of(tree, suspect.statement.node)
        scope.helpers = [
            n
            for n, v in functions[0].__globals__.items()
            if isinstance(v, FunctionType) and v.__code__.co_argcount == 1 and harmless(v)
        ][:12]
        sizes = known.get(code_key(functions[0].__code__), {})
        places.append(_Place(suspect, tree, functions, sizes, scope))
    return places


def _turn(edit: Edit) -> int:
    """Return when an edit is tried: the common ones of every statement before the others of any."""
    common = edit.kind in COMMON or " for " in edit.kind
    return CHEAP if edit.tier == 0 and common else edit.tier


def _lacks(vouched: Vouched, truth: Arrays) -> bool:
    """Whether entries of the gradient are zero that are not: what would have filled them may be missing."""
    given = vouched.run.gradients
    return any(
        v.array.shape == truth[n].shape and np.any((v.array == 0) & (np.abs(truth[n]) > 0))
        for n, v in given.items()
    )


def _plan(places: list[_Place], lacking: bool) -> Iterator[tuple[str, list[_Place], tuple[int, ...]]]:
    """Yield what to try in turn: the likeliest statements get all their edits before the others get any."""
    likely = [p for p in places if not p.suspect.right and p.suspect.tier < FORWARD]
    likely.sort(key=lambda p: place_cost(p.suspect))
    others = [p for p in places if p not in likely]
    few, more = likely[:4], likely[4:]
    lines = [p.suspect.statement.line for p in few] or [0]
    silent = sorted(
        (p for p in others if p.suspect.tier == SILENT),
        key=lambda p: min(abs(p.suspect.statement.line - line) for line in lines),
    )
    others = [*silent, *(p for p in others if p.suspect.tier != SILENT)]
    # Where nothing is done something may be missing.
    idle = [p for p in silent if isinstance(p.suspect.statement.node, ast.Pass)]
    if lacking and not idle:
        yield "insertions", _ends(places), ()
    yield "holes", [*few, *idle], ()
    yield "edits", [*few, *more, *others], (CHEAP,)
    yield "edits", [*few, *more, *others], (0,)
    yield "holes", [*more[:8], *(p for p in silent[:12] if _is_short(p) and p not in idle)], ()
    yield "edits", few, (1,)
    yield "deep holes", few[:2], ()
    if idle or not lacking:
        yield "insertions", _ends(places), ()
    yield "deep holes", [*few[2:], *more[:4]], ()
    yield "edits", more + others, (1,)
    yield "edits", likely, (2,)


def _ends(places: list[_Place]) -> list[_Place]:
    """Return the last statement of each function that holds one of the backward pass."""
    last: dict[int, _Place] = {}
    backward = {id(p.tree) for p in places if p.suspect.tier < FORWARD}
    for place in places:
        key, line = id(place.tree), place.suspect.statement.line
        if key in backward and (key not in last or line > last[key].suspect.statement.line):
            last[key] = place
    return list(last.values())


def _is_short(place: _Place) -> bool:
    """Whether a statement stores or returns so few values that filling each of them takes no time."""
    return len(roots(place.suspect.statement.node)) <= 2


def _holes(state: Search, place: _Place, vouched: Vouched, here: Point, deep: bool) -> list[Edit]:
    """Return the edits after which the statement's value is a derivative of the loss."""
    statement, codes = place.suspect.statement, codes_of(place.functions)

    def call() -> Any:
        return state.subject.call(here.flat)

    found: list[Edit] = []
    times, _ = reached(call, statement, codes, -1)
    for visit in dict.fromkeys(state.visits(place.suspect, times)):
        if not visit < times:
            continue
        _, names = reached(call, statement, codes, visit)
        if names is not None:
            found = fillings(names, statement, place.tree, place.scope, vouched, place.sizes, deep)
        if found:
            state.promising += _promising(place, found, names, vouched)
            break
    return found[: WRITTEN if isinstance(statement.node, ast.Pass) else FILLED]


def _promising(place: _Place, found: list[Edit], names: dict[str, Any], vouched: Vouched) -> list[Fix]:
    """Return the edits that give a wrong value what it is named after, or else a derivative that nothing else holds."""
    suspect = place.suspect
    at = roots(suspect.statement.node)
    if not (suspect.off or suspect.misnamed) or suspect.tier >= FORWARD or len(at) != 1:
        return []
    fixes = []
    for edit in found[:FILLED]:
        with edit:
            node = edit.new if edit.slot.node is at[0].node else at[0].node
            value = value_in(node, names)
        if isinstance(value, (np.ndarray, np.floating)) and np.asarray(value).dtype.kind == "f":
            new = np.asarray(value, np.float64)
            if any(equal(new, g, vouched.run.close) for g in suspect.named) or not (
                suspect.named or vouched.computed.has(new)
            ):
                fixes.append(fix_of(suspect, edit, frozenset()))
    return fixes


def _inserted(
    state: Search, place: _Place, statements: list[Statement], vouched: Vouched, here: Point
) -> dict[Statement, list[Edit]]:
    """Return the statements that may be missing in a function; `place` is its last statement."""
    codes = codes_of(place.functions)

    def call() -> Any:
        return state.subject.call(here.flat)

    times, _ = reached(call, place.suspect.statement, codes, -1)
    _, names = reached(call, place.suspect.statement, codes, max(times - 1, 0))
    return {} if names is None else inserted(statements, names, place.tree, place.scope, vouched)


def _run_all(state: Search, place: _Place, chosen: Iterable[Edit], here: Point) -> list[Fix]:
    """Run edits of one statement; return those that make more arrays right, and none wrong, at every point."""
    already = frozenset(state.truth) - state.wrong
    accepted: list[tuple[Edit, frozenset[str]]] = []
    seen: set[str] = set()
    statement = place.suspect.statement
    for edit in chosen:
        if state.over():
            break
        with edit:
            text = edited_text(statement, edit)
            if text in seen:
                continue
            seen.add(text)
            with edited(place.tree, place.functions, statement.file) as done:
                if not done:
                    continue
                state.tried += 1
                right = here.right_arrays()
                if not right > already:
                    continue
                elsewhere = state.others()
                if not elsewhere or any(not p.right_arrays() >= right for p in elsewhere):
                    continue
            accepted.append((edit, right))
    return [fix_of(place.suspect, edit, right) for edit, right in accepted]


def live_functions(subject: Recordable, statement: Statement) -> list[Any]:
    """Return the live functions that hold a statement."""
    held = Live(subject.code).holding(statement)
    return held[1] if held else []
