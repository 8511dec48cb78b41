"""Look for the edit of one statement that makes every array right, by running the user's code with it."""

import ast
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...common.arrays import Arrays
from ..derivatives.run import Recordable
from ..lines.source import Statement
from ..lines.suspect import Suspect
from ..lines.vouching import Vouched
from ..recording.kept import undone
from .edits import edits
from .edits.slots import INSERTED, Edit, place_of
from .fix import Fix, edited_text, fix_of
from .limit import LIMIT
from .patching import Live, edited
from .places import Place, holes, insertions, places_of
from .plan import Turn, What, plan, turn_of
from .points import Point, another, quiet

PLAUSIBLE = 14.0  # the cost of a change up to which one that mends the first wrong value alone is believed
POINTS = 2  # at which an edit is tried that is right at the given one
SECONDS = 3.0  # of CPU; or
CALLS = 150  # of the user's function, where they take longer
NOTHING = 1e-9  # of the largest entry of the gradient: an array below it is zero but for rounding
MARGIN = 0.45  # of two changes that mend everything, the one that costs so much more is another explanation no longer


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
    """Return the edits that make every array right, the likeliest first; else those that make more arrays right.

    subject: of float64 parameters.  truth: the right derivatives there.
    """
    state = state or Search(subject, truth, wrong)
    with quiet(), LIMIT.watched():
        return _search(state, suspects, vouched), state


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
    places = places_of(state.subject, suspects, here, vouched)
    for turn in plan(places, _lacks(vouched, state.truth)):
        if whole and turn.least - turn.place.gain > min(f.cost for f in whole) + MARGIN:
            continue  # no change here would be likelier than one that was found
        for place, chosen in _chosen(state, turn, places, vouched, here):
            found = _run_all(state, place, chosen, here)
            whole += [f for f in found if len(f.right) == len(state.truth)]
            partial += [f for f in found if len(f.right) < len(state.truth)]
        if state.over():
            break
    return sorted(whole or partial, key=lambda fix: (-len(fix.right), fix.cost))


def _lacks(vouched: Vouched, truth: Arrays) -> bool:
    """Whether entries of the gradient are zero that are not: what would have filled them may be missing."""
    least = NOTHING * max((float(np.abs(a).max(initial=0.0)) for a in truth.values()), default=0.0)
    return any(
        n in truth and v.array.shape == truth[n].shape and np.any((v.array == 0) & (np.abs(truth[n]) > least))
        for n, v in vouched.run.gradients.items()
    )


def _chosen(
    state: Search, turn: Turn, places: list[Place], vouched: Vouched, here: Point
) -> Iterator[tuple[Place, Iterable[Edit]]]:
    """Yield the edits of a turn, with the place where each is made."""
    place = turn.place
    if turn.what in (What.FILLED, What.DEEP):
        found, promising = holes(place, vouched, here, state.visits, turn.what is What.DEEP)
        state.promising += promising
        yield place, found
    elif turn.what is What.MISSING:
        yield from insertions(place, places, vouched, here)
    else:
        every = edits(place_of(place.suspect.statement), place.scope, place.sizes)
        yield place, (e for e in every if turn_of(e) is turn.what)


def _run_all(state: Search, place: Place, chosen: Iterable[Edit], here: Point) -> list[Fix]:
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
            stores = edit.kind == INSERTED or _stores(statement.node)
            undoing = undone(here.subject.code) if stores else nullcontext()
            with edited(place.tree, place.functions, statement.file) as done, undoing:
                if not done:
                    continue
                state.tried += 1
                right = here.right_arrays()
                if not right > already or not _tells(right, already, state.truth):
                    continue
                elsewhere = state.others()
                if not elsewhere or any(not p.right_arrays() >= right for p in elsewhere):
                    continue
            accepted.append((edit, right))
    return [fix_of(place.suspect, edit, right) for edit, right in accepted]


def _stores(node: ast.AST) -> bool:
    """Whether a statement may change what is kept between calls: an attribute, an entry, or an array in place."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    local = targets and all(isinstance(t, ast.Name) for t in targets)
    return not local and not isinstance(node, ast.Return)


def _tells(right: frozenset[str], already: frozenset[str], truth: Arrays) -> bool:
    """Whether what an edit makes right is evidence: of a part, arrays that are not zero, as any factor 0 makes them."""
    sizes = {n: float(np.abs(a).max(initial=0.0)) for n, a in truth.items()}
    least = NOTHING * max(sizes.values(), default=0.0)
    return len(right) == len(truth) or any(sizes[n] > least for n in right - already)


def live_functions(subject: Recordable, statement: Statement) -> list[Any]:
    """Return the live functions that hold a statement."""
    held = Live(subject.code).holding(statement)
    return held[1] if held else []
