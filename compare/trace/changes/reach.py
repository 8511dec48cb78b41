"""Which statements can mend everything at all: what noise in their values does to the gradients.

A backward pass is linear in most of its values. Noise in all values of a statement, run after run, spans what any
change of that statement can do: where the right gradients lie outside of that, the mistake stands elsewhere, or there
are two.
"""

import ast
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from ...common.arrays import Array
from ..lines.source import Statement
from ..lines.suspect import FORWARD
from ..lines.vouching import Vouched
from .edits.nodes import attribute, read
from .edits.slots import Edit, place_of
from .holes.parts import calls_users
from .likelihood import place_cost
from .limit import allowed
from .patching import edited
from .places import Place
from .points import Point
from .shift import SHIFTED, Shift, shifted, stored_array, values_of
from .together import Outcomes

MOST = 72  # runs with noise for one statement
VISITS = 8  # executions of a statement that are compared with derivatives
PLACES = 24  # statements, the likeliest
SECONDS = 0.4  # of CPU for all of them
SPANNED = 1e-10  # of a change: what is left of it beside those before, where these span it; far below REACHED
LINEAR = 1e-6  # of it: how far that of twice the noise may be from twice the change
REPEATED = 3  # runs that are spanned, where the gradients are not linear in the value
REACHED = 1e-6  # of what is to change


@dataclass
class Reach:
    """What the changes of statements can do.

    outcomes: the gradients without a change, and the right ones.  spans: an orthonormal basis of what can be done in a
    statement; None where that is not known: its value is no array, or may give any gradients.  needed: the values, at
    each execution, with which everything is right; zeros where nothing reads them.  scaled: statements of which one
    number times the value does.  beside: statements that call the user's functions, which may do more than give a
    value.
    """

    outcomes: Outcomes
    here: Point
    spans: dict[Statement, Array | None] = field(default_factory=dict)
    needed: dict[Statement, list[Array]] = field(default_factory=dict)
    scaled: set[Statement] = field(default_factory=set)
    beside: set[Statement] = field(default_factory=set)
    places: dict[Statement, Place] = field(default_factory=dict)

    def measure(self, places: list[Place], restore: Any = None) -> None:
        """Run the statements with noise, the likeliest first, until the time is over."""
        until = time.process_time() + allowed(SECONDS)
        backward = [p for p in places if p.suspect.tier < FORWARD and p.suspect.operations]
        for place in sorted(backward, key=lambda p: place_cost(p.suspect))[:PLACES]:
            if time.process_time() > until:
                break
            statement = place.suspect.statement
            self.places[statement] = place
            if statement not in self.spans:
                self.spans[statement] = self._span(place, until, False)
                if self.spans[statement] is None:  # the first of several values may be the loss
                    self.spans[statement] = self._span(place, until, False, 1)
                if calls_users(statement.node):
                    whole = self._span(place, until, True)
                    if whole is None:
                        self.beside.add(statement)
                    else:
                        self.spans[statement] = whole
                if restore is not None:
                    restore()

    def _span(self, place: Place, until: float, arguments: bool, first: int = 0) -> Array | None:
        start, statement = self.outcomes.start, place.suspect.statement
        if start is None:
            return None
        shift = Shift()
        scope: dict[str, Any] = place.functions[0].__globals__
        scope[SHIFTED] = shift
        leaves = list(values_of(statement.node, arguments))[first:]
        made = [Edit("noise", slot, shifted(slot.node)) for slot in leaves]
        held = stored_array(statement.node)
        if held:  # an edit may store elsewhere in it, or not add to what is there
            at = place_of(statement)
            call = ast.Call(attribute(read(SHIFTED), "within"), held, [])
            made.append(Edit("noise", at, ast.If(ast.Constant(True), [at.node, ast.Expr(call)], [])))
        try:
            with _all(made), edited(place.tree, place.functions, statement.file) as done:
                if not done or not made:
                    return None
                alike = self._run(shift, 0, 0.0)
                if shift.stored and len(made) > 1:  # entries of an array, and no more
                    alike = self._run(shift, 0, 0.0)
                if alike is None or np.abs(alike - start).max(initial=0) > 1e-9 or not shift.count:
                    return None
                if any(not v.ndim for v in shift.values):  # .sum() for .sum(axis=3): an array may be meant
                    return None
                one = len(made) == 1 or shift.stored
                return self._basis(statement, shift, start, until, one)
        finally:
            del scope[SHIFTED]

    def _basis(
        self, statement: Statement, shift: Shift, start: Array, until: float, one: bool
    ) -> Array | None:
        basis, changes, noise = np.zeros((0, len(start))), list[Array](), list[Array]()
        linear, in_vain = False, 0
        for run in range(min(MOST, len(start))):
            gave = self._run(shift, run, 1.0)
            if gave is None or time.process_time() > until:
                return None
            changes.append(gave - start)
            noise.append(np.concatenate([each.ravel() for each in shift.noise]))
            change, size = changes[-1], float(np.linalg.norm(changes[-1]))
            if not np.isfinite(size):  # of what grows beyond all bounds nothing is known
                return None
            if run == 0:
                twice = self._run(shift, run, 2.0)
                if twice is None:
                    return None
                linear = np.abs(twice - start - 2 * change).max() <= LINEAR * max(size, 1e-300)
            left = change - basis.T @ (basis @ change)
            left -= basis.T @ (basis @ left)
            length = float(np.linalg.norm(left))
            if not length > SPANNED * size:
                in_vain += 1
                if linear or in_vain == REPEATED:
                    if linear and one:
                        self._solve(statement, shift, basis, np.array(changes), np.array(noise))
                    return basis
                continue
            basis = np.vstack([basis, left / length])
        return None

    def _solve(self, statement: Statement, shift: Shift, basis: Array, changes: Array, noise: Array) -> None:
        """Note with which values of a statement everything is right, where these are the only ones."""
        start = self.outcomes.start
        assert start is not None
        wanted = self.outcomes.right - start
        left = wanted - basis.T @ (basis @ wanted)
        if not np.linalg.norm(left) <= REACHED * np.linalg.norm(wanted) or len(basis) == len(wanted):
            return
        self._run(shift, 0, 0.0)
        values = shift.values
        used = _used([v.size for v in values], len(basis))
        if used is not None and _made_of(changes, noise[:, : len(basis)]):
            change = np.linalg.lstsq(changes.T, wanted, rcond=None)[0] @ noise[:, : len(basis)]
            ends = np.cumsum([v.size for v in values[:used]])
            parts = np.split(change, ends[:-1])
            self.needed[statement] = [
                *(v + p.reshape(v.shape) for v, p in zip(values, parts, strict=False)),
                *(np.zeros_like(v) for v in values[used:]),
            ]
        shift.scaling = True
        gave = self._run(shift, 0, 0.0)
        if gave is not None and np.any(gave != start):
            along = gave - start
            rest = wanted - along * (float(wanted @ along) / float(along @ along))
            if np.linalg.norm(rest) <= REACHED * np.linalg.norm(wanted):
                self.scaled.add(statement)

    def _run(self, shift: Shift, run: int, times: float) -> Array | None:
        shift.begin(run, times)
        arrays = self.here.gradients()
        return None if arrays is None else self.outcomes.of(arrays)

    def mends(self, *statements: Statement) -> bool | None:
        """Return whether changes of these statements can make every array right; None where that is not known."""
        spans = [self.spans.get(s) for s in statements]
        if self.outcomes.start is None or any(s is None for s in spans):
            return None
        wanted = self.outcomes.right - self.outcomes.start
        found = np.vstack([s for s in spans if s is not None])
        if len(found) >= len(wanted):
            return None
        if len(spans) > 1:
            found = _joined([s for s in spans if s is not None])
        left = wanted - found.T @ (found @ wanted)
        return bool(np.linalg.norm(left) <= REACHED * np.linalg.norm(wanted))

    def order(self, places: list[Place], vouched: Vouched) -> None:
        """Note of the statements with which everything is right once their values are derivatives of the loss which is
        the first: it stands where the mistake is, or behind a factor that is wrong."""
        wrong = [p.suspect for p in places if p.suspect.tier < FORWARD and not p.suspect.right]
        exact = [s for s in wrong if self.derives(s.statement, vouched)]
        exact.sort(key=lambda s: s.operations[-1])
        unknown = [s.operations[-1] for s in wrong if s.operations and self.mends(s.statement) is None]
        for number, suspect in enumerate(exact):
            before = min(unknown, default=suspect.operations[-1]) < suspect.operations[-1]
            suspect.due, suspect.late = number == 0 and not before, number > 0

    def derives(self, statement: Statement, vouched: Vouched) -> bool:
        """Whether the values with which everything is right are derivatives of the loss."""
        values = [v for v in self.needed.get(statement, []) if np.any(v)]
        return bool(values) and all(vouched.known_as(v) for v in values[:VISITS])

    def computed(self, statement: Statement) -> list[Array]:
        """Return what a statement should compute at each execution, where that is what it stores; or nothing."""
        return [] if stored_array(statement.node) else self.needed.get(statement, [])

    def alone(self) -> list[Statement]:
        """Return the statements of which one change can make every array right."""
        return [s for s in self.spans if self.mends(s)]

    def pairs(self) -> list[tuple[Statement, Statement]]:
        """Return the statements that can make every array right two at a time; none where one can."""
        return [(a, b) for a, b in self._two() if self.mends(a, b)]

    def possible(self) -> list[tuple[Statement, Statement]]:
        """Return these and those that span so much together that it cannot be told."""
        return [(a, b) for a, b in self._two() if self.mends(a, b) is not False]

    def _two(self) -> Iterator[tuple[Statement, Statement]]:
        """Yield each two statements of which neither can alone, where none can.

        One that hands over what the user's functions give, each in its turn, can in any case: g = step(g).
        """
        alone = self.alone()
        if all(calls_users(s.node) for s in alone):
            yield from combinations((s for s in self._known() if s not in alone), 2)

    def _known(self) -> list[Statement]:
        return [s for s, span in self.spans.items() if span is not None]

    def idle(self) -> frozenset[Statement]:
        """Return the statements that cannot make every array right, nor with another one where none can alone."""
        able = {*self.alone(), *(s for pair in self.possible() for s in pair)}
        return frozenset(s for s in self._known() if able and s not in able and s not in self.beside)


def _joined(spans: list[Array]) -> Array:
    """Return an orthonormal basis of what several such bases span.

    LAPACK's decomposition does not converge on some of them.
    """
    found = spans[0]
    for direction in np.vstack(spans[1:]):
        left = direction - found.T @ (found @ direction)
        left -= found.T @ (found @ left)
        length = float(np.linalg.norm(left))
        if length > SPANNED:
            found = np.vstack([found, left / length])
    return found


def _used(sizes: list[int], entries: int) -> int | None:
    """Return how many executions have so many entries; None where they end within one.

    What a loop leaves at its last turn nothing may read.
    """
    ends = np.cumsum(sizes)
    found = np.flatnonzero(ends == entries)
    return int(found[0]) + 1 if len(found) else None


def _made_of(changes: Array, noise: Array) -> bool:
    """Whether this noise alone made the changes of the gradients, run by run."""
    if len(changes) <= noise.shape[1]:
        return False
    left = changes - noise @ np.linalg.lstsq(noise, changes, rcond=None)[0]
    return bool(np.linalg.norm(left) <= REACHED * np.linalg.norm(changes))


@contextmanager
def _all(made: list[Edit]) -> Iterator[None]:
    with ExitStack() as stack:
        for edit in made:
            stack.enter_context(edit)
        yield
