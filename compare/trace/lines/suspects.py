"""The statements that may hold a mistake, the likeliest first."""

import ast
from collections.abc import Iterable

import numpy as np

from ...common.arrays import Array, Arrays
from ..derivatives.run import Run
from ..recording.tape import Operation, Place
from .beside import add_callers, aliases_of, leave_over, silent
from .marks import demote, mark_those_after, mark_those_ahead, rank_the_unknown, reached
from .names import (
    PREFIX,
    compare_names,
    derivatives_by_name,
    filled_name,
    target_name,
    vouch_by_name,
)
from .packed import WRITING, writers_of
from .plain import blame_numbers
from .source import Statement, statement
from .suspect import FORWARD, SHARED, SOME, Suspect, sources_of
from .vouching import Status, Vouched
from .windows import blame_windows


def suspects(run: Run, wrong: Iterable[str], truth: Arrays, vouched: Vouched) -> list[Suspect]:
    """Return the statements behind the wrong arrays, the likeliest first.

    The statement of a single mistake lies behind every wrong array. A value that a right array, or a right entry, was
    made of is right, unless it was multiplied by 0 on the way.
    truth: the right derivatives.
    """
    tape, origins, of_loss = run.tape, vouched.origins, vouched.of_loss
    behind: list[Array] = []
    beside: list[Array] = []
    last = set[int]()
    for name, value in run.gradients.items():
        assert value.region is not None
        good: set[int] = set()
        if name in wrong:
            writers = writers_of(run, origins, value, truth[name])
            behind += writers.behind(origins)
            last = last.union(writers.joining, *writers.wrong)
            good = writers.right
        else:
            good = set(origins.of(value.region))
        if good:
            beside.append(origins.behind(good))
    if not behind:  # they were not made by any operation: a parameter was returned in place of its gradient
        behind = [~of_loss]
    none = np.zeros(len(tape.operations), bool)
    all_wrong, any_wrong = np.logical_and.reduce(behind), np.logical_or.reduce(behind)
    any_right = np.logical_or.reduce([none, *beside])
    tiers = [all_wrong & ~any_right, any_wrong & ~any_right, any_wrong]
    read = none.copy()
    for index in np.flatnonzero(any_wrong & ~of_loss):
        queue = list(origins.before[index])
        while queue:  # entries that are written into an array leave the others as they were made
            at = queue.pop()
            queue += origins.before[at] if tape.operations[at].name == WRITING and not read[at] else ()
            read[at] = True
    tiers = [*(t & ~of_loss for t in tiers), any_wrong & of_loss & read]
    found: dict[Statement, Suspect] = {}
    for tier, inside in enumerate(tiers):
        for index in np.flatnonzero(inside):
            places = tape.operations[index].places
            where = statement(places[0]) if places else None
            if where is None:
                continue
            suspect = found.setdefault(where, Suspect(where, tier=tier))
            if suspect.tier == tier:
                suspect.operations.append(int(index))
    for suspect in found.values():
        # A statement of a loop over layers lies behind each of them in another turn.
        if suspect.tier == SOME and all(any(each[suspect.operations]) for each in behind):
            suspect.tier = 0
    vouched.refute(i for i in last if i >= 0 and not any_right[i])
    named = derivatives_by_name(run, vouched)
    final = {filled_name(s.statement.node): s for s in sorted(found.values(), key=lambda s: s.operations[-1])}
    last_of_name = [
        s for s in found.values() if s.tier < FORWARD and final[filled_name(s.statement.node)] is s
    ]
    # What is returned as it stands is known to be wrong, if it stands for the parameter itself.
    returned = {
        s.statement: frozenset[str]() if last.isdisjoint(s.operations) else frozenset(wrong)
        for s in last_of_name
    }
    for suspect in last_of_name:
        vouch_by_name(suspect, named, run, vouched, returned[suspect.statement])
    _rank(found, run, vouched, any_wrong & ~of_loss, any_right)
    begins = all(vouched.statuses[i] >= Status.FORWARD for i in np.flatnonzero(tiers[0]))
    for suspect in last_of_name:
        compare_names(suspect, named, run, vouched, returned[suspect.statement], begins=begins)
    for alias in aliases_of(found, run):
        if filled_name(alias.statement.node) not in final:  # no later statement changes it
            compare_names(alias, named, run, vouched, alias=True)
        if (
            alias.tier == FORWARD and alias.misnamed
        ):  # a value of the forward pass that stands for a derivative
            alias.tier = SHARED
        if alias.tier < FORWARD:
            found[alias.statement] = alias
    for suspect in found.values():
        # Right by its name, where all that is made of it is wrong alike: dL/da may stand where dL/dz is meant.
        if (
            suspect.sure
            and suspect.tier == 0
            and len(suspect.into) > 1
            and _goes_apart(suspect, found, run, vouched)
        ):
            suspect.sure, suspect.right, suspect.rank = False, False, 1
    demote(found, vouched)
    mark_those_after(found, vouched)
    add_callers(found, run)
    _clear_helpers(found, run, vouched)
    rank_the_unknown(found)
    loss = origins.of(run.loss.region) if run.loss.region is not None else ()
    mark_those_ahead(found, max(loss, default=-1))
    forward = {statement(o.places[0]) for o in tape.operations if of_loss[o.index] and o.places}
    listed = sorted(
        found.values(),
        key=lambda s: (s.tier == FORWARD, s.rank, s.tier, not s.misnamed, s.calls, s.operations[0]),
    )
    listed += silent(listed, forward, run)
    leave_over(listed, run, vouched, {n: truth[n] for n in wrong if n in truth})
    blame_numbers(listed, named)
    blame_windows(listed, run, wrong, vouched)
    return listed


def _goes_apart(suspect: Suspect, found: dict[Statement, Suspect], run: Run, vouched: Vouched) -> bool:
    """Whether what reads a statement's value goes several ways; a mean of dz that is taken away from dz does not."""

    def readers_of(each: Suspect) -> set[Statement]:
        own = set(each.operations)
        places = (
            run.tape.operations[r].places
            for i in own
            for r in vouched.readers.get(i, ())
            if r not in own and not vouched.of_loss[r]
        )
        return {where for p in places if p and (where := statement(p[0])) is not None} - {each.statement}

    ways = [{r} | (readers_of(found[r]) if r in found else set()) for r in readers_of(suspect)]
    return len(ways) > 1 and not set.intersection(*ways)


def _clear_helpers(found: dict[Statement, Suspect], run: Run, vouched: Vouched) -> None:
    """Blame the call of a function in place of its line where the loss is made by the same instruction."""
    forward = {_called(o) for o in run.tape.operations if vouched.of_loss[o.index]}
    for suspect in [s for s in found.values() if s.first and s.tier < FORWARD and not s.calls]:
        calls = [s for s in found.values() if s.calls and s.operations is suspect.operations][:1]
        mine = {_called(run.tape.operations[i]) for i in suspect.operations}
        if calls and all(any(f[0] == m[0] and f[1] != m[1] for f in forward) for m in mine):
            suspect.first, suspect.rank, suspect.right = False, 5, True
            calls[0].first, calls[0].rank, calls[0].visit = True, 0, suspect.visit


def _called(operation: Operation) -> tuple[Place | None, Statement | None]:
    """Return the instruction of an operation, and the statement that called its function."""
    places = operation.places
    return (places[0] if places else None, statement(places[1]) if len(places) > 1 else None)


def _rank(
    found: dict[Statement, Suspect], run: Run, vouched: Vouched, inside: Array, any_right: Array
) -> None:
    """Rank the statements: the first wrong values of right ones, what feeds them, other wrong values, right ones.

    inside: for each operation, whether a wrong array was made of it.  any_right: whether a right one was.
    """
    statuses, origins, of_loss = vouched.statuses, vouched.origins, vouched.of_loss
    # Where the cotangents are known, what is made without them is a factor, and no derivative that is off.
    factors = (Status.FORWARD,) if run.seeds else ()
    feeding: set[Statement] = set()
    doubtful: set[Statement] = set()
    where_of = {
        int(i): statement(run.tape.operations[i].places[0])
        for i in np.flatnonzero(inside)
        if run.tape.operations[i].places
    }
    for suspect in found.values():
        own = set(suspect.operations)
        results = [
            i
            for i in suspect.operations
            if not own.issuperset(r for r in vouched.readers.get(i, ()) if inside[r])
            or not vouched.readers.get(i)
        ]
        results = results or suspect.operations
        found_right = [statuses[i] <= Status.PASSED for i in results]
        suspect.right = all(found_right) and not any(statuses[i] == Status.LOCAL for i in results)
        suspect.rank = (
            5
            if suspect.right
            else 4
            if all(found_right)
            else 3
            if all(statuses[i] <= Status.NOTHING for i in results)
            else 2
        )
        largest = 0.0
        for index in results:
            if (
                statuses[index] not in (Status.BAD, Status.FORWARD, Status.SCALED)
                or statuses[index] in factors
            ):
                continue
            backward = [s for s in sources_of(index, own, origins.before) if not of_loss[s]]
            if statuses[index] == Status.SCALED:  # it is a suspect where a count came in, or went out, here
                if any(statuses[s] == Status.EXACT for s in backward) and all(
                    statuses[s] < Status.SCALED for s in backward
                ):
                    suspect.first, suspect.rank, suspect.visit = True, 0, _visit(run, index)
                continue
            if all(statuses[s] < Status.FORWARD or statuses[s] in factors or any_right[s] for s in backward):
                suspect.since = index if suspect.since < 0 else min(index, suspect.since)
                size = float(np.linalg.norm(run.tape.operations[index].writes[0].array))
                if not size > largest:  # in another run of the loop it says more
                    continue
                suspect.first, suspect.rank, suspect.visit, largest = True, 0, _visit(run, index), size
                suspect.off = suspect.off or statuses[index] == Status.BAD or _derives(suspect.statement.node)
                suspect.placed = suspect.placed or index in vouched.refuted
                of = [w for s in backward if (w := where_of.get(s)) is not None]
                feeding.update(of)
                for source in of:
                    if source in found:
                        found[source].into.add(suspect.statement)
                mixed = any(statuses[s] != Status.SCALED for s in backward) or any(
                    statuses[i] < Status.SCALED for i in own
                )  # a count is in one part of it and not in another
                for s in backward:
                    where = where_of.get(s)
                    beside = set(found[where].operations) if where in found else set[int]()
                    if where is not None and (
                        statuses[s] >= Status.FORWARD
                        or (mixed and statuses[s] == Status.SCALED)
                        or _uncounted(s, statuses, origins.before, beside)
                    ):
                        doubtful.add(where)
                        suspect.mixed = suspect.mixed or (mixed and statuses[s] == Status.SCALED)
            elif statuses[index] == Status.BAD and all(
                statuses[s] <= Status.FORWARD or any_right[s] for s in backward
            ):
                # Of factors that nothing is known of: it may be wrong as well as they.
                suspect.rank, suspect.feeds = min(suspect.rank, 1), True
        if not suspect.first and all(statuses[i] == Status.FORWARD for i in results):
            suspect.feeds = True  # nothing is known of it
    for suspect in found.values():
        if suspect.statement in feeding and suspect.rank > 1:
            suspect.rank, suspect.right = 1, False  # right, perhaps, for another value than it stands for
            suspect.feeds = suspect.statement in doubtful
    off = {s.statement for s in found.values() if s.first and s.off}
    for suspect in found.values():  # one mistake is likelier than as many as there are first wrong values
        suspect.feeds = suspect.feeds or (len(off) > 1 and suspect.rank == 1 and suspect.into >= off)
    doubted = {s.statement for s in found.values() if s.standing <= 1 and not s.right}
    for suspect in found.values():  # right, as far as what reads it is right for what it stands for
        own = set(suspect.operations)
        read = {where_of.get(r) for i in own for r in vouched.readers.get(i, ()) if inside[r]} - {
            suspect.statement
        }
        if suspect.right and read and read <= doubted and all(statuses[i] == Status.PASSED for i in own):
            first = all(found[each].standing == 0 for each in read if each is not None)
            suspect.right, suspect.rank, suspect.feeds = False, 1 if first else 2, first
    # Of zeros that a wrong value was made of nothing tells whether they should be.
    made = {i for s in found.values() if s.rank <= 1 and not s.right for i in s.operations}
    zeros = {z for i in made for z in _zeros_behind(run, vouched, i)}
    zeros = {i for start in zeros for i in reached(start, lambda i: _zeros_behind(run, vouched, i))}
    for suspect in found.values():
        if suspect.rank > 1 and not suspect.right and not zeros.isdisjoint(suspect.operations):
            suspect.rank, suspect.feeds = 1, True


def _zeros_behind(run: Run, vouched: Vouched, index: int) -> list[int]:
    """Return the zeros of the backward pass that an operation's result was made of."""
    return [
        b
        for b in vouched.origins.before[index]
        if vouched.statuses[b] == Status.NOTHING
        and not vouched.of_loss[b]
        and (value := np.asarray(run.tape.operations[b].writes[0].array)).dtype.kind == "f"
        and not value.any()
    ]


def _uncounted(index: int, statuses: list[Status], before: list[tuple[int, ...]], own: set[int]) -> bool:
    """Whether a count goes out in an operation's statement: dW / N of a sum of samples. Twice may be too often."""
    seen, queue = {index}, [index]
    while queue:
        at = queue.pop()
        if statuses[at] == Status.EXACT and any(statuses[b] == Status.SCALED for b in before[at]):
            return True
        new = [b for b in before[at] if b in own and b not in seen]
        seen.update(new)
        queue += new
    return False


def _derives(node: ast.stmt) -> bool:
    """Whether a statement adds to something, or names what it stores as a derivative."""
    name = target_name(node)
    return isinstance(node, ast.AugAssign) or (name is not None and PREFIX.match(name) is not None)


def _visit(run: Run, index: int) -> int:
    """Return how often the instruction of an operation ran before it."""
    operations = run.tape.operations
    place = operations[index].places[0]
    return sum(1 for o in operations[:index] if o.places and o.places[0] == place)
