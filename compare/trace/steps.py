"""The line of an update rule that is wrong: the steps of the user's own training beside those of the right rule."""

import copy
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from ..common.arrays import Array, Arrays, unflatten
from ..user.matching import match
from ..user.returned import Outcome, is_number, understand
from ..user.subject import Subject
from .candidates import AT_MOST
from .changes.fix import applied
from .changes.points import Point, quiet, wrong_arrays
from .changes.search import POINTS, Search
from .derivatives.adjoint import Adjoint
from .derivatives.run import NotFollowedError, Run, record
from .derivatives.slices import Origins
from .evidence import in_one
from .lines.source import statement
from .lines.suspect import Suspect
from .lines.vouching import Vouched
from .locate import in_twins, located
from .located import Located
from .recording.kept import Kept
from .recording.kinds import traced
from .recording.memory import Value
from .recording.tape import Tape, active, recording

STEPS = 3
Gradient = Callable[[Arrays], Arrays]


class Steps:
    """A few calls of the user's update in a row, each from the parameters that the right rule has there.

    So an array that is moved wrongly does not make the others wrong. What the update keeps between calls is as at its
    first one.  rule: the right one, of manual.optimizers.  gradient: parameters -> the right gradient there.
    """

    owner, seeded = None, False

    def __init__(self, subject: Subject, update: Any, kept: Kept, rule: Any, gradient: Gradient) -> None:
        self.update, self.kept, self.rule, self.gradient = update, kept, rule, gradient
        self.flat = {n: np.asarray(a, np.float64) for n, a in subject.flat.items()}
        self.like, self.x, self.y, self.batch = subject.like, subject.x, subject.y, subject.batch
        self._ways: dict[bytes, list[Arrays]] = {}

    @property
    def code(self) -> Any:
        """What holds the lines that may be wrong: the update."""
        return self.update

    def on_batch(self, x: Any, y: Any) -> "Steps":
        """Raise NotFollowedError: the right steps are known on the batch that was given."""
        raise NotFollowedError("the right steps on another batch are not known")

    def function(self, params: Any, *batch: Any) -> tuple:
        """Return (0, the last parameters, the moves of each step)."""
        self.kept.restore()
        nest, way = params, self.way(self.parameters(params))
        moves: dict[str, list[Array]] = {n: [] for n in self.flat}
        zero = next(iter(_leaves(params))) * 0.0
        zero = zero.sum() if hasattr(zero, "sum") else zero
        for at, further in pairwise(way):
            result = self.update(
                nest, *(a.copy() if isinstance(a, np.ndarray) else copy.deepcopy(a) for a in batch)
            )
            result = nest if result is None else (result, nest) if is_number(result) else result
            new = understand(result, [a.shape for a in self.flat.values()]).grads
            after = self.parameters(new)
            for name, moved in moves.items():
                moved.append(at[name] - after[name])
            last, nest = new, unflatten({n: _own(np.array(a)) for n, a in further.items()}, self.like)
        return zero, last, {n: np.array(moved) for n, moved in moves.items()}

    def parameters(self, nest: Any) -> Arrays:
        """Return plain copies of the parameters in a nest, by name."""
        return {n: np.array(a, np.float64) for n, a in match(nest, self.flat)[0].items() if n in self.flat}

    def understood(self, result: tuple) -> Outcome:
        """Return the moves as gradients of a loss of 0."""
        return Outcome(0.0, result[2])

    def call(self, flat: Arrays | None = None) -> Outcome:
        """Make the steps from `flat`: the outcome's gradients are the moves."""
        at = self.flat if flat is None else flat
        batch = [np.array(a) if isinstance(a, np.ndarray) else copy.deepcopy(a) for a in self.batch]
        return self.understood(
            self.function(unflatten({n: np.array(a) for n, a in at.items()}, self.like), *batch)
        )

    def way(self, flat: Arrays) -> list[Arrays]:
        """Return the parameters of the right rule from `flat` on, before each step and after the last."""
        key = b"".join(np.ascontiguousarray(a).tobytes() for a in flat.values())
        if key not in self._ways:
            with recording(None):  # type: ignore[arg-type]
                state, found = self.rule.init(flat), [flat]
                for _ in range(STEPS):
                    new, state = self.rule.update(found[-1], self.gradient(found[-1]), state)
                    found.append(new)
            self._ways[key] = found
        return self._ways[key]

    def right(self, flat: Arrays) -> Arrays:
        """Return the moves of the right rule from `flat`."""
        return {n: np.array([a[n] - b[n] for a, b in pairwise(self.way(flat))]) for n in flat}

    def values(self) -> tuple[list[Arrays], list[Array], Arrays]:
        """Return the right gradients, the right rule's values, and its last result."""
        tape, way = Tape(), self.way(self.flat)
        with recording(None):  # type: ignore[arg-type]
            grads = [self.gradient(at) for at in way[:-1]]
        with recording(tape):
            state = self.rule.init({n: traced(np.array(a)) for n, a in self.flat.items()})
            for at, gradient in zip(way, grads, strict=False):
                here = {n: traced(np.array(a)) for n, a in at.items()}
                _, state = self.rule.update(
                    here, {n: traced(np.array(g)) for n, g in gradient.items()}, state
                )
        found = [
            np.asarray(v.array, np.float64)
            for o in tape.operations
            for v in o.writes
            if np.asarray(v.array).dtype.kind == "f"
        ]
        return grads, [f for f in found if f.size], way[-1]


def _own(array: Array) -> Any:
    return traced(array) if active() is not None else array


def _leaves(tree: Any) -> Any:
    if isinstance(tree, (dict, list, tuple)):
        for each in tree.values() if isinstance(tree, dict) else tree:
            yield from _leaves(each)
    else:
        yield tree


class StepRun(Run):
    """A record of steps.  known: what the right rule computes on the same way."""

    known: list[Array]

    def derivatives(self, found: Adjoint | None = None) -> Arrays:
        """Return the right values, in the order of `gradients`."""
        return {f"value {i}": a for i, a in enumerate(self.known)}

    @cached_property
    def gradients(self) -> dict[str, Value]:
        """Where the last parameters lie."""
        last = match(self.result[1], {n: np.asarray(v.array) for n, v in self.parameters.items()})[0]
        return self.located(last)


class RightValues(Vouched):
    """A value is right where the right rule computes it, or where the right gradient is made of it."""

    def __init__(self, run: StepRun, origins: Origins, grads: list[Arrays]) -> None:
        self.grads = [g for step in grads for g in step.values()]
        super().__init__(run, Adjoint(), origins)

    def _given(self) -> Array:
        inside = np.zeros(len(self.run.tape.operations), bool)
        for operation in reversed(self.run.tape.operations):
            if inside[operation.index] or any(_is(v.array, g) for v in operation.writes for g in self.grads):
                inside[operation.index] = True
                inside[list(self.origins.before[operation.index])] = True
        return inside

    def _recomputed(self) -> list[int]:
        return []

    def _learn_quotients(self, whole: list[Array], back: Adjoint) -> None:
        return


def _is(array: Any, right: Array, close: float = 1e-9) -> bool:
    array = np.asarray(array)
    return (
        array.shape == right.shape
        and array.dtype.kind == "f"
        and bool(np.linalg.norm(array - right) <= close * np.linalg.norm(right))
    )


class StepSearch(Search):
    """A search for the edit with which the steps are those of the right rule."""

    def visits(self, suspect: Suspect, times: int) -> tuple[int, ...]:
        """Return the last execution: in the first step a count is 1, and powers of it are no evidence."""
        return (times - 1, times // 2)

    def others(self) -> list[Point]:
        """Return further starts, with the right moves from there."""
        steps = self.subject
        assert isinstance(steps, Steps)
        if self.points is None:
            rng = np.random.default_rng([self.seed, 15])
            self.points = []
            for _ in range(POINTS):
                flat = {
                    n: a * (1 + 0.1 * rng.standard_normal(a.shape)) + 0.02 * rng.standard_normal(a.shape)
                    for n, a in steps.flat.items()
                }
                self.points.append(Point(steps, flat, steps.right(flat), 0.0))
        return self.points


def locate_step(steps: Steps, seed: int = 0, seconds: float = 2.0) -> list[Located]:
    """Return the lines of the update that are wrong, with changes that were run where they were found."""
    found: list[Located] = []
    try:
        with quiet(), ExitStack() as stack:
            truth = steps.right(steps.flat)
            while len(found) < AT_MOST and (wrong := wrong_arrays(steps, truth)):
                more, run = _more(steps, truth, wrong, seed, seconds)
                found += more
                if len(more) != 1 or more[0].fix is None or not more[0].fix.right:
                    break
                stack.enter_context(applied(steps, more[0].fix))
        with quiet():
            return in_one(steps, found, run.close) if len(found) > 1 else found
    finally:
        steps.kept.restore()


def _more(
    steps: Steps, truth: Arrays, wrong: frozenset[str], seed: int, seconds: float
) -> tuple[list[Located], "StepRun"]:
    """Return the lines of one mistake, in the update as it is now, and its record."""
    grads, known, ends = steps.values()
    made = record(steps, steps.flat)
    run = StepRun(made.tape, made.parameters, made.loss, made.outcome, made.result)
    rates = [steps.rule.rate] if not callable(steps.rule.rate) else []
    run.known = [g for step in grads for g in step.values()] + [
        s * a for a in known for s in (1.0, -1.0, *rates, *(-r for r in rates))
    ]
    vouched = RightValues(run, Origins(run.tape), grads)
    state = StepSearch(steps, truth, wrong, seed, seconds)
    state.others()
    found = located(steps, truth, wrong, vouched, state, ends)
    if found is None or found.fix is None:
        again = StepSearch(steps, truth, wrong, seed, seconds)
        again.others()
        if alike := in_twins(truth, wrong, vouched, again, found, ends):
            return alike, run
        found = _never_moved(steps, run, vouched.origins, wrong) or found
    return ([] if found is None else [found]), run


def _never_moved(steps: Steps, run: StepRun, origins: Origins, wrong: frozenset[str]) -> Located | None:
    """Return the statements that move the right arrays, where the wrong ones never move: one is missing there."""
    moves = steps.call().grads
    if any(np.any(moves[n]) for n in wrong):
        return None
    moving = [v.region for n, v in run.gradients.items() if n not in wrong and v.region is not None]
    writers = sorted({int(i) for region in moving for i in np.ravel(origins.writers(region)) if i >= 0})
    places = [p for i in writers for p in run.tape.operations[i].places[:1]]
    found = tuple(dict.fromkeys(s for s in map(statement, places) if s is not None))
    if not 1 <= len(found) <= AT_MOST:
        return None
    never = f"{', '.join(sorted(wrong))} never change{'s' if len(wrong) == 1 else ''}"
    return Located(
        found,
        tuple(sorted(wrong)),
        said=f"{never}: the statement that updates them is missing beside this one.",
    )
