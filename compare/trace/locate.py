"""Which lines are wrong, and what to change there: the search over statements and edits, one mistake after another."""

from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np

from ..common.arrays import Arrays
from .candidates import AT_MOST, candidates, idle, is_stray
from .changes.fix import Fix, applied
from .changes.moved import moved
from .changes.places import places_of
from .changes.points import Point, quiet, wrong_arrays
from .changes.search import PLAUSIBLE, Search, margin, point_of, search
from .changes.twins import AGAIN, twins
from .derivatives.adjoint import Adjoint
from .derivatives.run import NotFollowedError, Recordable, Run, record
from .derivatives.slices import Origins
from .evidence import evidence_of, in_one
from .lines.source import Statement, forget
from .lines.stores import calls_itself
from .lines.suspect import Suspect
from .lines.suspects import suspects
from .lines.vouching import Vouched
from .located import Located
from .passing import handed_on
from .two import SECOND, Two

FAR_FETCHED = 4.4  # the cost of a change
ALIKE = 2.0  # seconds of CPU of the search in statements alike
DEAR = 9.0  # the cost of a change beyond which the same small change of several statements is looked for


@dataclass
class _State:
    subject: Recordable
    seed: int
    seconds: float
    found: list[Located] = field(default_factory=list)


def locate(
    subject: Recordable,
    run: Run,
    back: Adjoint,
    origins: Origins,
    flat: Arrays,
    seed: int = 0,
    seconds: float = 3.0,
) -> list[Located]:
    """Return the lines behind the wrong arrays; each with a fix makes some right, all of them together every array.

    subject: the candidate.  run, back, origins: its record at `flat`.
    """
    forget()
    here = _at(subject, flat)
    state = _State(here, seed, seconds)
    with quiet(), ExitStack() as stack:
        truth = run.derivatives(back)
        while len(state.found) < AT_MOST:
            wrong = wrong_arrays(here, truth, run.close)
            if not wrong:
                break
            vouched = Vouched(run, back, origins)
            searched = Search(here, truth, wrong, seed, seconds)
            one = located(here, truth, wrong, vouched, searched)
            if _is_dear(one, truth) and not state.found:
                short = Search(here, truth, wrong, seed, min(seconds, ALIKE))
                alike = in_twins(truth, wrong, vouched, short, one)
                alike = alike or _two(one, truth, Two(searched, vouched, _found))
                if alike and not (_is_clear(one) and not any(each.fix for each in alike)):
                    return in_one(here, alike, run.close)
            if (one is None or one.fix is None or not one.fix.right) and not state.found:
                one = (
                    _elsewhere(here, truth, wrong, searched)
                    or handed_on(here, run, back, truth, wrong)
                    or one
                )
            if one is None or _repeats(one, state.found):
                break
            state.found.append(one)
            if one.fix is None:
                break
            stack.enter_context(applied(here, one.fix))
            if one.fix.right >= frozenset(truth):
                break
            try:
                run = record(here, here.flat)
                back = run.back(edges=True)
            except (NotFollowedError, Exception):
                break
            origins = Origins(run.tape)
        unproved = any(not each.fix.right for each in state.found if each.fix is not None)
        if unproved and wrong_arrays(
            here, truth, run.close
        ):  # edits that led to no right array are not shown
            proved = [f for f in state.found if f.fix is not None and f.fix.right]
            first = next((f for f in state.found if f.fix is not None and not f.fix.right), state.found[0])
            state.found = [*proved, Located(first.candidates or first.statements, first.arrays)]
    with quiet():
        return in_one(here, state.found, run.close)


def _is_clear(one: Located | None) -> bool:
    """Whether statements that do nothing were named, or a call of the very function: that tells more than values."""
    if one is None or one.fix is not None:
        return False
    return all(is_stray(s) for s in one.statements) or any(calls_itself(s) for s in one.statements)


def _elsewhere(here: Recordable, truth: Arrays, wrong: frozenset[str], state: Search) -> Located | None:
    """Return the statement that belongs to another place, where that is all."""
    if state.here is None:
        return None
    found = moved(here.code, [state.here, *state.others()], frozenset(truth))
    if found is None:
        return None
    said = f"Put it {found.words}: then every array is right."
    return Located((found.statement,), tuple(sorted(wrong)), said=said)


def _is_dear(one: Located | None, truth: Arrays) -> bool:
    """Whether no change of one statement was found, or an unlikely one."""
    fix = None if one is None else one.fix
    return fix is None or not fix.right >= frozenset(truth) or fix.cost > DEAR


def in_twins(
    truth: Arrays,
    wrong: frozenset[str],
    vouched: Vouched,
    state: Search,
    one: Located | None,
    ends: Arrays | None = None,
) -> list[Located]:
    """Return the lines of a mistake that stands in several statements alike, if that is likelier than one change."""
    listed = suspects(vouched.run, wrong, truth if ends is None else ends, vouched)
    here = point_of(state.subject, truth, vouched)
    found = twins(state, places_of(state.subject, listed, here, vouched), here, vouched)
    cost = sum((fix.cost for fix in found[:1]), AGAIN * (len(found) - 1))
    if one is not None and one.fix is not None and one.fix.right >= frozenset(truth) and one.fix.cost < cost:
        return []
    return [Located((fix.statement,), tuple(sorted(wrong)), fix) for fix in found]


def _repeats(one: Located, found: list[Located]) -> bool:
    """Whether a change is one of the very line whose last change made no array right: that undid no mistake."""
    last = found[-1].fix if found else None
    return last is not None and not last.right and one.fix is not None and one.fix.statement == last.statement


def _first_mended(searched: Search, listed: list[Suspect]) -> Fix | None:
    """Return an edit that mends the first wrong value where no array becomes right: behind it is another mistake.

    It must do so at a further point too, and leave right what is.
    """
    order = {s.statement: i for i, s in enumerate(listed)}
    plausible = [f for f in searched.promising if f.cost <= PLAUSIBLE]
    points = [p for p in (searched.here, *searched.others()[:1]) if p is not None]
    for fix in sorted(plausible, key=lambda f: (order.get(f.statement, 0), f.cost))[:8]:
        if all(_mends(point, fix) for point in points):
            return fix
    return None


def _mends(point: Point, fix: Fix) -> bool:
    """Whether with an edit its statement no longer gives the first wrong value of right ones."""
    before = frozenset(point.right) - point.without()
    subject = point.subject.on_batch(point.subject.x, point.subject.y)
    subject.flat = dict(point.flat)
    with applied(subject, fix):
        try:
            run = record(subject, subject.flat)
            back = run.back(edges=True)
        except Exception:  # the edit made nonsense
            return False
        truth = run.derivatives(back)
        wrong = wrong_arrays(subject, truth, run.close)
        if not wrong or not wrong <= before:
            return not wrong
        listed = suspects(run, wrong, truth, Vouched(run, back, Origins(run.tape)))
        same = next((s for s in listed if s.statement == fix.statement), None)
        edited = fix.edit.new if fix.edit.slot.node is fix.statement.node else None
        return edited is None and (same is None or not same.first)


def located(
    here: Recordable,
    truth: Arrays,
    wrong: frozenset[str],
    vouched: Vouched,
    state: Search,
    ends: Arrays | None = None,
    whole: bool = False,
) -> Located | None:
    """Return the line of one mistake, or None where there is no candidate.

    ends: what should lie where the run's arrays end, where that is not the truth itself.  whole: whether only a change
    counts that makes every array right.
    """
    listed = suspects(vouched.run, wrong, truth if ends is None else ends, vouched)
    fixes, state = search(here, truth, wrong, listed, vouched, state)
    if whole and (not fixes or not fixes[0].right >= frozenset(truth)):
        return None
    stray = tuple(s.statement for s in listed if is_stray(s.statement))[:AT_MOST]
    if stray and not fixes and ends is None:
        return Located(stray, tuple(sorted(wrong)))
    if ends is None and (not fixes or not fixes[0].right >= frozenset(truth)):
        nearest = any(f.suspect.rank == 0 and f.cost <= PLAUSIBLE for f in fixes)
        first = None if nearest else _first_mended(state, listed)
        fixes = [first, *fixes] if first is not None else fixes
    if not fixes:
        empty = all(not np.any(vouched.run.gradients[n].array) for n in wrong if n in vouched.run.gradients)
        left = idle(listed) if empty and ends is None else candidates(listed, state.reach, vouched)
        return Located(left, tuple(sorted(wrong))) if left else None
    best = fixes[0]
    same = [f for f in fixes[1:] if f.right == best.right]
    others = (f for f in reversed(same) if f.statement != best.statement)
    elsewhere = {f.statement: f for f in others}
    few = same[:5]
    alike = (*few, *(f for f in elsewhere.values() if not any(f is each for each in few)))
    arrays = tuple(sorted(best.right & wrong)) or tuple(sorted(wrong))
    evidence = evidence_of(here, best, vouched.run.close)
    statements = _undecided(best, alike)
    if best.cost >= FAR_FETCHED:  # what is missing where nothing is done may explain it better
        statements = tuple(dict.fromkeys([*stray, *statements]))[:AT_MOST]
    left = () if best.right or ends is not None else candidates(listed, state.reach, vouched)
    return Located(statements, arrays, best, alike, evidence, left)


def _two(one: Located | None, truth: Arrays, two: Two) -> list[Located]:
    """Return two lines in place of the one that was found, where they explain more or are likelier."""
    fix = None if one is None else one.fix
    whole = fix is not None and fix.right >= frozenset(truth)
    found = two.lines()
    changes = [each.fix for each in found if each.fix is not None]
    if fix is not None and whole:
        costs = sum(each.cost for each in changes) + SECOND
        return found if len(changes) == 2 and costs < fix.cost else []
    proved = fix is not None and fix.right  # it goes on from there
    return found if changes or not proved else []


def _found(state: Search, vouched: Vouched, whole: bool) -> Located | None:
    return located(state.subject, state.truth, state.wrong, vouched, state, whole=whole)


def _at(subject: Recordable, flat: Arrays) -> Recordable:
    """Return the candidate at float64 parameters, where its code takes them."""
    if all(subject.flat[n] is a for n, a in flat.items()):
        return subject
    other = subject.on_batch(subject.x, subject.y)
    other.flat = dict(flat)
    return other


def _undecided(best: Fix, alike: tuple[Fix, ...]) -> tuple[Statement, ...]:
    """Return the statements of the best change and of those that are about as likely."""
    found = [best.statement]
    for fix in sorted(alike, key=lambda f: f.cost):
        if fix.statement not in found and fix.cost <= best.cost + margin([best], fix.suspect):
            found.append(fix.statement)
    return tuple(found[:AT_MOST])
