"""How many digits the floats of a right formula keep, and the line where the others go."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...common.arrays import Array
from ..derivatives.run import Run
from ..derivatives.slices import Origins
from ..recording.memory import Value
from ..recording.tape import Operation, position
from .balls import evaluated
from .lowering import lowered
from .referee import BITS, Ruling

FEW = 0.5  # of a type's digits: fewer are worth a warning
COUNTS = 1e-3  # of the largest entry: relative errors of smaller ones say little
MOST_CELLS = 200_000


@dataclass(frozen=True)
class Loss:
    """An entry that keeps few digits."""

    name: str
    index: str
    digits: int
    dtype: str


def lost(
    name: str, mine: Array, ruling: Ruling, doubted: bool, coarsest: np.dtype, flushed: float
) -> Loss | None:
    """Return the entry of an array that keeps the fewest digits, if that is worth a warning.

    doubted: whether its rounding looked like a mistake: then any loss is told.  coarsest: the type of what the user
    handed over. An array of a finer type may hold numbers computed in it.  flushed: what is smaller may be 0 inside.
    """
    exact = ruling.formula
    size = np.abs(exact)
    largest = size.max(initial=0.0)
    dtype = max(mine.dtype, coarsest, key=lambda kind: np.finfo(kind).eps)
    eps = float(np.finfo(dtype).eps)
    with np.errstate(all="ignore"):
        counts = size > max(COUNTS * largest, flushed)
        share = np.where(counts, np.abs(mine - exact) / np.where(size > 0, size, 1), 0.0)
    worst = int(share.argmax()) if share.size else 0
    error = float(share.ravel()[worst]) if share.size else 0.0
    if not error > (10 * eps if doubted else eps**FEW):
        return None
    place = [int(i) for i in np.unravel_index(worst, mine.shape)]
    index = str(place).replace(" ", "") if place else ""
    return Loss(name, index, int(-np.log10(min(error, 1.0))), str(dtype))


def where_lost(run: Run, origins: Origins, gradients: Mapping[str, Value]) -> dict[str, str]:
    """Return the file and line, for each array, whose operations add most to the relative error of their operands.

    run: of the user's own types. An array that no line stands out for is left out.  Raises NotCoveredError.
    """
    low = lowered(run, origins, list(gradients.values()))
    if low.program.size > MOST_CELLS or not low.made:
        return {}
    behind = {n: origins.slice_of([v.region]) for n, v in gradients.items()}
    indices = [i for i in low.made if any(slice_[i] for slice_ in behind.values())]
    operations = {i: run.tape.operations[i] for i in indices}
    found = evaluated(low.program, [low.made[i].ravel() for i in indices], BITS[0])
    errors: dict[int, float] = {}
    for i, balls in zip(indices, found, strict=True):
        exact = np.array([float(b.mid()) for b in balls])
        floats = np.broadcast_to(
            np.asarray(operations[i].writes[0].array, np.float64), low.made[i].shape
        ).ravel()
        size = np.abs(exact).max(initial=0.0)
        errors[i] = float(np.abs(floats - exact).max(initial=0.0) / size) if size > 0 else 0.0
    lines = {n: _worst_line(operations, errors, origins, of_name) for n, of_name in behind.items()}
    return {n: line for n, line in lines.items() if line}


def _worst_line(
    operations: dict[int, Operation], errors: dict[int, float], origins: Origins, behind: Array
) -> str:
    added: dict[str, float] = defaultdict(float)
    for i, operation in operations.items():
        before = max((errors.get(j, 0.0) for j in origins.before[i]), default=0.0)
        if behind[i] and operation.places and errors[i] > before:
            code, span = position(operation.places[0])
            added[f"{Path(code.co_filename).name}, line {span[0]}"] += errors[i] - before
    return max(added, key=lambda line: added[line]) if added else ""
