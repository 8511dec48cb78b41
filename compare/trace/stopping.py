"""Where an iteration ended because its steps had become small, and what it left undone."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from .derivatives.slices import Origins
from .recording.memory import Value
from .recording.tape import Operation, Place, where

FEWEST = 3  # looks at how large a step is
SHRUNK = 1e-3  # of the second step: what the last one is at most
ROOM = 4.0  # of the bound: a derivative converges behind its value
COMPARISONS = (np.less, np.less_equal, np.greater, np.greater_equal)


@dataclass(frozen=True)
class Stop:
    """An iteration that ended at `line`, with a last step that was `step` of the second (of a fixed count: the first).

    left: how far from its limit a derivative through it may be, relative to it. With steps q_1 ... q_k that shrink by
    r = q_k / q_(k-1), the limit is q_k r / (1 - r) away, and the derivative k times as far.
    end: the index of the last operation.
    """

    line: str
    step: float
    left: float
    end: int


def stops(origins: Origins) -> list[Stop]:
    """Return the iterations of a run that ended with a step below a number."""
    looks: dict[Place, list[tuple[float, float, bool, int]]] = defaultdict(list)
    for operation in origins.tape.operations:
        if operation.function in COMPARISONS and operation.places and (look := _look(operation)):
            looks[operation.places[0]].append((*look, operation.index))
    found = []
    for place, seen in looks.items():
        sizes, bounds, answers, indices = zip(*seen, strict=True)
        if len(seen) < FEWEST or answers[:-1] != (not answers[-1],) * (len(seen) - 1):
            continue
        first, before, last = sizes[1], *sizes[-2:]  # the first of all may start from 0
        if not 0 < last <= bounds[-1] < before or last > SHRUNK * first:
            continue
        one, next_ = (origins.behind([i]) for i in indices[-2:])
        if 2 * (one & next_).sum() < one.sum():  # other samples, say: no step is made of the one before
            continue
        left = ROOM * len(seen) * last / first / (1 - last / before)
        found.append(Stop(where((place,)), last / first, left, indices[-1]))
    return found


def _look(operation: Operation) -> tuple[float, float, bool] | None:
    """Return a step's size, the positive number it is compared with, and the answer; None for other comparisons."""
    sides = [a.array if isinstance(a, Value) else a for a in operation.args[:2]]
    moving = [isinstance(a, Value) and a.active for a in operation.args[:2]]
    if len(sides) < 2 or moving[0] == moving[1] or any(np.size(s) != 1 for s in sides):
        return None
    size, bound = (float(np.ravel(s)[0]) for s in (sides if moving[0] else sides[::-1]))
    return (size, bound, bool(np.ravel(operation.writes[0].array)[0])) if bound > 0 else None
