"""Which operations made the wrong entries of a returned array, and which the right ones.

Many functions return one vector: every derivative in an array of its own, laid out one behind the other, or written
into its place. Then each part says for itself whether it is right.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ...common.arrays import Array, distinct
from ..derivatives.run import Run
from ..derivatives.slices import Origins
from ..recording.memory import Value
from .source import Statement, statement

WRITING = "setitem.setitem"  # the operation of a[i] = b
JOINING = frozenset(["array", "append", "concatenate", "hstack", "vstack"])


@dataclass
class Writers:
    """The operations that an array was made by.

    wrong: of the wrong entries, apart where one change of a line need not mend them all.  right: of the right ones.
    joining: what laid the parts out.
    """

    wrong: list[set[int]] = field(default_factory=list)
    right: set[int] = field(default_factory=set)
    joining: set[int] = field(default_factory=set)

    def behind(self, origins: Origins) -> list[Array]:
        """Return, for each group of wrong entries, what they were made of."""
        found = [origins.behind(starts) for starts in self.wrong]
        for each in found:
            each[list(self.joining)] = True
        return found


def writers_of(run: Run, origins: Origins, value: Value, right: Array) -> Writers:
    """Return what wrote the entries of a returned array that is off.

    right: what it should be.
    """
    assert value.region is not None
    mine = np.asarray(value.array)
    writers = origins.writers(value.region)
    everything = set(distinct(writers)) - {-1}
    if mine.shape != right.shape:
        return Writers([everything])
    off = ~(np.abs(mine - right) <= run.close * np.abs(right).max(initial=0))
    parts = list(_parts(run, origins, everything, mine.size))
    found = Writers(joining=everything if parts else set())
    for made_by, entries in parts:
        if off.ravel()[entries].any():
            found.wrong.append(made_by)
        else:
            found.right |= made_by
    if found.wrong:
        return found
    starts = set(distinct(writers[off])) - {-1}
    if len(everything) < 2 or not starts:
        return Writers([everything])
    return Writers(_by_statement(run, starts), everything - starts)


def _parts(run: Run, origins: Origins, writers: set[int], size: int) -> Iterator[tuple[set[int], slice]]:
    """Yield the parts of vectors that were laid out one behind the other: what made each, and its entries."""
    if len(writers) != 1:
        return
    (index,) = writers
    operation = run.tape.operations[index]
    vectors = all(np.ndim(v.array) <= 1 for v in operation.reads) or operation.name == "append"
    sizes = [int(np.size(v.array)) for v in operation.reads]
    if operation.name not in JOINING or not vectors or sum(sizes) != size:
        return
    start = 0
    for read, length in zip(operation.reads, sizes, strict=True):
        yield {i for i in origins.reading(index, read) if i >= 0}, slice(start, start + length)
        start += length


def _by_statement(run: Run, starts: set[int]) -> list[set[int]]:
    """Return operations apart by statement, where each only writes entries of its own into an array."""
    operations = [run.tape.operations[i] for i in starts]
    if any(o.name != WRITING or not o.places for o in operations):
        return [starts]
    groups: dict[Statement | None, set[int]] = defaultdict(set)
    for operation in operations:
        groups[statement(operation.places[0])].add(operation.index)
    return list(groups.values())
