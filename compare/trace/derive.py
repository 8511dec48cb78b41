"""The derivative of the loss by the value of each line of a forward pass, and the line of the backward pass that
computes it, found by its entries."""

import ast
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..common.arrays import Array
from .derivatives.adjoint import Adjoint
from .derivatives.run import Run
from .derivatives.slices import Origins
from .lines.source import Statement, file_of, position, statement
from .recording.tape import Operation, Place

HARNESS = str(Path(__file__).resolve().parents[1]) + os.sep


@dataclass(frozen=True)
class Derived:
    """A value of the forward pass and the derivative of the loss by it.

    statement: where it is computed, None of a parameter.  times: how often.  shape: of the derivative, each time the
    last.  norm: of all times together.  computed: at how many of these times the backward pass computes it.
    by: the statements that do, the first of them in the order of the run.
    """

    name: str
    statement: Statement | None
    times: int
    shape: tuple[int, ...]
    norm: float
    computed: int = 0
    by: tuple[Statement, ...] = ()
    whole: bool = True
    inner: bool = False


def derive(run: Run, back: Adjoint, origins: Origins) -> list[Derived]:
    """Return every line of the forward part in the order of the run, then the parameters.

    The forward part is what the loss was made of and a parameter goes into; the rest is the backward pass. A part of a
    line's expression is among them too: its derivative may be what a line of the backward pass computes.
    """
    of_loss = origins.slice_of([run.loss.region])
    forward = [o for o in run.tape.operations if of_loss[o.index] and any(v.active for v in o.writes)]
    known = _Known(run, of_loss)
    found = []
    for where, name, inner, operations in _steps(forward):
        gs = [g for o in operations for g in back.by_operation.get(o.index, [])[:1] if g is not None]
        if gs:
            found.append(_derived(name, where, gs, known, inner))
    grads = run.derivatives(back)
    for name, g in grads.items():
        derived = _derived(name, None, [g], known)
        found.append(derived if derived.by else replace(derived, by=_last_writer(run, origins, name)))
    return found


def _last_writer(run: Run, origins: Origins, name: str) -> tuple[Statement, ...]:
    """Return the statement that wrote last into a returned gradient, which is filled part by part."""
    value = run.gradients.get(name)
    indices = [i for i in origins.of(value.region) if i >= 0] if value is not None else []
    places = run.tape.operations[max(indices)].places if indices else ()
    where = statement(places[0]) if places else None
    return () if where is None else (where,)


def _steps(forward: list[Operation]) -> list[tuple[Statement, str, bool, list[Operation]]]:
    """Return (statement, name, whether it is a part, operations) of each value, in the order of the run."""
    found = []
    roots = set()
    for where, operations in _results(forward).items():
        name = _name(where)
        if name is not None:
            roots |= {o.index for o in operations}
            found.append((where, name, False, operations))
    parts: dict[Place, list[Operation]] = defaultdict(list)
    for operation in forward:
        if operation.places and operation.index not in roots and operation.method != "view":
            parts[operation.places[0]].append(operation)
    for place, operations in parts.items():
        at, text = statement(place), _text(place)
        if at is not None and text is not None:
            found.append((at, text, True, operations))
    return sorted(found, key=lambda each: each[3][0].index)


def _text(place: Place) -> str | None:
    """Return the expression that an instruction computes."""
    at, file = position(place), file_of(place[0].co_filename)
    if at is None or file is None:
        return None
    line, column, end, end_column = at
    lines = [each.encode() for each in file.text.splitlines()[line - 1 : end]]
    lines[-1] = lines[-1][:end_column]
    lines[0] = lines[0][column:]
    return " ".join(b" ".join(lines).decode(errors="replace").split())


def _results(operations: Iterable[Operation]) -> dict[Statement, list[Operation]]:
    """Return {statement: the operations that gave its value, one each time it ran}, in the order of the run."""
    inside: dict[Statement, list[Operation]] = defaultdict(list)
    for operation in operations:
        for place in operation.places:
            where = statement(place)
            if where is not None and not where.file.startswith(HARNESS):
                inside[where].append(operation)
    found = {}
    for where, listed in inside.items():
        last = listed[-1]
        found[where] = [o for o in listed if o.places[0] == last.places[0]]
    return dict(sorted(found.items(), key=lambda pair: pair[1][0].index))


def _name(where: Statement) -> str | None:
    """Return the name that a statement gives its value, or None where it gives several, or none."""
    node = where.node
    if (
        isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and not isinstance(node.targets[0], (ast.Tuple, ast.List))
    ):
        return ast.unparse(node.targets[0])
    if isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        return ast.unparse(node.target)
    if (
        isinstance(node, ast.Return)
        and where.function is not None
        and not isinstance(node.value, (ast.Tuple, ast.List))
    ):
        return f"{where.function.name}()"
    return None


def _derived(
    name: str, where: Statement | None, gs: list[Array], known: "_Known", inner: bool = False
) -> Derived:
    found = [known.by(g) for g in gs]
    by = tuple(dict.fromkeys(where for where, _ in found if where is not None))
    whole = all(root for _, root in found)
    norm = float(np.sqrt(sum(float(np.vdot(g, g)) for g in gs)))
    computed = sum(where is not None for where, _ in found)
    return Derived(name, where, len(gs), tuple(np.shape(gs[-1])), norm, computed, by, whole, inner)


class _Known:
    """What the statements of the backward pass compute, found by value."""

    def __init__(self, run: Run, of_loss: Array) -> None:
        self.close = run.close
        self.of_size: dict[int, list[tuple[float, Array, Statement, bool]]] = defaultdict(list)
        backward = [o for o in run.tape.operations if not of_loss[o.index]]
        roots = {o.index for listed in _results(backward).values() for o in listed}
        for operation in backward:
            where = statement(operation.places[0]) if operation.places else None
            for value in operation.writes:
                array = np.asarray(value.array)
                if where is not None and array.dtype.kind == "f" and array.size:
                    array = array.astype(np.float64)
                    norm = float(np.sqrt(np.vdot(array, array)))
                    self.of_size[array.size].append((norm, array, where, operation.index in roots))

    def by(self, g: Array) -> tuple[Statement | None, bool]:
        """Return the first statement whose value is `g`, or one inside of which it is; and whether it is its value."""
        g = np.asarray(g, np.float64)
        norm = float(np.sqrt(np.vdot(g, g)))
        near = [each for each in self.of_size[g.size] if norm and abs(each[0] - norm) <= self.close * norm]
        same = [each for each in near if _same(each[1], g, self.close * norm)]
        chosen = next((each for each in same if each[3]), same[0] if same else None)
        return (None, False) if chosen is None else (chosen[2], chosen[3])


def _same(value: Array, g: Array, room: float) -> bool:
    """Whether two arrays have the same entries, perhaps transposed."""
    layouts = [g.ravel()] if g.ndim < 2 else [g.ravel(), g.T.ravel()]
    return any(np.linalg.norm(value.ravel() - other) <= room for other in layouts)
