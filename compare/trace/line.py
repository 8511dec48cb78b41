"""The statements that may hold a mistake, the likeliest first."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ..common.arrays import Array
from .adjoint import Adjoint
from .run import Run
from .slices import Origins
from .source import Statement, file_of, statement
from .vouching import Vouched


FORWARD = 3  # the tier of statements that the loss too was made of
SILENT = 4  # of those that computed nothing


@dataclass
class Suspect:
    """A statement that may be wrong.

    operations: those of its operations that led to a wrong array.  right: whether all its values are derivatives of
    the loss.  fed: whether all that it was made of is right.
    """

    statement: Statement
    operations: list[int] = field(default_factory=list)
    tier: int = 0
    right: bool = False
    fed: bool = False


def suspects(run: Run, wrong: Iterable[str], right: Iterable[str], vouched: Vouched) -> list[Suspect]:
    """Return the statements behind the wrong arrays, the likeliest first.

    The statement of a single mistake lies behind every wrong array. A value that a right array was made of is right,
    unless it was multiplied by 0 on the way.
    """
    tape, gradients = run.tape, run.gradients
    origins = vouched.origins
    of_loss = origins.slice_of([run.loss.region])
    behind = [origins.slice_of([gradients[n].region]) for n in wrong if n in gradients]
    beside = [origins.slice_of([gradients[n].region]) for n in right if n in gradients]
    if not behind:
        behind = [~of_loss]  # they were not made by any operation: a parameter was returned in place of its gradient
    none = np.zeros(len(tape.operations), bool)
    all_wrong, any_wrong = np.logical_and.reduce(behind), np.logical_or.reduce(behind)
    any_right = np.logical_or.reduce([none, *beside])
    tiers = [all_wrong & ~any_right, any_wrong & ~any_right, any_wrong]
    found: dict[Statement, Suspect] = {}
    sure = _right(run, vouched, any_wrong & ~of_loss)
    read = np.zeros(len(tape.operations), bool)
    for index in np.flatnonzero(any_wrong & ~of_loss):
        read[list(origins.before[index])] = True
    tiers = [*(t & ~of_loss for t in tiers), any_wrong & of_loss & read]
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
        inside = set(suspect.operations)
        suspect.right = all(sure[i] for i in suspect.operations)
        sources = {b for i in suspect.operations for b in origins.before[i]} - inside
        suspect.fed = all(sure[b] or of_loss[b] or not any_wrong[b] for b in sources)
    forward = {statement(o.places[0]) for o in tape.operations if of_loss[o.index] and o.places}
    listed = sorted(found.values(), key=lambda s: (s.tier == FORWARD, s.right, s.tier, not s.fed, s.operations[0]))
    return listed + _silent(listed, forward)


def _right(run: Run, vouched: Vouched, inside: Array) -> Array:
    """Return, for each operation, whether its result is right: a derivative of the loss, or used for such alone."""
    found = np.zeros(len(run.tape.operations), bool)
    for index in np.flatnonzero(inside)[::-1]:
        readers = [r for r in vouched.readers.get(int(index), ()) if inside[r]]
        found[index] = vouched.holds(int(index)) or (bool(readers) and all(found[r] for r in readers))
    return found


def _silent(listed: list[Suspect], forward: set[Statement | None]) -> list[Suspect]:
    """Return the other statements of the same functions: a name for another, a return of values in another order."""
    known = {s.statement for s in listed} | forward
    found = []
    for function in {s.statement.function for s in listed if s.statement.function is not None}:
        file = file_of(next(s.statement.file for s in listed if s.statement.function is function))
        for each in file.statements if file else ():
            inside = each.function is function and each.node is not function
            if inside and each not in known and not isinstance(each.node, (ast.FunctionDef, ast.ClassDef)):
                found.append(Suspect(each, tier=SILENT))
    return found
