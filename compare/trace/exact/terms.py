"""One operation on its way to cells: its arguments as cells, and the choices that it takes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...common.arrays import Array
from ..recording.memory import Value
from ..recording.tape import Operation
from .program import Program


class NotCoveredError(Exception):
    """An operation has no formula in cells; the message names it and its line."""


@dataclass(frozen=True)
class Condition:
    """A choice that the run took: the numbers of `more` are at least those of `less`, entry by entry."""

    more: Array
    less: Array
    operation: Operation


ULPS = 16.0  # of the largest entry: a z that is 0 on paper is this far from it in floats
COMPARISONS = (np.less, np.less_equal, np.greater, np.greater_equal)


def tied(x: Array, y: Array) -> Array:
    """Return where two arrays are equal but for rounding."""
    if np.asarray(x).dtype.kind != "f" and np.asarray(y).dtype.kind != "f":
        return np.equal(x, y)
    eps = max(float(np.finfo(a.dtype).eps) for a in (np.asarray(x), np.asarray(y)) if a.dtype.kind == "f")
    with np.errstate(all="ignore"):
        size = max((float(np.abs(a[np.isfinite(a)]).max(initial=0.0)) for a in (x, y)), default=0.0)
        return np.equal(x, y) | (np.abs(np.subtract(x, y)) <= ULPS * eps * size)


@dataclass
class Terms:
    """An operation to be lowered.

    read: a recorded value -> its cells.  conditions, ties: the choices taken, and the operations that stood on a kink
    when they took one, to be added to.  other: which of the other choices to take, 0 for that of the run.
    guards: None, or where to note the constants that are left out of logarithms: log(p) for log(p + 1e-8).
    pairs: what was equal in those ties, to be added to.
    """

    program: Program
    operation: Operation
    read: Callable[[Value], Array]
    conditions: list[Condition]
    ties: list[Operation]
    other: int = 0
    guards: list[float] | None = None
    pairs: set[frozenset[int]] = field(default_factory=set)

    def cells(self, argument: Any) -> Array:
        """Return the cells of an argument: a recorded value, or numbers."""
        if isinstance(argument, Value):
            return self.read(argument)
        if isinstance(argument, (list, tuple)):
            return np.array([self.cells(a) for a in argument], np.int64)
        array = np.asarray(argument)
        if array.dtype.kind not in "fiub":
            raise NotCoveredError(f"{self.operation.name} of {array.dtype}")
        return self.program.constant(array, exact=array.dtype.kind != "f")

    def numbers(self, argument: Any) -> Any:
        """Return the numbers of an argument as the run had them; truths as they are where ties go the other way."""
        if isinstance(argument, Value):
            if self.other and np.asarray(argument.array).dtype.kind == "b":
                return self.program.numbers_of(self.read(argument)).astype(bool)
            return argument.array
        if isinstance(argument, (list, tuple)):
            return type(argument)(self.numbers(a) for a in argument)
        return argument

    def apply(self, kind: str, *operands: Array) -> Array:
        return self.program.apply(kind, *operands)

    def number(self, value: float) -> Array:
        return self.program.number(value)

    def choose(self, a: Array, b: Array, x: Any, y: Any, largest: bool = True) -> Array:
        """Return the cells of the larger of two arrays, by their numbers; of the smaller, where not `largest`."""
        x, y = np.broadcast_arrays(np.asarray(x), np.asarray(y))
        first = (x >= y) if largest else (x <= y)
        first = first | np.isnan(y) if x.dtype.kind == "f" else first
        first = self.passed(first, x, y, a, b)
        a, b = np.broadcast_to(a, x.shape), np.broadcast_to(b, x.shape)
        chosen, other = np.where(first, a, b), np.where(first, b, a)
        self.note(chosen, other) if largest else self.note(other, chosen)
        return chosen

    def passed(self, truth: Array, x: Array, y: Array, a: Array, b: Array) -> Array:
        """Return a choice between x and y as it is, or as it is beyond the kink.

        a, b: their cells; between a number and itself there is no kink.
        """
        tie = tied(x, y) & (a != b)
        self.tie(tie, a, b)
        return np.where(tie, ~truth, truth) if self.other else truth

    def tie(self, where: Array, a: Array, b: Array, choices: int = 1) -> None:
        """Note that these cells are equal where a choice between them is made: that of the run, and other `choices`."""
        if not where.any():
            return
        self.ties += [self.operation] * choices
        for one, other in zip(
            *(np.broadcast_to(c, where.shape)[where].tolist() for c in (a, b)), strict=True
        ):
            self.pairs.add(frozenset(self.program.literal(c) for c in (one, other)))

    def note(self, more: Array, less: Array) -> None:
        """Note that the run took `more` for at least as large as `less`."""
        more, less = np.broadcast_arrays(more, less)
        apart = more != less
        if apart.any():
            self.conditions.append(Condition(more[apart], less[apart], self.operation))

    def truths(self) -> Array | None:
        """Return the truths that an operation gives where ties go the other way; None where it gives none."""
        operation = self.operation
        result = np.asarray(operation.writes[0].array)
        if not self.other or result.dtype.kind != "b" or operation.method != "__call__" or operation.kwargs:
            return None
        given = [self.numbers(a) for a in operation.args]
        try:
            found = np.asarray(operation.function(*given), bool)
        except Exception:
            return None
        if operation.function in COMPARISONS and operation.active:
            x, y = np.broadcast_arrays(*(np.asarray(g) for g in given))
            a, b = np.broadcast_arrays(*(self.cells(v) for v in operation.args[:2]))
            found = self.passed(found, x, y, a, b)
        return found

    def note_comparison(self) -> None:
        """Note how a comparison of numbers that depend on a parameter came out."""
        operation = self.operation
        if operation.function not in COMPARISONS or operation.method != "__call__" or not operation.active:
            return
        try:
            a, b = np.broadcast_arrays(*(self.cells(v) for v in operation.args[:2]))
        except NotCoveredError:
            return
        truth = np.broadcast_to(np.asarray(operation.writes[0].array, bool), a.shape)
        x, y = np.broadcast_arrays(*(np.asarray(self.numbers(v)) for v in operation.args[:2]))
        self.passed(truth, x, y, a, b)
        above = truth if operation.function in (np.greater, np.greater_equal) else ~truth
        self.note(np.where(above, a, b), np.where(above, b, a))
