"""Let a statement give the right value in place of its own: what is still wrong then is another statement's mistake.

A value that a statement stores under the name of a derivative is known from the adjoint, also where no edit of the
statement gives it.
"""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from ...common.arrays import Array, Arrays
from ..derivatives.run import Recordable, Run, record
from ..derivatives.slices import Origins
from ..lines.names import bare, derivatives_by_name
from ..lines.suspect import Suspect
from ..lines.vouching import Vouched
from .edits.slots import Edit, roots
from .patching import Live, edited
from .points import Point

GIVEN = "__threeways_given__"


class Given:
    """Stands for the value of a statement.  values: at each turn of the loop around it."""

    def __init__(self, values: list[Array]) -> None:
        self.values, self.turn = values, 0
        self.frame: FrameType | None = None

    def __call__(self) -> Array:
        frame = sys._getframe(1)
        self.turn = self.turn + 1 if frame is self.frame else 0
        self.frame = frame
        return self.values[self.turn % len(self.values)].copy()


@dataclass
class GivenPoint(Point):
    """A point where a statement gives other values than at the given one."""

    given: Given = field(default_factory=lambda: Given([]))
    values: list[Array] = field(default_factory=list)

    def gradients(self) -> Arrays | None:
        before, self.given.values = self.given.values, self.values
        try:
            return super().gradients()
        finally:
            self.given.values = before


@contextmanager
def forced(subject: Recordable, suspect: Suspect, given: Given) -> Iterator[bool]:
    """Let the user's live code give these values at a statement; yield whether it can."""
    held, places = Live(subject.code).holding(suspect.statement), roots(suspect.statement.node)
    if held is None or len(places) != 1 or not isinstance(suspect.statement.node, ast.Assign):
        yield False
        return
    edit = Edit("given", places[0], ast.Call(ast.Name(GIVEN, ast.Load()), [], []))
    scope: dict[str, Any] = held[1][0].__globals__
    scope[GIVEN] = given
    try:
        with edit, edited(held[0], held[1], suspect.statement.file) as done:
            yield done
    finally:
        del scope[GIVEN]
        given.frame = None


def given_points(
    suspect: Suspect, vouched: Vouched, points: list[Point]
) -> Iterator[tuple[Given, list[Point]]]:
    """Yield what a statement should store by its name, at each turn, and the points with what it should store there."""
    key = _key(suspect, derivatives_by_name(vouched.run, vouched))
    if key is None:
        return
    runs = [vouched]
    for point in points:
        try:
            run = record(point.subject, point.flat)
            runs.append(Vouched(run, run.back(edges=True), Origins(run.tape)))
        except Exception:
            return
    shape, times = _stored(suspect, vouched.run)
    listed = [_of_shape(derivatives_by_name(v.run, v).get(key, []), v.run, vouched.run, shape) for v in runs]
    for choice in range(len(listed[0]) if times == 1 else 2):
        chosen = [
            [each[choice]] if times == 1 and choice < len(each) else each[:: 1 - 2 * choice]
            for each in listed
        ]
        if all(len(values) == times for values in chosen):
            given = Given(chosen[0])
            yield (
                given,
                [
                    GivenPoint(p.subject, p.flat, p.right, p.loss, p.close, given=given, values=values)
                    for p, values in zip(points, chosen[1:], strict=True)
                ],
            )


def _key(suspect: Suspect, named: dict[str, list[Array]]) -> str | None:
    """Return the name by which a suspect's derivatives are known."""
    for key, listed in named.items():
        alike = len(listed) == len(suspect.named) and len(listed) > 0
        if alike and all(np.array_equal(a, b) for a, b in zip(listed, suspect.named, strict=True)):
            return key
    match suspect.statement.node:
        case ast.Assign([target]) if bare(target) in named:
            return bare(target)
    return None


def _stored(suspect: Suspect, run: Run) -> tuple[tuple[int, ...], int]:
    """Return the shape of what a suspect stores, and how often it does."""
    operations, last = run.tape.operations, suspect.operations[-1]
    place = operations[last].places[0]
    return np.shape(operations[last].writes[0].array), sum(o.places[:1] == (place,) for o in operations)


def _of_shape(listed: list[Array], run: Run, first: Run, shape: tuple[int, ...]) -> list[Array]:
    """Return the derivatives that may be stored; at a point with fewer samples all that there are."""
    return [a for a in listed if a.shape == shape or (run is not first and a.ndim == len(shape))]
