"""Look for the edit of one statement that makes every array right, by running the user's code with it."""

import contextlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...common.arrays import Array, Arrays
from ..derivatives.run import Recordable
from ..lines.source import Statement
from ..lines.suspect import FORWARD, Suspect
from ..lines.vouching import Vouched
from ..recording.kept import Kept, NotKeptError
from .earlier import earlier
from .edits import edits
from .edits.slots import Edit, place_of
from .explained import unexplained_with
from .fix import Fix, edited_text, fix_of
from .frames import multiplied
from .likelihood import UNEXPLAINED, differing
from .limit import LIMIT
from .naming import Names
from .patching import Live, edited
from .places import Place, holes, insertions, places_of
from .plan import Turn, What, plan, seconds_of, turn_of
from .points import Point, another, quiet
from .reach import Reach
from .together import Outcomes

PLAUSIBLE = 14.0  # the cost of a change up to which one that mends the first wrong value alone is believed
POINTS = 2  # at which an edit is tried that is right at the given one
SECONDS = 3.0  # of CPU; or
CALLS = 150  # of the user's function, where they take longer
LARGE = 1 << 24  # bytes of the module's arrays; more are not put back after each edit
NOTHING = 1e-9  # of the largest entry of the gradient: an array below it is zero but for rounding
MARGIN = 0.45  # of two changes that mend everything, the one that costs so much more is another explanation no longer

BETTER_NAMED = 1  # variables by which a change that is still looked for may have fewer names off
EVEN = 2.0  # where the other stands in what the loss is made of, and the sign is all that differs
# Changes that are compared further: of so many statements, and by how much more they may cost than the likeliest.
MOST_COMPARED, COMPARED = 4, 4.0
SLOW = 0.5  # CPU seconds of a record, beyond which changes are not compared by it
MOST_LEFT = 3  # statements that a change leaves unexplained and another does not, up to which they count
MOST_ROOM = 2  # of these are hoped for
SIGNS = frozenset(["sign", "swapped operands", "-= for +=", "+= for -="])
ALSO_EARLIER = 2  # changes of a statement that are tried where its values were stored


@dataclass
class Search:
    """The state of a search.

    wrong: the arrays that are off without an edit.  tried: edits run.  promising: edits after which the first wrong
    value is a derivative of the loss, whatever becomes of the arrays.  kept: what a run of an edit may change, as it
    is now.  outcomes: what the edits gave.  known: changes that make everything right, to be compared with what is
    found.  here: the given point.  suspects: the statements, the likeliest first.  reach: what changes of them can do.
    unexplained: how many statements each change leaves unexplained.  slow: whether a record takes too long for that.
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
    kept: Kept | None = None
    outcomes: Outcomes | None = None
    known: tuple[Fix, ...] = ()
    here: Point | None = None
    suspects: list[Suspect] = field(default_factory=list)
    reach: Reach | None = None
    unexplained: dict[tuple[Statement, str], float] = field(default_factory=dict)
    slow: bool = False

    def __post_init__(self) -> None:
        # An edit may write into what the code reads of its module: labels += labels.reshape(-1, 1).
        with contextlib.suppress(NotKeptError):
            self.kept = Kept(self.subject.code, LARGE)

    def over(self) -> bool:
        """Whether the time is spent."""
        spent = time.process_time() - self.started
        return spent > self.seconds and (self.tried > CALLS or spent > 2 * self.seconds)

    def visits(self, suspect: Suspect, times: int) -> tuple[int, ...]:
        """Return which of a statement's executions show what it should compute."""
        return (suspect.visit, 0) if suspect.visit >= 0 else (0, times // 2)

    def left(self, fix: Fix, here: Point) -> float:
        """Return how many statements a change leaves unexplained."""
        key = (fix.statement, fix.after)
        if key not in self.unexplained:
            began = time.process_time()
            self.unexplained[key] = 0.0 if self.slow else unexplained_with(here.subject, here.flat, fix)
            self.slow = self.slow or time.process_time() - began > SLOW
            if self.kept is not None:
                self.kept.restore()
        return self.unexplained[key]

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
    state.suspects = suspects
    with quiet(), LIMIT.watched():
        return _search(state, suspects, vouched), state


def point_of(subject: Recordable, truth: Arrays, vouched: Vouched) -> Point:
    """Return the point of the record."""
    flat = {n: a.astype(np.float64) for n, a in subject.flat.items()}
    return Point(subject, flat, truth, vouched.run.outcome.loss or 0.0, vouched.run.close)


def _search(state: Search, suspects: list[Suspect], vouched: Vouched) -> list[Fix]:
    here = state.here = point_of(state.subject, state.truth, vouched)
    state.others()  # recorded now: with an edit that raises at one of them it would be missed
    began = time.process_time()
    state.outcomes = Outcomes(state.truth, here.flat, here.gradients())
    LIMIT.allow(time.process_time() - began)
    partial: list[Fix] = []
    places = places_of(state.subject, suspects, here, vouched)
    names = Names(vouched, (f for p in places for f in p.functions))
    known = [
        fix_of(p.suspect, f.edit, frozenset(state.truth))
        for f in state.known
        for p in places
        if p.suspect.statement == f.statement
    ]
    whole: list[Fix] = []
    state.reach = Reach(state.outcomes, here)
    state.reach.measure(places, None if state.kept is None else state.kept.restore)
    state.reach.order(places, vouched)
    idle = state.reach.idle()

    def in_vain(turn: Turn) -> bool:
        return turn.what is not What.MISSING and turn.place.suspect.statement in idle

    for turn in sorted(plan(places, _lacks(vouched, state.truth), seconds_of(vouched.run.tape)), key=in_vain):
        if whole and in_vain(turn):
            break
        found_at = [f.named(max(f.off - BETTER_NAMED, 0)).cost for f in whole] + [f.cost for f in known]
        beyond = turn.least - turn.place.gain - min(found_at, default=float("inf"))
        beyond -= margin([*known, *whole], turn.place.suspect)
        if beyond > UNEXPLAINED * MOST_ROOM or (beyond > 0 and beyond > _room(state, here, whole)):
            continue  # no change here would be likelier than one that was found
        for place, chosen in _chosen(state, turn, places, vouched, here, names):
            found = _run_all(state, place, chosen, here, names)
            for fix in [f for f in found if len(f.right) == len(state.truth)][:ALSO_EARLIER]:
                for other, edit in earlier(fix, places):
                    found += _run_all(state, other, [edit], here, names)
            whole += [f for f in found if len(f.right) == len(state.truth)]
            partial += [f for f in found if len(f.right) < len(state.truth)]
        if state.over():
            break
    least = min((f.off for f in whole), default=0)
    whole = [*known, *_explaining(state, here, [f.named(least) for f in whole])]
    return sorted(whole or partial, key=lambda fix: (-len(fix.right), fix.cost))


def margin(fixes: Iterable[Fix], suspect: Suspect) -> float:
    """Return how much more a change may cost that is still named beside the least costly of others.

    A loss of the square of y - p does not tell whether p - y was meant, or a minus further down.
    """
    signs = (f for f in fixes if _turns_a_sign(f) and len(f.after) >= len(f.before))
    forward = suspect.tier == FORWARD or any(f.suspect.tier == FORWARD for f in fixes)
    even = forward and any(signs)
    return EVEN if even else MARGIN


def _turns_a_sign(fix: Fix) -> bool:
    return fix.kind in SIGNS or (
        fix.kind == "operator" and set(differing(fix.before, fix.after)) == {"+", "-"}
    )


def _room(state: Search, here: Point, whole: list[Fix]) -> float:
    """Return how much less another change may cost in the end than one that was found: it may explain more."""
    left = state.left(min(whole, key=lambda f: f.cost), here) if whole else 0
    return UNEXPLAINED * min(left, MOST_ROOM)


def _explaining(state: Search, here: Point, whole: list[Fix]) -> list[Fix]:
    """Let those of the likeliest changes cost more that leave more of the backward pass unexplained than others."""
    least = min((f.cost for f in whole), default=0.0)
    likeliest: dict[Statement, Fix] = {}
    for fix in sorted(whole, key=lambda f: f.cost):
        if fix.cost <= least + COMPARED and len(likeliest) < MOST_COMPARED:
            likeliest.setdefault(fix.statement, fix)
    if len(likeliest) < 2:
        return whole
    left = {statement: state.left(fix, here) for statement, fix in likeliest.items()}
    if state.slow:
        return whole
    fewest = min(left.values())
    return [f.leaving(min(left.get(f.statement, fewest) - fewest, MOST_LEFT)) for f in whole]


def _lacks(vouched: Vouched, truth: Arrays) -> bool:
    """Whether entries of the gradient are zero that are not: what would have filled them may be missing."""
    least = NOTHING * max((float(np.abs(a).max(initial=0.0)) for a in truth.values()), default=0.0)
    return any(
        n in truth and v.array.shape == truth[n].shape and _unfilled(np.asarray(v.array), truth[n], least)
        for n, v in vouched.run.gradients.items()
    )


def _unfilled(mine: Array, right: Array, least: float) -> bool:
    """Whether entries were never written; where all are about zero and some are not quite, they were computed."""
    computed = 0 < np.abs(mine).max(initial=0.0) <= least
    return not computed and bool(np.any((mine == 0) & (np.abs(right) > least)))


def _chosen(
    state: Search, turn: Turn, places: list[Place], vouched: Vouched, here: Point, names: Names
) -> Iterator[tuple[Place, Iterable[Edit]]]:
    """Yield the edits of a turn, with the place where each is made."""
    place = turn.place
    if turn.what in (What.FILLED, What.DEEP):
        meant = names.meant(place.suspect.statement)
        reach = state.reach
        needed = [] if reach is None else reach.computed(place.suspect.statement)
        deep = turn.what is What.DEEP
        found, promising = holes(place, vouched, here, state.visits, deep, meant, needed)
        state.promising += promising
        yield place, found
    elif turn.what is What.MISSING:
        yield from insertions(place, places, vouched, here)
    else:
        every = edits(place_of(place.suspect.statement), place.scope, place.sizes)
        yield place, (e for e in every if turn_of(e) is turn.what)


def _run_all(state: Search, place: Place, chosen: Iterable[Edit], here: Point, names: Names) -> list[Fix]:
    """Run edits of one statement; return those that make more arrays right, and none wrong, at every point."""
    already = frozenset(state.truth) - state.wrong
    accepted: list[tuple[Edit, frozenset[str], int]] = []
    seen: set[str] = set()
    statement = place.suspect.statement
    lists = {n for n, shape in place.sizes.items() if shape in ("list", "tuple")} - multiplied(statement.node)
    for edit in chosen:
        if state.over():
            break
        with edit:
            text = edited_text(statement, edit)
            node = edit.new if edit.slot.node is statement.node else statement.node
            if text in seen or lists & multiplied(node):
                continue
            seen.add(text)
            with edited(place.tree, place.functions, statement.file) as done:
                if not done:
                    continue
                state.tried += 1
                arrays = here.gradients()
                right = here.right_of(arrays)
                if arrays is not None and state.outcomes is not None:
                    state.outcomes.add(place, edit, arrays)
                promises = right > already and _tells(right, already, state.truth)
                elsewhere = [p.right_arrays() for p in state.others()] if promises else []
                whole = promises and len(right) == len(state.truth)
                off = _names_off(here, names, place.suspect) if whole else 0
                if state.kept is not None:
                    state.kept.restore()
        if elsewhere and all(
            there >= right - (already - point.without())  # what is right here alone is another mistake
            for there, point in zip(elsewhere, state.others(), strict=True)
        ):
            accepted.append((edit, right, off))
    return [fix_of(place.suspect, edit, right, off) for edit, right, off in accepted]


def _names_off(here: Point, names: Names, suspect: Suspect) -> int:
    """Return how many variables are not what they are named after, with an edit in place.

    One of the forward pass gives what they are named after other values.
    """
    if suspect.tier == FORWARD:
        names = names.again(here.subject, here.flat)
    return names.off(lambda: here.subject.call(here.flat))


def _tells(right: frozenset[str], already: frozenset[str], truth: Arrays) -> bool:
    """Whether what an edit makes right is evidence: of a part, arrays that are not zero, as any factor 0 makes them."""
    sizes = {n: float(np.abs(a).max(initial=0.0)) for n, a in truth.items()}
    least = NOTHING * max(sizes.values(), default=0.0)
    return len(right) == len(truth) or any(sizes[n] > least for n in right - already)


def live_functions(subject: Recordable, statement: Statement) -> list[Any]:
    """Return the live functions that hold a statement."""
    held = Live(subject.code).holding(statement)
    return held[1] if held else []
