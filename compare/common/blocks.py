"""Pass over large arrays in blocks that stay in a core's cache: nothing waits for memory, nothing is copied."""

from collections.abc import Iterator

import numpy as np

ONE = 1 << 18  # entries; up to here an array is one block
BLOCK = 1 << 15  # of a larger one
GRID = 64  # the most blocks along a side of a table of maxima


def blocks(array: np.ndarray) -> Iterator[tuple[slice, ...]]:
    """Yield the index of each block, in order."""
    if array.size <= ONE:
        yield (slice(0, None),) * array.ndim
        return
    row = array[0].size
    rest = (slice(0, None),) * (array.ndim - 1)
    if row > BLOCK:
        for i in range(len(array)):
            for where in blocks(array[i]):
                yield slice(i, i + 1), *where
        return
    step = max(1, BLOCK // row)
    for start in range(0, len(array), step):
        yield slice(start, start + step), *rest
