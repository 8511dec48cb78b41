"""The statements that may be edited: where each stands, what runs it, and what its edits may draw on."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from types import FunctionType
from typing import Any

import numpy as np

from ...common.arrays import Array
from ..derivatives.run import Recordable
from ..lines.source import file_of
from ..lines.stores import returns_number
from ..lines.suspect import FORWARD, Suspect
from ..lines.vouching import Status, Vouched
from .edits.read_off import unread_in
from .edits.scope import Scope, constants_in, draw_on, scope_of
from .edits.slots import Edit, roots
from .fix import Fix, fix_of
from .frames import code_key, codes_of, reached, shapes, value_in
from .harmless import harmless
from .holes import fillings
from .holes.missing import inserted
from .holes.right import equal
from .likelihood import ODD_TAKEN_OUT, UNUSED, odd, place_cost, unused_as_it_is
from .patching import Live
from .points import Point

MOST_NUMBERS = 12  # of the functions that are tried in place of another
FILLED, WRITTEN = 60, 600  # edits of a statement, and statements in its place, that are run


@dataclass(eq=False)
class Place:
    """A statement to edit: the syntax that holds it, the live functions of it, and what its edits draw on."""

    suspect: Suspect
    tree: ast.AST
    functions: list[FunctionType]
    sizes: dict[str, Any]
    scope: Scope

    @property
    def least(self) -> float:
        """What a change here costs at least, beside the edit."""
        return place_cost(self.suspect)

    @property
    def gain(self) -> float:
        """What a change here may save: it may read a variable that nothing reads, or take out what nobody writes."""
        statement = self.suspect.statement
        unused = UNUSED if unused_as_it_is(statement.function) else 0.0
        return unused - ODD_TAKEN_OUT * self.odd

    @property
    def odd(self) -> bool:
        """Whether the statement says what nobody writes, x / x."""
        return odd(self.suspect.statement.text) > 0

    def reached(self, here: Point, visit: int) -> tuple[int, dict[str, Any] | None]:
        """Return how often the statement is reached, and the names in scope at its `visit`-th time."""
        codes = codes_of(self.functions)
        return reached(lambda: here.subject.call(here.flat), self.suspect.statement, codes, visit)


def places_of(subject: Recordable, suspects: list[Suspect], here: Point, vouched: Vouched) -> list[Place]:
    """Return the statements that a live function holds, with the shapes of its variables and what stands in it.

    Only those of functions that were recorded, of those that they call and of classes: the statement around a lambda
    may be the very call of this check.
    """
    live = Live(subject.code)
    ran = {code_key(code) for code in vouched.run.tape.codes}
    held = [
        (s, h)
        for s in suspects
        if (h := live.holding(s.statement)) is not None
        and (
            s.statement.owner is not None
            or returns_number(s.statement.node)
            or (
                s.into and isinstance(s.statement.node, ast.Return)
            )  # a number of which a wrong value was made
            or not ran.isdisjoint(codes_of(h[1]))  # one may only make the function that ran
        )
    ]
    codes = {code_key(f.__code__) for _, (_, functions) in held for f in functions}
    known = shapes(lambda: subject.call(here.flat), codes)
    places = []
    numbers = list(dict.fromkeys(n for _, (tree, _) in held for n in constants_in(tree)))
    for suspect, (tree, functions) in held:
        scope = scope_of(tree, suspect.statement.node)
        if suspect.statement.function is not None:  # the tree of a method is its class
            scope.unread = unread_in(suspect.statement.function)
        scope.constants = list(dict.fromkeys([*scope.constants, *numbers]))[:MOST_NUMBERS]
        parsed = file_of(suspect.statement.file)
        if parsed is not None:
            draw_on(scope, parsed.tree)
        scope.helpers = [
            n
            for n, v in functions[0].__globals__.items()
            if isinstance(v, FunctionType) and v.__code__.co_argcount == 1 and harmless(v)
        ][:12]
        sizes = known.get(code_key(functions[0].__code__), {})
        places.append(Place(suspect, tree, functions, sizes, scope))
    return places


Visits = Callable[[Suspect, int], tuple[int, ...]]


def holes(
    place: Place,
    vouched: Vouched,
    here: Point,
    visits: Visits,
    deep: bool,
    meant: Sequence[Array] = (),
    needed: Sequence[Array] = (),
) -> tuple[list[Edit], list[Fix]]:
    """Return the edits that make the statement's value a derivative of the loss, and those of them to believe in.

    visits: which of so many executions of a statement show what it should compute.  meant: the derivatives by what it
    names what it stores after; what gives one of them comes first.  needed: the values with which everything is right,
    at each execution.
    """
    statement = place.suspect.statement
    times, _ = place.reached(here, -1)
    most = WRITTEN if isinstance(statement.node, ast.Pass) else FILLED
    listed: list[list[Edit]] = []
    promising: list[Fix] = []
    for visit in dict.fromkeys(visits(place.suspect, times)):
        names = place.reached(here, visit)[1] if visit < times else None
        if names is None:
            continue
        local = made_of_forward(place.suspect, vouched)
        wanted = [*meant, needed[visit]] if len(needed) == times else meant
        found = fillings(names, statement, place.tree, place.scope, vouched, place.sizes, deep, local, wanted)
        listed.append(found[:most])
        promising += _promising(place.suspect, found[:FILLED], names, vouched)
    # What is right at one execution may be so by chance, a value that the loop leaves as it is: each has its turn.
    return [e for each in zip_longest(*listed) for e in each if e is not None], promising


def made_of_forward(suspect: Suspect, vouched: Vouched) -> bool:
    """Whether a statement of the backward pass gives what is made of values of the forward pass alone."""
    if returns_number(suspect.statement.node) and suspect.into:
        return True
    made = bool(suspect.operations) and vouched.statuses[suspect.operations[-1]] == Status.FORWARD
    return made and suspect.tier < FORWARD


def _promising(suspect: Suspect, found: list[Edit], names: dict[str, Any], vouched: Vouched) -> list[Fix]:
    """Return the edits that give a wrong value what it is named after, or else a derivative that nothing else holds."""
    at = roots(suspect.statement.node)
    if not (suspect.off or suspect.misnamed) or suspect.tier >= FORWARD or len(at) != 1:
        return []
    fixes = []
    for edit in found:
        with edit:
            value = value_in(edit.new if edit.slot.node is at[0].node else at[0].node, names)
        if isinstance(value, (np.ndarray, np.floating)) and np.asarray(value).dtype.kind == "f":
            new = np.asarray(value, np.float64)
            if not (vouched.known_as(new) or vouched.locals.has(new)):
                continue  # one up to a count, which nothing else vouches for
            named = any(equal(new, g, vouched.run.close) for g in suspect.named)
            if named or not (suspect.named or vouched.computed.has(new)):
                fixes.append(fix_of(suspect, edit, frozenset()))
    return fixes


def insertions(
    end: Place, places: list[Place], vouched: Vouched, here: Point
) -> list[tuple[Place, list[Edit]]]:
    """Return the statements that may be missing in a function, with the place behind which each may be.

    end: the last statement of the function.
    """
    held = {p.suspect.statement: p for p in places if p.tree is end.tree}
    times, _ = end.reached(here, -1)
    _, names = end.reached(here, max(times - 1, 0))
    if names is None:
        return []
    found = inserted(list(held), names, end.tree, end.scope, vouched)
    return [(held[statement], edits) for statement, edits in found.items()]
