"""Which values of a backward pass are right: derivatives of the loss, of the whole or along one edge, laid out anew,
times a count of samples; or the derivative of a forward value by another, entry by entry."""

import ast
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from enum import IntEnum
from functools import cached_property
from math import isfinite, sqrt

import numpy as np

from ...common.arrays import Array
from ..derivatives.adjoint import Adjoint
from ..derivatives.run import Run
from ..derivatives.slices import Origins
from ..recording.memory import Value
from .source import Statement, statement

SUMMED = 20_000  # entries; sums of larger derivatives over their axes are not kept
PAIRED = 48  # forward values of one shape whose quotients are kept
SMALL = 4_000  # entries of them
PLAIN = 12  # that many times a simple fraction, or its reciprocal, is a whole number


class Status(IntEnum):
    """What is known of a value; up to NOTHING it is no evidence of a mistake.

    EXACT: a derivative of the loss.  LOCAL: of one forward value by another.  PASSED: used for right values alone.
    SCALED: a derivative times a count.  NOTHING: zeros, whole numbers, truths.  FORWARD: made of forward values alone,
    and nothing of these.  BAD: none of these.
    """

    EXACT = 0
    LOCAL = 1
    PASSED = 2
    SCALED = 3
    NOTHING = 4
    FORWARD = 5
    BAD = 6


class Known:
    """Arrays found by their entries, in whatever layout.

    close: how near they are, relative in norm.
    """

    def __init__(self, close: float) -> None:
        self.close = close
        self.listed: dict[int, list[tuple[float, Array]]] = defaultdict(list)
        self.norms: dict[int, list[float]] = {}

    def add(self, g: Array) -> None:
        """Add a right array, unless it is zero or not finite."""
        norm = float(np.sqrt(np.vdot(g, g)))
        if norm and isfinite(norm):
            self.listed[g.size].append((norm, g))

    def settle(self) -> None:
        """Sort the arrays of each size by their norm, after the last is added."""
        for size, listed in self.listed.items():
            listed.sort(key=lambda pair: pair[0])
            self.norms[size] = [norm for norm, _ in listed]

    def of_size(self, size: int) -> list[Array]:
        """Return the known arrays of so many entries, at most a few hundred."""
        return [g for _, g in self.listed.get(size, [])[:400]]

    def has(self, value: Array, scales: Iterable[float] = (1.0,)) -> bool:
        """Whether these entries, divided by one of the scales, are those of a known array."""
        norms = self.norms.get(value.size)
        if norms is None:
            return False
        entries = value.ravel()
        norm = sqrt(entries.dot(entries))
        if not norm or not isfinite(norm):
            return False
        listed = self.listed[value.size]
        for scale in scales:
            most = norm / scale * (1 + self.close)
            at = bisect_left(norms, norm / scale * (1 - self.close))
            while at < len(norms) and norms[at] <= most:
                if _same_up_to_layout(value, scale * listed[at][1], self.close * norm):
                    return True
                at += 1
        return False


class Vouched:
    """The status of each value of a run.

    run, back, origins: its record.  of_loss: for each operation, whether the loss was made of it.  readers:
    {operation: those that read its result}.
    """

    def __init__(self, run: Run, back: Adjoint, origins: Origins) -> None:
        self.run, self.back, self.origins = run, back, origins
        self.of_loss = self._given()
        self.readers: dict[int, list[int]] = defaultdict(list)
        for index, before in enumerate(origins.before):
            for each in before:
                self.readers[each].append(index)
        self.known, self.locals = Known(run.close), Known(run.close)
        whole = [g for gs in back.by_operation.values() for g in gs if g is not None]
        whole += [*run.derivatives(back).values(), *back.filled.values()]
        for g in [*whole, *back.edges.values()]:
            self._learn(np.asarray(g, np.float64))
        self.known.settle()
        self.of_loss = self.of_loss | origins.behind(self._recomputed())
        sizes = [float(np.abs(g).max(initial=0)) for g in run.derivatives(back).values()]
        self.least = 1e-14 * max(sizes, default=0.0)  # below it a value is a zero but for rounding
        self._learn_quotients(whole, back)
        self.locals.settle()
        counts = {
            float(n)
            for o in run.tape.operations[:4_000]
            for v in (*o.writes, *o.reads)
            for n in np.shape(v.array)
            if n > 1
        } | {float(len(each)) for each in run.inputs if np.ndim(each) and len(each) > 1}
        self.scales = sorted({s for n in counts for s in (n, 1 / n)})
        self.statuses = self._statuses()
        self.common = self._common()
        for index, status in enumerate(
            self.statuses
        ):  # a count that no other value has is no convention of the code
            if status == Status.SCALED:
                value = np.asarray(run.tape.operations[index].writes[0].array, np.float64)
                if not self.known.has(value, self.common):
                    made = Status.FORWARD if self._made_of_forward(index, self.statuses) else Status.BAD
                    self.statuses[index] = self._of_their_own[index] = made
        self._passed(self.statuses)  # what only right values were made of, p / N of p, is right all the same

    def _given(self) -> Array:
        """Return, for each operation, whether its result is right by definition: the loss was made of it."""
        return self.origins.slice_of([self.run.loss.region])

    def _recomputed(self) -> list[int]:
        """Return the operations that compute a value of the forward pass again: on its line, or under its name."""
        forward, known_at, found = Known(self.run.close), set[object](), []
        names: dict[Statement | None, list[str]] = {None: []}
        for operation, of_loss in zip(self.run.tape.operations, self.of_loss, strict=True):
            value = np.asarray(operation.writes[0].array)
            if value.dtype.kind != "f" or value.size < 2 or not operation.places:
                continue
            where = statement(operation.places[0])
            if where is not None and where not in names:
                names[where] = [ast.unparse(t) for t in getattr(where.node, "targets", ())]
            at = {operation.places[0], *names[where]}
            if of_loss:
                forward.add(np.asarray(value, np.float64))
                known_at |= at
            elif not known_at.isdisjoint(at):
                found.append(operation)
        forward.settle()
        values = [(o.index, np.asarray(o.writes[0].array, np.float64)) for o in found]
        return [i for i, value in values if forward.has(value) and not self.known.has(value)]

    def _learn(self, g: Array) -> None:
        self.known.add(g)
        if 1 < g.ndim <= 4 and g.size <= SUMMED:
            for axis in range(g.ndim):
                self.known.add(g.sum(axis=axis))
                if g.shape[axis] <= 16:
                    for part in np.moveaxis(g, axis, 0):
                        self.known.add(part)

    def _learn_quotients(self, whole: list[Array], back: Adjoint) -> None:
        """Keep the derivative of each forward value by each other of its shape, where one goes through the other."""
        by_shape: dict[tuple[int, ...], list[Array]] = defaultdict(list)
        for g in whole:
            if g.size <= SMALL and np.all(g) and len(by_shape[g.shape]) < PAIRED:
                by_shape[g.shape].append(np.asarray(g, np.float64))
        for shape, listed in by_shape.items():
            for i, a in enumerate(listed):
                for b in listed[:i]:
                    self.locals.add(a / b)
                    self.locals.add(b / a)
                for b in by_shape.get(shape[:1], ()) if len(shape) > 1 else ():  # of each sample's loss
                    self.locals.add(a / b.reshape(-1, *[1] * (len(shape) - 1)))
        for (index, _), g in back.edges.items():
            above = back.by_operation[index][0]
            if above is not None and above.shape == g.shape and np.all(above):
                self.locals.add(g / above)

    def known_as(self, value: Array) -> bool:
        """Whether these are the entries of a derivative of the loss, times a count that several values have."""
        return self.known.has(value, (1.0, *self.common))

    @cached_property
    def computed(self) -> Known:
        """The right values that the backward pass has already."""
        found = Known(self.run.close)
        for operation, status, of_loss in zip(
            self.run.tape.operations, self.statuses, self.of_loss, strict=True
        ):
            if not of_loss and status <= Status.SCALED:
                found.add(np.asarray(operation.writes[0].array, np.float64))
        found.settle()
        return found

    def refute(self, indices: Iterable[int]) -> None:
        """Note that these operations gave what is wrong as it was returned: the derivative by another value, say."""
        new = {i for i in indices if i >= 0 and self.statuses[i] <= Status.PASSED and not self.of_loss[i]}
        for index in new:
            self.statuses[index] = self._of_their_own[index] = Status.BAD
        self.refuted |= new
        if new:  # then it says nothing for what it was made of
            for index, status in enumerate(self.statuses):
                if status == Status.PASSED:
                    self.statuses[index] = self._of_their_own[index]
            self._passed(self.statuses)

    def _common(self) -> list[float]:
        """Return the counts by which several values of the backward pass are derivatives of the loss."""
        times: dict[float, int] = defaultdict(int)
        for index, status in enumerate(self.statuses):
            if status == Status.SCALED:
                value = np.asarray(self.run.tape.operations[index].writes[0].array, np.float64)
                if value.size > 1 or not _is_plain(float(value.ravel()[0])):
                    for s in self.scales:
                        times[s] += self.known.has(value, (s,))
        return [s for s, count in times.items() if count > 1]

    def _statuses(self) -> list[Status]:
        """Return the status of each operation's result; those the loss was made of are right by definition."""
        found: list[Status] = []
        self._added_to = dict[int, set[int]]()  # of a sum by what it was added to, for which it says nothing
        for operation in self.run.tape.operations:
            found.append(self._status(operation.index, found))
        self._of_their_own, self.refuted = list(found), set[int]()
        return self._passed(found)

    def _passed(self, found: list[Status]) -> list[Status]:
        """Let what was used for right values alone be right, also by way of truths and whole numbers."""
        used_well = [False] * len(found)
        for index in range(len(found) - 1, -1, -1):
            readers = [r for r in self.readers.get(index, ()) if not self.of_loss[r]]
            used_well[index] = found[index] <= Status.PASSED
            if (
                found[index] >= Status.NOTHING
                and readers
                and all(used_well[r] and index not in self._added_to.get(r, ()) for r in readers)
            ):
                used_well[index] = True
                if found[index] >= Status.FORWARD:
                    # A quotient of two derivatives may be met by chance: it vouches for what it is made of less.
                    by_chance = all(found[r] == Status.LOCAL for r in readers)
                    found[index] = Status.LOCAL if by_chance else Status.PASSED
        return found

    def _status(self, index: int, found: list[Status]) -> Status:
        if self.of_loss[index]:
            return Status.EXACT
        operation = self.run.tape.operations[index]
        values = [np.asarray(v.array) for v in operation.writes]
        if any(v.dtype.kind != "f" for v in values) or not any(
            (np.abs(v) > self.least).any() for v in values
        ):
            return Status.NOTHING
        wide = [v.astype(np.float64, copy=False) for v in values]
        if all(self.known.has(v) for v in wide):
            return Status.NOTHING if all(_says_little(v) for v in wide) else Status.EXACT
        before = [b for b in self.origins.before[index] if not self.of_loss[b]]
        into = operation.writes[0].region
        target = next(
            (
                v
                for v in operation.reads
                if v.region is not None and into is not None and v.region.buffer is into.buffer
            ),
            None,
        )
        target = target or self._accumulated(index)
        if operation.method in ("setitem", "at") or (
            target is not None and getattr(operation.function, "__name__", "") in ("add", "subtract")
        ):
            # What is written or added decides, not what it makes with the rest.
            sources = [
                b
                for v in operation.reads
                if v is not target
                for b in self.origins.reading(index, v)
                if b >= 0
            ]
            listed = [found[b] for b in sources if not self.of_loss[b]]
            if listed and target is not None:
                self._added_to[index] = {b for b in self.origins.reading(index, target) if b not in sources}
            if listed:
                return max(listed)
        if all(self.locals.has(v) for v in wide):
            return Status.NOTHING if all(_says_little(v) for v in wide) else Status.LOCAL
        if all(self.known.has(v, self.scales) for v in wide):
            return Status.SCALED
        if self._made_of_forward(index, found):
            return Status.FORWARD
        spread = [found[b] for b in before if self._same_but_zeros(b, wide[0])]
        return spread[0] if spread else Status.BAD

    def _made_of_forward(self, index: int, found: list[Status]) -> bool:
        """Whether a value was made of values of the forward pass, and of derivatives of such by each other, alone."""
        before = (b for b in self.origins.before[index] if not self.of_loss[b])
        return all(found[b] in (Status.FORWARD, Status.LOCAL, Status.NOTHING) for b in before)

    def _same_but_zeros(self, index: int, value: Array) -> bool:
        """Whether a value is that of an operation with zeros put in: padded, or spread by a stride."""
        source = np.asarray(self.run.tape.operations[index].writes[0].array)
        if source.dtype.kind != "f" or not 0 < source.size < value.size:
            return False
        mine, its = value[value != 0], source[source != 0].astype(np.float64)
        return mine.size == its.size > 1 and bool(np.array_equal(np.sort(mine), np.sort(its)))

    def _accumulated(self, index: int) -> Value | None:
        """Return the operand that was read where the sum is then written: db[f] += g of a number."""
        tape = self.run.tape.operations
        written = [
            tape[r].writes[0].region for r in self.readers.get(index, ()) if tape[r].method == "setitem"
        ]
        into = {region.buffer for region in written if region is not None}
        for value in tape[index].reads if into else ():
            for producer in self.origins.reading(index, value):
                if producer >= 0 and tape[producer].method in ("getitem", "view"):
                    source = tape[producer].reads[0].region
                    if source is not None and source.buffer in into:
                        return value
        return None


def _is_plain(number: float) -> bool:
    """Whether a number is a simple fraction, which is soon another one times a count."""
    return number == 0 or (PLAIN * number).is_integer() or (PLAIN / number).is_integer()


def _says_little(value: Array) -> bool:
    """Whether all entries are the same but for signs and zeros: a mask of ones is soon the derivative of something."""
    size = np.abs(value[value != 0])
    return value.size > 1 and bool(np.all(size == size[:1]))


def _same_up_to_layout(value: Array, g: Array, room: float) -> bool:
    flat = value.ravel()
    layouts = [g.ravel()] if g.ndim < 2 else [g.ravel(), g.T.ravel()]
    if any(np.linalg.norm(flat - other) <= room for other in layouts):
        return True
    return bool(g.ndim > 2 and np.linalg.norm(np.sort(flat) - np.sort(g.ravel())) <= room)
