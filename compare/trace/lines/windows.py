"""A gradient that is cut out of a larger array: where all of that array is right, the window is wrong.

Taking a part of an array makes no operation, so that the record blames what was written into the array.
"""

import ast
from collections.abc import Iterable

import numpy as np

from ..derivatives.run import Run
from ..recording.memory import PART
from .source import Statement, statement
from .stores import holder
from .suspect import SILENT, Suspect
from .vouching import Vouched


def blame_windows(listed: list[Suspect], run: Run, wrong: Iterable[str], vouched: Vouched) -> None:
    """Let what cuts a wrong gradient out of a right array be the likeliest statement, and clear the array's writers."""
    for name in wrong:
        value = run.gradients.get(name)
        if value is None or value.region is None:
            continue
        region = value.region
        if region.form != PART or region.dtype.kind != "f":
            continue
        whole = np.asarray(region.buffer.owner)
        if whole.size == np.size(value.array) or not vouched.known.has(whole.astype(np.float64)):
            continue
        writers = {
            statement(o.places[0])
            for o in run.tape.operations
            if o.places and any(w.region is not None and w.region.buffer is region.buffer for w in o.writes)
        } - {None}
        held: set[tuple[ast.AST | None, str | None]] = {
            (w.function, holder(w.node)) for w in writers if w is not None
        }
        cutting = [s for s in listed if s.tier == SILENT and _cuts(s.statement, held)]
        for suspect in listed if cutting else ():
            if suspect.statement in writers:
                suspect.first, suspect.off, suspect.right, suspect.rank = False, False, True, 5
        for suspect in cutting:
            suspect.rank, suspect.first, suspect.right = 0, True, False


def _cuts(each: Statement, held: set[tuple[ast.AST | None, str | None]]) -> bool:
    """Whether a statement takes a slice of one of these variables, each of a function."""
    value = each.node.value if isinstance(each.node, (ast.Return, ast.Assign)) else None
    return value is not None and any(
        isinstance(n, ast.Subscript)
        and isinstance(n.value, ast.Name)
        and (each.function, n.value.id) in held
        and any(isinstance(part, ast.Slice) for part in ast.walk(n.slice))
        for n in ast.walk(value)
    )
