"""Execute a step of one subject in one way after the other, and judge each by the float64 run of its framework."""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...mistakes.shares import sentence
from ...networks import PACKAGES
from ...user.raised import in_a_line
from .parts import GUESSED, Parts, named_mixture
from .reference import LOSS, Band, Reference
from .result import Fault, Row
from .subject import Native, Subject
from .ways import WAYS, Execution, Gradients, Way, missing


class Run:
    """The references of a Subject, each made when it is first needed."""

    def __init__(self, subject: Subject, backend: str):
        self.subject, self.backend = subject, backend
        self.references: dict[str, Reference] = {}
        self._parts: dict[str, Parts] = {}

    def reference(self, who: str) -> Reference:
        """Return the float64 run of a framework."""
        return self.references.setdefault(who, Reference(who, self.subject))

    def parted(self, who: str) -> Parts:
        """Return the gradients of parts of the batch, in float64."""
        return self._parts.setdefault(who, Parts(self.reference(who)))

    def native(self, who: str) -> Native:
        """Return the arrays of a framework in the type in question."""
        return Native(who, self.subject.dtype)

    @staticmethod
    def plain(array: Any) -> np.ndarray:
        """Return samples in NumPy, floating ones in float64."""
        found = np.asarray(
            array.double() if hasattr(array, "double") and array.is_floating_point() else array
        )
        return found if found.dtype.kind in "iub" else found.astype(np.float64)

    @staticmethod
    def named(way: Way, absent: str) -> Row:
        """Return the row of a way that is not tried."""
        return Row(way.name, way.framework, way.says, absent=absent)

    def row(self, way: Way) -> Row:
        """Execute in one way and judge it."""
        row = Row(way.name, way.framework, way.says, absent=missing(way, self.subject, self.backend))
        if row.absent:
            return row
        reference, execution = self.reference(way.framework), Execution(way, self.subject, self.backend)
        bands = reference.gradient(0), reference.gradient(1), reference.trained()
        try:
            first = execution.gradient(0)
            found = [first, execution.gradient(1), execution.trained()]
        except UserError:
            raise
        except Exception as error:
            return replace(row, absent=f"cannot be executed so: {in_a_line(error)[:200]}")
        return self.judged(row, way, bands, found)

    def judged(self, row: Row, way: Way, bands: Sequence[Band], found: Sequence[tuple]) -> Row:
        """Return the row with what was found compared, and what is wrong with it."""
        offs = [band.off(*one) for band, one in zip(bands, found, strict=True)]
        right = all(o.ok for o in offs)
        row = Row(row.name, row.framework, row.says, None, right, offs[0], offs[1], offs[2])
        return row if row.ok else replace(row, fault=self._fault(way, row, bands[0], found[0]))

    def _fault(self, way: Way, row: Row, band: Band, found: tuple) -> Fault:
        assert row.gradient and row.again
        if row.gradient.ok:
            stale = self._stale(way)
            if stale is not None:
                return stale
        if way.own or way.workers or way.sizes:
            parts = self.parted(way.framework)
            mixed = named_mixture(parts, found[1], band, way.sizes, bool(way.workers))
            if mixed:
                return Fault(mixed[0].id, f"It is as if {sentence(mixed)}.", tuple(m.id for m in mixed))
        return self._operation(way, row) or Fault(None, "No single operation of its graph differs.")

    def _stale(self, way: Way) -> Fault | None:
        """Return the Fault of a program that keeps what it was traced with: made anew it is right."""
        anew = Execution(way, self.subject, self.backend).gradient(1)
        if not self.reference(way.framework).gradient(1).off(*anew).ok or way.framework == "hand":
            return None
        said = "Right on the batch it was traced with, wrong on the next: it holds a constant captured then."
        graph = self._graph(way.framework)
        with Native(way.framework, self.subject.dtype).open():
            net = self.subject.net.build(way.framework)
            found = graph.stale(net, Gradients(), self._arguments(way, 0), lambda: self._arguments(way, 1))
        return Fault("stale-constant", f"{said} {found.sentence()}." if found else said)

    def _operation(self, way: Way, row: Row) -> Fault | None:
        """Return the first operation that differs: of the gradient, or where that is right of the update."""
        if way.framework == "hand" or way.own or way.workers:
            return None
        graph, dtype = self._graph(way.framework), self.subject.dtype
        assert row.gradient and row.again
        step = 0 if not row.gradient.ok else 1
        right = row.gradient.ok and row.again.ok
        rule: Any = self.subject.rule.build(way.framework) if right else Gradients()
        native = Native(way.framework, dtype)
        with native.open():
            net = way.net(self.subject.net.build(way.framework))
            params, state, x, y = self._arguments(way, 0 if right else step)
            state = rule.init(params)
            more = (graph.compiler(way.form, self.backend),) if way.framework == "torch" else ()
            try:
                found = graph.first_difference(net, rule, (params, state, x, y), dtype, *more)
            except Exception as error:
                return Fault(None, f"Its graph could not be searched: {in_a_line(error)[:150]}.")
        return found and Fault("operation", f"{found.sentence()}.")

    def _graph(self, who: str) -> Any:
        return import_module(f"{__package__}.{who}_graph")

    def _arguments(self, way: Way, step: int) -> tuple:
        x, y = self.subject.batch(step)
        params, x, y = Native(way.framework, self.subject.dtype).into((self.subject.params, x, y))
        return params, {}, x, y

    def parts(self, notes: list[str]) -> list[Way]:
        """Return the accumulated steps, equal and unequal micro-batches; note why where there are none."""
        here = [way for way in WAYS[:2] + WAYS[5:6] if not missing(way, self.subject, self.backend)]
        if not here:
            return []
        samples = len(self.subject.batch(0)[0])
        equal = next(((samples // k,) * k for k in (4, 3, 2) if samples % k == 0 and samples > k), None)
        unequal = (samples // 2, samples // 3, samples - samples // 2 - samples // 3) if samples > 5 else None
        found = []
        for said, sizes in (("equal", equal), ("unequal", unequal)):
            split = self.parted(here[0].framework).split(sizes) if sizes else None
            if sizes and split is None:
                notes.append(
                    "The loss of the batch is no mixture of the losses of its parts (a batch norm?): accumulated over "
                    "micro-batches it is another function, and these rows are left out."
                )
                return []
            if split is None or sizes is None:
                continue
            if split.denominator == GUESSED:
                notes.append(
                    "The loss is a mean over something else than samples or tokens: nothing is accumulated."
                )
                return []
            for way in here:
                package = import_module(f"{PACKAGES[way.framework]}.parallel")

                def net(net: Any, package: Any = package, split: Any = split) -> Any:
                    return package.Accumulated(net, split.sizes, split.of)

                form = "compiled" if way.framework == "jax" else "eager"
                says = f"{len(sizes)} {said} micro-batches of {', '.join(map(str, dict.fromkeys(sizes)))} samples"
                says += (
                    "" if split.denominator == "samples" else f"; the loss is a mean over {split.denominator}"
                )
                found.append(
                    Way(
                        f"{way.framework}, accumulated {said}",
                        way.framework,
                        form,
                        net=net,
                        sizes=sizes,
                        says=says,
                    )
                )
        return found

    def compared(self) -> list[Row]:
        """Compare the float64 runs with one another: a reference that is wrong judges nothing."""
        first, *others = self.references.values() if self.references else (None,)
        rows = []
        for other in others:
            assert first is not None
            two = other.gradient(0)
            tight = _Tight(first, other).band()
            off = tight.off(float(two.right[LOSS]), {n: a for n, a in two.right.items() if n != LOSS})
            said = f"{other.who} and {first.who} in float64 differ: threeways gradients says by what"
            fault = None if off.ok else Fault("reference", f"{said}.")
            rows.append(
                Row(
                    f"{other.who} in float64",
                    other.who,
                    f"against {first.who}",
                    None,
                    off.ok,
                    off,
                    fault=fault,
                )
            )
        return rows


class _Tight:
    """The band of two float64 runs around one another, by the rounding of float64."""

    def __init__(self, one: Reference, other: Reference):
        subject = replace(one.subject, dtype="float64")
        self.one, self.other = one, [Reference(r.who, subject) for r in (one, other)]

    def band(self) -> Band:
        """Return the first one's gradient with both units together."""
        bands = [r.gradient(0) for r in self.other]
        right = self.one.gradient(0)
        units = {n: np.hypot(bands[0].units[n], bands[1].units[n]) for n in right.right}
        return Band(right.right, units, right.limit)
