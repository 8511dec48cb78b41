"""Two lines that are wrong at once: one half of the change is made, and the other searched for with it."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import numpy as np

from .changes.fix import Fix, applied
from .changes.forcing import forced, given_points
from .changes.points import Point, wrong_arrays
from .changes.search import PLAUSIBLE, Search
from .changes.together import Outcomes
from .derivatives.run import record
from .derivatives.slices import Origins
from .lines.suspect import FORWARD
from .lines.vouching import Vouched
from .located import Located

Find = Callable[[Search, Vouched, bool], Located | None]  # whole: only a change that makes every array right
GIVEN = 2  # statements whose right values are known that give them
TRIES = 4  # halves of each kind that are tried
TIMES = 1.5  # the time of one search that they may take together
HALF, BESIDE = 0.5, 0.4  # of it that the search for one half may take, and for likelier ones beside the other
LOCAL = 3.0  # by how much a half that mends the first wrong value alone may cost more than what is plausible


def two_of(searched: Search, vouched: Vouched, find: Find) -> list[Located]:
    """Return the two lines whose changes make every array right together, or nothing.

    searched: the search for a single change, which found none.  find: returns the line of a single mistake.
    """
    outcomes = searched.outcomes
    assert outcomes is not None
    for first, second in outcomes.pairs():
        found = _both(searched, first.fix(), second.fix(), find)
        if found:
            return found
    measured, local = _halves(searched)
    return (
        _whole(searched, measured, find)
        or _beside_given(searched, vouched, find)
        or _whole(searched, local, find)
        or _lines(searched, next(iter(measured), None), find)
    )


def _whole(searched: Search, halves: list[Fix], find: Find) -> list[Located]:
    """Return the lines of the first half beside which another change makes every array right."""
    started = time.process_time()
    for fix in halves:
        if time.process_time() - started > TIMES * searched.seconds:
            break
        with applied(searched.subject, fix):
            other = _other(searched, find, HALF)
        if other is not None and other.fix is not None:
            found = _both(searched, fix, other.fix, find)
            if found:
                return found
    return []


def _beside_given(searched: Search, vouched: Vouched, find: Find) -> list[Located]:
    """Return the line that mends everything beside a right value of another, and that other line."""
    named = [s for s in searched.suspects if (s.misnamed or s.first) and s.tier < FORWARD and not s.after]
    for suspect in sorted(named, key=lambda s: s.since)[:GIVEN]:
        for given, points in given_points(suspect, vouched, searched.others()):
            with forced(searched.subject, suspect, given) as done:
                other = _other(replace(searched, points=points), find, HALF) if done else None
            if other is None or other.fix is None:
                continue
            with applied(searched.subject, other.fix):
                one = _other(searched, find, BESIDE)
            if one is not None and one.fix is not None:
                return _both(searched, one.fix, other.fix, find)
            return _lines(searched, other.fix, find)
    return []


def _lines(searched: Search, half: Fix | None, find: Find) -> list[Located]:
    """Return the line of half of the change and the one where the other half is most likely, both without a change."""
    if half is None or half.cost > PLAUSIBLE:
        return []
    with applied(searched.subject, half):
        other = _other(searched, find, 0.0)
    if other is None or half.statement in other.statements:
        return []
    return [
        Located((half.statement,), tuple(sorted(searched.wrong))),
        Located(other.statements, other.arrays),
    ]


def _halves(searched: Search) -> tuple[list[Fix], list[Fix]]:
    """Return the edits that may be half of the change, the likeliest first.

    Those of which the gradients tell, at another point too, and those of which the first wrong value alone does.
    """
    assert searched.outcomes is not None
    others = [(p, Outcomes(p.right, p.flat, p.gradients())) for p in searched.others()[:1]]
    told = sorted(((cost, ran.fix()) for cost, ran in searched.outcomes.halves()), key=lambda pair: pair[0])
    found: tuple[list[Fix], list[Fix]] = ([], [])
    local = [f for f in sorted(searched.promising, key=lambda f: f.cost) if f.cost <= PLAUSIBLE + LOCAL]
    seen: set[tuple[int, str]] = set()
    for fix, measured in [*((f, True) for _, f in told), *((f, False) for f in local)]:
        key, listed = (fix.statement.line, fix.after), found[not measured]
        if key in seen or len(listed) >= TRIES:
            continue
        if _keeps(searched, fix) and not (measured and any(not _tells(searched, fix, *o) for o in others)):
            seen.add(key)
            listed.append(fix)
    return found


def _keeps(searched: Search, fix: Fix) -> bool:
    """Whether what is right stays right with an edit."""
    point = searched.here
    assert point is not None
    with applied(searched.subject, fix):
        return point.right_arrays() >= frozenset(searched.truth) - searched.wrong


def _tells(searched: Search, fix: Fix, point: Point, outcomes: Outcomes) -> bool:
    """Whether at another point too something is right with an edit that is not without."""
    with applied(searched.subject, fix):
        arrays = point.gradients()
    gave = None if arrays is None else outcomes.of(arrays)
    return gave is not None and bool(np.isfinite(outcomes.unlikely(gave)))


def _other(searched: Search, find: Find, share: float, *known: Fix) -> Located | None:
    """Return the line of what is still wrong with the edits in place, None where nothing is or no change is found.

    share: of the time of a search; 0: of the line alone.  known: changes that mend it.
    """
    here, truth = searched.subject, searched.truth
    try:
        run = record(here, here.flat)
        wrong = wrong_arrays(here, truth, run.close)
        if not wrong:
            return None
        vouched = Vouched(run, run.back(edges=True), Origins(run.tape))
    except Exception:  # the edit made nonsense
        return None
    seconds = share * searched.seconds
    state = Search(here, truth, wrong, searched.seed, seconds, points=searched.others(), known=known)
    return find(state, vouched, share > 0)


def _both(searched: Search, first: Fix, second: Fix, find: Find) -> list[Located]:
    """Return the lines of two changes that are right together, each the likeliest beside the other; one that is right
    alone is all there is."""
    here = searched.subject
    with ExitStack() as stack:
        for fix in (first, second):
            stack.enter_context(applied(here, fix))
        if any(len(p.right_arrays()) < len(searched.truth) for p in searched.others()):
            return []
    with applied(here, second):
        one = _other(searched, find, BESIDE, first)
    if one is None or one.fix is None:
        return []
    with applied(here, one.fix):
        two = _other(searched, find, BESIDE, second)
    if two is None or two.fix is None:
        return []
    with applied(here, two.fix):
        alone = not wrong_arrays(here, searched.truth)
    return [two] if alone else [one, two]
