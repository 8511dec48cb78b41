"""What suspects are by their place among the others: before the loss, behind a wrong value, made of one."""

from collections.abc import Callable, Sequence

from .source import Statement
from .suspect import FORWARD, Suspect
from .vouching import Vouched


def rank_the_unknown(found: dict[Statement, Suspect]) -> None:
    """Let the likeliest statements have rank 0 where nothing is known of any: numbers out of the arrays, say."""
    backward = [s for s in found.values() if s.tier < FORWARD]
    least = min((s.rank for s in backward), default=0)
    for suspect in backward if least > 1 else ():
        suspect.rank -= least


def mark_those_ahead(found: dict[Statement, Suspect], loss: int) -> None:
    """Note the statements that come before the loss is known: they belong to the forward pass as a rule.

    Where most of them do, the loss comes last.
    """
    backward = [s for s in found.values() if s.tier < FORWARD and s.operations]
    ahead = [s for s in backward if s.operations[-1] < loss]
    for suspect in ahead if 2 * len(ahead) <= len(backward) else ():
        suspect.ahead = True


def mark_those_after(found: dict[Statement, Suspect], vouched: Vouched) -> None:
    """Mark the statements that were made of the first misnamed value of right ones, and those made for these alone."""
    misnamed = [s for s in found.values() if s.misnamed and s.rank == 0 and s.tier < FORWARD]
    if not misnamed:
        return
    first = min(misnamed, key=lambda s: s.since)
    made = reached(first.since, lambda i: vouched.readers.get(i, ()))
    behind = reached(first.since, vouched.origins.before.__getitem__)
    for suspect in found.values():
        own = set(suspect.operations)
        read = {r for i in own for r in vouched.readers.get(i, ())} - own
        feeds = suspect is first or not behind.isdisjoint(own)
        suspect.after = not feeds and bool(own & made or (read and read <= made))


def reached(start: int, steps: Callable[[int], Sequence[int]]) -> set[int]:
    """Return an operation and those that are reached from it.

    steps: returns the next ones of each.
    """
    found, queue = {start}, [start]
    while queue:
        new = [n for n in steps(queue.pop()) if n not in found]
        found.update(new)
        queue += new
    return found


def demote(found: dict[Statement, Suspect], vouched: Vouched) -> None:
    """Let a statement wait that is made of what another stores under a wrong name, or of a wrong value."""
    wrong = [
        s for s in found.values() if s.rank == 0 and s.tier < FORWARD and (s.misnamed or (s.first and s.off))
    ]
    for suspect in wrong:
        behind = reached(suspect.since, vouched.origins.before.__getitem__)
        if any(s is not suspect and s.since in behind for s in wrong):
            suspect.rank, suspect.misnamed = 1, False
