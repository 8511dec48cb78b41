"""A statement that may be wrong, and what is known of it."""

from dataclasses import dataclass, field

from ...common.arrays import Array
from .source import Statement

SOME = 1  # the tier of statements that some wrong arrays alone were made of
SHARED = 2  # the tier of statements that right arrays were made of too
FORWARD = 3  # the tier of statements that the loss too was made of
SILENT = 4  # of those that computed nothing


@dataclass
class Suspect:
    """A statement that may be wrong.

    operations: those of its operations that led to a wrong array.  tier: 0: every wrong array was made of them and no
    right one; 1: some; 2: right ones too; then FORWARD and SILENT.  right: all its values are right.  first: an
    operation of it gives the first wrong value of right ones, or a forward value that feeds such.  rank: 0 is the
    likeliest.  off: made of derivatives, it is none.  misnamed: it stores, as dz or grad_z, what is not the derivative
    by z.  sure: it stores just that.  visit: the execution in which it was the first; -1: not known.
    feeds: it is a factor of the first wrong value, of which nothing tells whether it is right.
    calls: it calls the function in which the first wrong value was computed.
    after: it follows a value of right ones that is not what it is named after, which no change here could mend.
    alias: it gives a value another name.  into: the statements of first wrong values that read what it stores.
    placed: what it writes is right, which leaves the place where it writes.  mixed: what it is made of holds a count
    in one part and none in another, which may be the part's mistake.
    due: whether of all whose values can mend everything it is the first that would do so with a derivative of the loss.
    late: whether it is another of these.
    ahead: whether it comes before the loss is known, where others come after.
    unread: whether it computes what nothing reads, of as many entries as a gradient lacks.
    named: the derivatives by what it is named after, where it is misnamed.  since: the operation that
    gives the first wrong value, or the first under a wrong name.
    """

    statement: Statement
    operations: list[int] = field(default_factory=list)
    tier: int = 0
    right: bool = False
    first: bool = False
    rank: int = 0
    visit: int = -1
    off: bool = False
    misnamed: bool = False
    since: int = -1
    sure: bool = False
    feeds: bool = False
    calls: bool = False
    after: bool = False
    alias: bool = False
    placed: bool = False
    mixed: bool = False
    due: bool = False
    late: bool = False
    ahead: bool = False
    unread: bool = False
    into: set[Statement] = field(default_factory=set)
    named: list[Array] = field(default_factory=list)

    @property
    def standing(self) -> int:
        """The rank, or 0 of what may be wrong as well as the first wrong value: a factor, another name of a value."""
        alias = self.alias and self.tier < FORWARD and not self.sure
        return 0 if self.feeds or self.due or alias else self.rank


def sources_of(index: int, own: set[int], before: list[tuple[int, ...]]) -> set[int]:
    """Return the operations of other statements whose results a statement's operation was made of."""
    found, inside, queue = set[int](), {index}, [index]
    while queue:
        for each in before[queue.pop()]:
            if each not in own:
                found.add(each)
            elif each not in inside:  # a loop reaches its own results by many ways
                inside.add(each)
                queue.append(each)
    return found
