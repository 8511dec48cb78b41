"""Which lines are named where no change was found: by their values alone, or by what another value of them could do."""

import ast

from .changes.likelihood import place_cost
from .changes.reach import Reach
from .lines.source import Statement
from .lines.stores import counts, read_in, stored_in
from .lines.suspect import FORWARD, SILENT, Suspect
from .lines.vouching import Status, Vouched

AT_MOST = 3  # candidates
NO_DERIVATIVE = (
    1.0  # of a statement that would mend everything with a value that is no derivative of the loss
)
HEAD = 0.3  # of a loop or a condition
ALONE = 2.0  # what the next statement costs more, where one is named without a change


def candidates(
    listed: list[Suspect], reach: Reach | None = None, vouched: Vouched | None = None
) -> tuple[Statement, ...]:
    """Return the statements that are left where no change mends anything: up to three, the likeliest first.

    That none does speaks against the likeliest alone: what it needs may stand nowhere, or the mistake stands elsewhere.
    A statement that does nothing among others is likelier than all of them. reach: what changes of them can do.
    """
    stray = tuple(s.statement for s in listed if is_stray(s.statement))[:AT_MOST]
    if stray:
        return stray
    told = _told(listed, reach, vouched) if reach is not None and vouched is not None else []
    if told:
        found = list(dict.fromkeys(s.statement for s in told))
        if len(found) > 1:  # what the numbers in them come from tells as much
            found += (s.statement for s in sorted(listed, key=_cost) if _makes_numbers_of(s, found))
        return tuple(found[:AT_MOST])
    found = list(dict.fromkeys([*(s.statement for s in listed if s.unread), *_likeliest(listed)]))
    others = sorted(
        (s for s in listed if (s.tier < SILENT or s.into or not s.rank) and not s.right), key=_cost
    )
    for suspect in others:
        if suspect.statement not in found:
            if found == [others[0].statement] and _stands_out(others[0], suspect):
                break
            found.append(suspect.statement)
    return tuple(found[:AT_MOST])


def _cost(suspect: Suspect) -> float:
    """Return the cost of a statement's place; the head of a loop or a condition is wrong less often than the rest."""
    return place_cost(suspect) + HEAD * isinstance(suspect.statement.node, (ast.For, ast.While, ast.If))


def _makes_numbers_of(suspect: Suspect, found: list[Statement]) -> bool:
    """Whether a statement gives the whole numbers, or the start of a sum, of which others were made."""
    stores = bool(stored_in(suspect.statement.node))
    return suspect.tier == SILENT and stores and suspect.rank <= 1 and not suspect.into.isdisjoint(found)


def _told(listed: list[Suspect], reach: Reach, vouched: Vouched) -> list[Suspect]:
    """Return the statements that can make every array right by another value, the likeliest first.

    Those behind the mistake need the derivatives that they should hold. Where before the first of these one number
    times a factor is all that is needed, that is the mistake.
    """
    able = [s for s in listed if reach.mends(s.statement) and not s.right and s.tier < FORWARD]
    needed = {s.statement: reach.derives(s.statement, vouched) for s in able}
    first = min((s.operations[-1] for s in able if needed[s.statement]), default=-1)
    scaled = [
        s
        for s in able
        if s.statement in reach.scaled
        and s.operations[-1] < first
        and not needed[s.statement]
        # A derivative of the loss needs no factor of its own.
        and vouched.statuses[s.operations[-1]] != Status.EXACT
    ]
    if len(scaled) == 1:
        return scaled

    def cost(suspect: Suspect) -> float:
        none = suspect.statement in reach.needed and not needed[suspect.statement]
        return place_cost(suspect) + NO_DERIVATIVE * none

    able.sort(key=cost)
    if len(able) > 1 and min(map(place_cost, able[1:])) - place_cost(able[0]) >= ALONE:
        able = able[:1]
    unknown = [s for s in listed if reach.mends(s.statement) is None and s.standing == 0 and not s.right]
    unknown = [s for s in unknown if s.tier < FORWARD and place_cost(s) < ALONE and s not in able]
    return [*able, *unknown] if able else []


def _stands_out(first: Suspect, second: Suspect) -> bool:
    """Whether a value is wrong though all it was made of is right, and the next statement is far less likely."""
    return first.first and first.off and place_cost(second) - place_cost(first) >= ALONE


def _likeliest(listed: list[Suspect]) -> tuple[Statement, ...]:
    """Return the statement that the values tell of, or several."""
    likely = [s for s in listed if not s.right and s.tier < SILENT]
    if not likely:
        likely = [s for s in listed if s.tier < SILENT] or listed
    misnamed = [s for s in likely if s.misnamed and s.rank == 0 and not s.after and s.tier < FORWARD]
    first = misnamed or [s for s in likely if s.first and not s.after] or [s for s in likely if s.first]
    causes = _causes([s for s in first if s.tier < FORWARD], listed)
    if not first:
        least = min(map(place_cost, likely), default=0.0)
        likely = [s for s in likely if place_cost(s) == least]
    return tuple(dict.fromkeys(s.statement for s in (causes or first or likely)))[:AT_MOST]


def _causes(first: list[Suspect], listed: list[Suspect]) -> list[Suspect]:
    """Return the statements that several first wrong values have in common, or whole numbers one was made with."""
    statements = {s.statement for s in first}
    alone = len(first) == 1
    common = [
        s
        for s in listed
        if first and s.into >= statements and not s.sure and (not alone or counts(s.statement.node))
    ]
    nodes = [s.statement.node for s in common]
    roots = [
        s
        for s in common
        if not any(n is not s.statement.node and stored_in(n) & read_in(s.statement.node) for n in nodes)
    ]
    if alone and not first[0].placed:  # it may be wrong itself as well
        roots = [*first, *roots]
    return roots if len(roots) <= AT_MOST else []


def is_stray(statement: Statement) -> bool:
    """Whether a statement does nothing among others that do something, in a loop or under a condition alone: one may
    be missing there.
    """
    parent = statement.parent
    among = len(getattr(parent, statement.block)) > 1 or isinstance(parent, (ast.For, ast.While))
    alone = isinstance(parent, ast.If) and (not parent.orelse or statement.block == "orelse")
    return (among or alone) and isinstance(statement.node, ast.Pass)


def idle(listed: list[Suspect]) -> tuple[Statement, ...]:
    """Return the statements that do nothing, where nothing wrote what is wrong; without one no line tells of it."""
    return tuple(s.statement for s in listed if isinstance(s.statement.node, ast.Pass))[:AT_MOST]
