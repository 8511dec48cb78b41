"""Two lines that are wrong at once: one half of the change is made, and the other searched for with it."""

import ast
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import numpy as np

from .changes.edits.slots import Edit, Slot, place_of
from .changes.fix import Fix, applied
from .changes.forcing import forced, given_points
from .changes.likelihood import AFTER, place_cost
from .changes.points import Point, wrong_arrays
from .changes.reach import Reach
from .changes.rewriting import head
from .changes.search import PLAUSIBLE, Search
from .changes.together import Outcomes
from .derivatives.run import record
from .derivatives.slices import Origins
from .lines.source import Statement
from .lines.suspect import FORWARD
from .lines.vouching import Vouched
from .located import Located

Find = Callable[[Search, Vouched, bool], Located | None]
GIVEN = 2  # statements that are given their right values
TRIES = 4  # halves of each kind that are tried
MOST = 3.0  # CPU seconds of a search that are counted
TIMES = 2.0  # as long as a search they may take together
HALF, BESIDE = 0.8, 0.4  # of it: to search for one half, and for likelier ones beside the other
NAMED = 2  # statements that are named for the other half where no change of it was found
SECOND = 3.0  # the cost of a second mistake, beside that of its change
LOCAL = 3.0  # by how much a half of which the gradients do not tell may cost more than what is plausible
HALVES = 3  # edits beside which one statement can mend everything
CHEAP = 8.0  # the cost of two changes that add up, up to which no others are looked for
EACH = 6  # edits of each line that may be such
LOOKING = 1.5  # CPU seconds in which they are looked for
EVEN = 1.6  # by which other pairs of lines that can mend everything may be less likely and are still named
SURE = 8.0  # the cost of half a change up to which its line is named where no other half was found


@dataclass
class Two:
    """The search for two changes after that for a single one.

    searched, vouched: that search, and what it knew.  find: returns the line of a single mistake; its last argument
    says whether only a change counts that makes every array right.
    """

    searched: Search
    vouched: Vouched
    find: Find
    until: float = field(init=False)

    def __post_init__(self) -> None:
        self.seconds = min(self.searched.seconds, MOST)
        self.until = time.process_time() + TIMES * self.seconds
        assert self.searched.outcomes is not None
        self.outcomes = self.searched.outcomes

    def lines(self) -> list[Located]:
        """Return the two lines whose changes make every array right together, without the changes where one of them is
        not known; or nothing."""
        found = self._together()
        if found and _sum(found) <= CHEAP:
            return found
        reached = self._halves_reached()
        found = min((each for each in (found, self._beside(reached)) if each), key=_sum, default=[])
        if found:
            return found
        measured, local = self._halves()
        return (
            self._beside(measured)
            or self._beside_given()
            or self._beside(local)
            or (self._without_changes(reached[0]) if reached else [])
            or (self._without_changes(measured[0]) if measured and measured[0].cost <= SURE else [])
            or self._reached()
        )

    def _together(self) -> list[Located]:
        """Return the lines of two changes that add up."""
        for first, second in self.outcomes.pairs():
            found = self._both(first.fix(), second.fix())
            if found:
                return found
        return []

    def _halves(self) -> tuple[list[Fix], list[Fix]]:
        """Return the edits that may be half of the change, the likeliest first.

        Those of which the gradients tell, at another point too, and those of which the first wrong value alone does.
        """
        others = [(p, Outcomes(p.right, p.flat, p.gradients())) for p in self.searched.others()[:1]]
        told = sorted(((cost, ran.fix()) for cost, ran in self.outcomes.halves()), key=lambda pair: pair[0])
        local = sorted(self.searched.promising, key=lambda f: f.cost)
        found: tuple[list[Fix], list[Fix]] = ([], [])
        seen: set[tuple[int, str]] = set()
        for fix, measured in [*((f, True) for _, f in told), *((f, False) for f in local)]:
            key, listed = (fix.statement.line, fix.after), found[not measured]
            if key in seen or len(listed) >= TRIES or not (measured or fix.cost <= PLAUSIBLE + LOCAL):
                continue
            if self._keeps(fix) and not (measured and any(not self._tells(fix, *o) for o in others)):
                seen.add(key)
                listed.append(fix)
        return found

    def _keeps(self, fix: Fix) -> bool:
        """Whether what is right stays right with an edit."""
        point = self.searched.here
        assert point is not None
        with applied(self.searched.subject, fix):
            return point.right_arrays() >= frozenset(self.searched.truth) - self.searched.wrong

    def _tells(self, fix: Fix, point: Point, outcomes: Outcomes) -> bool:
        """Whether at another point too something is right with an edit that is not without."""
        with applied(self.searched.subject, fix):
            arrays = point.gradients()
        gave = None if arrays is None else outcomes.of(arrays)
        if gave is None or self.outcomes.start is None:
            return False
        return bool(np.isfinite(outcomes.unlikely(gave, self.outcomes.right_of(self.outcomes.start))))

    def _beside(self, halves: list[Fix]) -> list[Located]:
        """Return the lines of the first half beside which another change makes every array right."""
        for fix in halves:
            with applied(self.searched.subject, fix):
                other = self._other(HALF)
            found = self._both(fix, other.fix) if other is not None and other.fix is not None else []
            if found:
                return found
        return []

    def _beside_given(self) -> list[Located]:
        """Return the line that mends everything beside a right value of another, and that other line."""
        here = self.searched.subject
        suspects = [
            s for s in self.searched.suspects if (s.misnamed or s.first) and s.tier < FORWARD and not s.after
        ]
        for suspect in sorted(suspects, key=lambda s: s.since)[:GIVEN]:
            for given, points in given_points(suspect, self.vouched, self.searched.others()):
                with forced(here, suspect, given) as done:
                    other = self._other(HALF, points=points) if done else None
                if other is None or other.fix is None or other.fix.statement == suspect.statement:
                    continue  # a change of what is given is none of what stands there
                with applied(here, other.fix):
                    if not wrong_arrays(here, self.searched.truth, self.vouched.run.close):
                        return [other]
                    one = self._other(BESIDE)
                if one is not None and one.fix is not None:
                    return self._both(one.fix, other.fix)
                return self._without_changes(other.fix)
        return []

    def _without_changes(self, half: Fix) -> list[Located]:
        """Return the line of half of the change and that where the other half is most likely."""
        with applied(self.searched.subject, half):
            other = self._other(0.0)
        if other is None or half.statement in other.statements:
            return []
        likely = other.statements[:NAMED]
        return [
            Located((half.statement,), tuple(sorted(self.searched.wrong)), beside=likely),
            Located(likely, other.arrays, beside=(half.statement,)),
        ]

    def _halves_reached(self) -> list[Fix]:
        """Return the edits beside which another statement can make every array right, where none can alone."""
        reach, point = self.searched.reach, self.searched.here
        others: dict[Statement, list[Statement]] = defaultdict(list)
        for a, b in reach.possible() if reach is not None else []:
            others[a].append(b)
            others[b].append(a)
        tried: list[Fix] = []
        for statement in others:
            ran = [r.fix() for r in self.outcomes.distinct() if r.place.suspect.statement == statement]
            tried += sorted(ran, key=_cost)[:EACH]
        found: list[Fix] = []
        until = time.process_time() + LOOKING
        for fix in sorted((f for f in tried if _cost(f) <= SURE), key=_cost):
            if len(found) == HALVES or time.process_time() > until or reach is None or point is None:
                break
            with applied(self.searched.subject, fix):
                beside = Reach(Outcomes(point.right, point.flat, point.gradients()), point)
                beside.measure([reach.places[s] for s in others[fix.statement]])
            if beside.alone():
                found.append(fix)
        return found

    def _reached(self) -> list[Located]:
        """Return two lines that can make every array right together where none can alone, whatever the changes."""
        reach, costs = self.searched.reach, dict[Statement, float]()
        for suspect in self.searched.suspects:
            costs[suspect.statement] = place_cost(suspect) - AFTER * suspect.after
            known = reach is not None and reach.mends(suspect.statement) is not None
            if not known and suspect.standing == 0 and suspect.tier < FORWARD and not suspect.right:
                return []  # it may be the one
        none = (
            reach is None or reach.alone()
        )  # one that hands over what others give may be behind the mistake
        pairs = sorted(reach.pairs() if reach and not none else [], key=lambda p: costs[p[0]] + costs[p[1]])
        if not pairs:
            return []
        one, other = pairs[0]
        least = costs[one] + costs[other] + EVEN
        near = [p for p in pairs if costs[p[0]] + costs[p[1]] <= least]
        ones, others = ([one], [other])
        for a, b in near:
            if a in (one, other):
                (others if a == one else ones).append(b)
            elif b in (one, other):
                (others if b == one else ones).append(a)
        first, second = (tuple(dict.fromkeys(each)) for each in (ones, others))
        room = 2 * NAMED
        first, second = first[: max(NAMED, room - len(second))], second[: max(NAMED, room - len(first))]
        wrong = tuple(sorted(self.searched.wrong))
        return [Located(first, wrong, beside=second), Located(second, wrong, beside=first)]

    def _other(self, share: float, *known: Fix, points: list[Point] | None = None) -> Located | None:
        """Return the line of what is still wrong with the edits in place, None where nothing is or no change is found.

        share: of the time of a search; 0: of the line alone.  known: changes that mend it.
        """
        here, truth = self.searched.subject, self.searched.truth
        if share and not known and time.process_time() > self.until:
            return None
        try:
            run = record(here, here.flat)
            wrong = wrong_arrays(here, truth, run.close)
            if not wrong:
                return None
            vouched = Vouched(run, run.back(edges=True), Origins(run.tape))
        except Exception:  # the edit made nonsense
            return None
        points = [replace(p, unedited=None) for p in (self.searched.others() if points is None else points)]
        seed, seconds = self.searched.seed, share * self.seconds
        return self.find(
            Search(here, truth, wrong, seed, seconds, points=points, known=known), vouched, share > 0
        )

    def _both(self, first: Fix, second: Fix) -> list[Located]:
        """Return the lines of two changes that are right together, each the likeliest beside the other.

        One that is right alone is all there is.
        """
        here = self.searched.subject
        with ExitStack() as stack:
            for fix in (first, second):
                stack.enter_context(applied(here, fix))
            if any(len(p.right_arrays()) < len(self.searched.truth) for p in self.searched.others()):
                return []
        with applied(here, second):
            one = self._other(BESIDE, first)
        if one is None or one.fix is None:
            return []
        if one.fix.statement == second.statement:
            return self._of_one_statement(one)
        with applied(here, one.fix):
            two = self._other(BESIDE, second)
        if two is None or two.fix is None:
            return []
        if two.fix.statement == one.fix.statement:
            return self._of_one_statement(two)
        with applied(here, two.fix):
            alone = not wrong_arrays(here, self.searched.truth, self.vouched.run.close)
        return [two] if alone else [one, two]

    def _of_one_statement(self, last: Located) -> list[Located]:
        """Return two changes of one statement as one: the text of the last holds the other; nothing if it does not.

        The last may change what the other put in, so that neither is a change without the other.
        """
        assert last.fix is not None
        fix = _rewriting(last.fix)
        if fix is None:
            return []
        here = self.searched.subject
        with applied(here, fix):
            whole = all(
                len(p.right_arrays()) == len(self.searched.truth)
                for p in [self.searched.here, *self.searched.others()]
                if p is not None
            )
        return [replace(last, fix=fix, others=())] if whole else []


def _rewriting(fix: Fix) -> Fix | None:
    """Return a fix that puts its text for the whole statement, of a loop or a condition for what it runs over or asks;
    None where the text is another kind of statement."""
    statement = fix.statement
    headed = next(
        (f for f in ("iter", "test") if hasattr(statement.node, "body") and hasattr(statement.node, f)), ""
    )
    node = ast.parse(fix.after + (" pass" if headed else "")).body[0]
    if type(node) is not type(statement.node):
        return None
    slot, new = place_of(statement), node
    if headed:
        slot, new = Slot(statement.node, headed, None, getattr(statement.node, headed)), getattr(node, headed)
    edit = Edit(fix.kind, slot, ast.copy_location(new, slot.node))
    return replace(fix, edit=edit, before=ast.unparse(head(statement.node)).removesuffix("\n    pass"))


def _sum(found: list[Located]) -> float:
    """Return the cost of the changes together."""
    return sum(_cost(each.fix) for each in found if each.fix is not None)


def _cost(half: Fix) -> float:
    """Return the cost of half of a change: that it stands behind another wrong value says nothing against it."""
    return half.cost - AFTER * half.suspect.after
