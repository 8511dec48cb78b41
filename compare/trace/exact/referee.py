"""Whether a gradient's formula is that of the derivative: both done again in ball arithmetic until they part or meet.

Balls that are disjoint prove that the formula is wrong. Balls that meet in every digit asked for prove that it is
right at this point to that many digits.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import ge
from typing import Any

import numpy as np

from ...common.arrays import Array
from ..derivatives.run import Run
from ..derivatives.slices import Origins
from ..recording.memory import Value
from ..recording.tape import Operation
from .balls import Ball, Moved, evaluated, movable
from .derivative import derivatives
from .lowering import Lowered, lowered
from .program import TooManyCellsError
from .terms import Condition

BITS = (256, 1024, 4096)
MEET = 2.0**-80  # of an entry: balls whose difference is smaller are of one number
NOTHING = 2.0**-500  # of the largest entry: with the most bits, what is smaller is 0
CHOICES = 8  # of more numbers that are equal, only so many are taken in turn
OWN = 8.0  # rounding units that a constant may be off, as code that computes it twice leaves it
DRAWS, FEW_DRAWS = (
    4,
    2,
)  # of such constants: where formulas differ, and to know how small a difference would show
ROOM = 2.0**-40  # of an entry: what constants' own rounding may leave between it and a mean of two sides
EQUAL = 4.0 * 2.0**-52  # of an entry: what is nearer is no other number to any float
UNDERFLOW = np.finfo(np.float64).tiny  # below it floats lose a number
SECONDS_PER_WORK = 3e-7  # of one multiplication, measured at 256 bits on a machine of 2024

SAME, APART, UNKNOWN = "same", "apart", "unknown"


class TooMuchWorkError(Exception):
    """The run is too large for the time that was given."""


@dataclass(frozen=True)
class Ruling:
    """What the formulas say of one array.

    right: the derivative, formula: what the user's formulas give, both rounded to float64.
    apart: the entries that are proved to differ, by more than constants' own rounding.  off: by how much at least.
    known: the entries of which one or the other is proved.  enclosures: the balls of the derivative.
    other: the derivative from the other side of the kinks that the run stands on, where it does.
    room: how far the rounding of constants may move formula and derivative apart.  mean: whether `other` is the mean of
    both sides that is nearest to the formula.
    """

    right: Array
    formula: Array
    apart: Array
    off: Array
    known: Array
    enclosures: Array = field(repr=False)
    other: Array | None = None
    room: Array | None = None
    mean: bool = False

    @property
    def status(self) -> str:
        """same: every entry is proved right; apart: one is proved wrong; unknown: neither."""
        if self.apart.any():
            return APART
        return SAME if self.known.all() else UNKNOWN

    @property
    def nearest(self) -> Array:
        """The derivative; on a kink that of its two sides which is nearer to the formula."""
        if self.other is None:
            return self.right
        if self.mean:
            return self.other
        one, other = (np.abs(self.formula - a) for a in (self.right, self.other))
        return np.where(one <= other, self.right, self.other)


@dataclass(frozen=True)
class Rulings:
    """The rulings of several arrays.

    bits: what they took.  undecided: the operations whose choice is one of rounding: the run stands on a kink.
    loss: its ball.
    """

    arrays: dict[str, Ruling]
    bits: int
    undecided: list[Operation]
    loss: Ball


@dataclass(frozen=True)
class _Case:
    """A run as cells: what the formulas give and what they should, by name."""

    lowered: Lowered
    formulas: dict[str, Array]
    rights: dict[str, Array]


def ruled(run: Run, origins: Origins, gradients: Mapping[str, Value], most: float = np.inf) -> Rulings:
    """Decide each entry of each of these gradients.

    most: seconds that it may take. On a kink an entry is right where it lies between the derivatives of both sides.
    Raises NotCoveredError, TooMuchWorkError.
    """
    if _products(run, origins, gradients) * SECONDS_PER_WORK > most:  # known before anything is made
        raise TooMuchWorkError
    case = _case(run, origins, gradients, most)
    names = list(case.formulas)
    balls, status, loss, bits = _decided(case)
    ties, left = case.lowered.ties, _undecided(case.lowered, bits)
    others: dict[str, Array] = {}
    means: set[str] = set()
    if ties:
        around = {n: [balls[n][1]] for n in names}
        for choice in range(1, min(max(Counter(ties).values()), CHOICES) + 1):
            beyond = _case(run, origins, gradients, most, other=choice)
            for n, side in zip(
                names,
                evaluated(beyond.lowered.program, [beyond.rights[n].ravel() for n in names], bits),
                strict=True,
            ):
                around[n].append(side)
        for n in names:
            status[n] = _between(balls[n][0], around[n], status[n])
            others[n] = _farthest(around[n])
            if len(case.lowered.pairs) == 1 and not (status[n] != SAME).any():
                status[n], others[n] = _on_segment(*balls[n], others[n])
                means |= {n} if (status[n] == APART).any() else set()
    elif left:  # rounding took a choice that the numbers do not take
        status = {n: np.where(s == APART, UNKNOWN, s) for n, s in status.items()}
    off = {
        n: np.array([float(d.abs_lower()) for d in formula - right]) for n, (formula, right) in balls.items()
    }
    doubtful = [n for n in names if (status[n] == APART).any()]
    rooms = _rooms(case, doubtful, balls, bits, DRAWS) if doubtful else {}
    for n, room in rooms.items():  # constants may be all that differs
        status[n] = np.where((status[n] == APART) & (off[n] <= room), SAME, status[n])
    rooms |= _rooms(case, [n for n in names if n not in doubtful], balls, bits, FEW_DRAWS)
    arrays = {}
    for n in names:
        shape, (formula, right) = case.formulas[n].shape, balls[n]
        arrays[n] = Ruling(
            _rounded(right).reshape(shape),
            _rounded(formula).reshape(shape),
            (status[n] == APART).reshape(shape),
            off[n].reshape(shape),
            (status[n] != UNKNOWN).reshape(shape),
            right.reshape(shape),
            _rounded(others[n]).reshape(shape) if n in others else None,
            rooms[n].reshape(shape) if n in rooms else None,
            n in means,
        )
    return Rulings(arrays, bits, list(dict.fromkeys([*ties, *left])), loss)


def without_guards(
    run: Run, origins: Origins, gradients: Mapping[str, Value]
) -> tuple[set[str], list[float]]:
    """Return the arrays whose formula is the derivative of the loss with log(p) for log(p + c), and each c.

    Raises NotCoveredError, TooMuchWorkError.
    """
    guards: list[float] = []
    case = _case(run, origins, gradients, np.inf, guards=guards)
    if not guards:
        return set(), []
    _, status, _, _ = _decided(case)
    return {n for n, s in status.items() if (s == SAME).all()}, sorted(set(guards))


def rounding(run: Run, origins: Origins, gradients: Mapping[str, Value]) -> dict[str, Array]:
    """Return how far floats may be from each derivative, whatever cancels: the radii of balls of as few bits."""
    case = _case(run, origins, gradients, np.inf)
    types = {v.array.dtype for operation in run.tape.operations for v in operation.writes}
    bits = min((np.finfo(t).nmant + 1 for t in types if t.kind == "f"), default=53)
    found = evaluated(case.lowered.program, [c.ravel() for c in case.rights.values()], bits)
    radii = ([float(b.rad()) if b.is_finite() else np.inf for b in balls] for balls in found)
    return {n: np.reshape(r, c.shape) for (n, c), r in zip(case.rights.items(), radii, strict=True)}


def _products(run: Run, origins: Origins, gradients: Mapping[str, Value]) -> int:
    """Return how many numbers the matrix products multiply that made the loss and the gradients."""
    inside = origins.slice_of([run.loss.region, *(v.region for v in gradients.values())])
    made = [o for o in run.tape.operations if o.function is np.matmul and inside[o.index] and o.writes]
    return sum(
        o.writes[0].array.size * np.shape(o.args[0].array)[-1] for o in made if isinstance(o.args[0], Value)
    )


def _case(
    run: Run,
    origins: Origins,
    gradients: Mapping[str, Value],
    most: float,
    other: int = 0,
    guards: list[float] | None = None,
) -> _Case:
    """Lower a run and derive its loss by the parameters of these gradients."""
    low = lowered(run, origins, list(gradients.values()), other, guards)
    formulas = {n: low.cells(v) for n, v in gradients.items()}
    if low.program.work * SECONDS_PER_WORK > most:
        raise TooMuchWorkError
    try:
        rights = derivatives(low.program, low.loss, {n: low.parameters[n] for n in gradients})
    except TooManyCellsError as error:
        raise TooMuchWorkError from error
    if low.program.work * SECONDS_PER_WORK > most:
        raise TooMuchWorkError
    return _Case(low, formulas, rights)


def _decided(case: _Case) -> tuple[dict[str, tuple[Array, Array]], dict[str, Array], Ball, int]:
    """Evaluate with more bits until each entry is decided; return the balls, what each entry is, the loss, the bits."""
    names = list(case.formulas)
    asked = [c[n].ravel() for n in names for c in (case.formulas, case.rights)]
    for bits in BITS:
        found = evaluated(case.lowered.program, [*asked, case.lowered.loss], bits)
        balls = {n: (found[2 * i], found[2 * i + 1]) for i, n in enumerate(names)}
        largest = _largest(b for _, right in balls.values() for b in right) if bits == BITS[-1] else 0.0
        status = {
            n: np.array([_compare(f, r, largest) for f, r in zip(*balls[n], strict=True)], object)
            for n in names
        }
        if not any((s == UNKNOWN).any() for s in status.values()):
            break
    return balls, status, found[-1][0], bits


def _compare(formula: Ball, right: Ball, largest: float) -> str:
    """Return whether two balls are of the same number, of different ones, or leave it open."""
    difference = formula - right
    if not difference.is_finite():
        return UNKNOWN
    most = difference.abs_upper()
    if most == 0:
        return SAME
    size = max(right.abs_lower(), formula.abs_lower())
    if float(most) <= EQUAL * float(size) or float(max(right.abs_upper(), formula.abs_upper())) < UNDERFLOW:
        return SAME
    if difference.contains(0):
        return SAME if most <= MEET * size or most <= NOTHING * largest else UNKNOWN
    return APART


def _between(formula: Array, sides: list[Array], status: Array) -> Array:
    """Return the statuses where a formula may lie anywhere between the derivatives of the sides of a kink."""
    found = status.copy()
    for i, (f, *around) in enumerate(zip(formula, *sides, strict=True)):
        if status[i] != APART or not all(b.is_finite() for b in around):
            found[i] = status[i] if all(b.is_finite() for b in around) else UNKNOWN
            continue
        low, high = min(around, key=lambda b: b.mid()), max(around, key=lambda b: b.mid())
        if f >= low and f <= high:
            found[i] = SAME
        elif not (f < low or f > high):
            found[i] = SAME if SAME in (_compare(f, low, 0.0), _compare(f, high, 0.0)) else UNKNOWN
    return found


def _farthest(sides: list[Array]) -> Array:
    """Return the derivative of that side, entry by entry, that is farthest from the first."""
    found = sides[0].copy()
    for i, (first, *rest) in enumerate(zip(*sides, strict=True)):
        found[i] = max(rest, key=lambda b: abs(float((b - first).mid())))
    return found


def _on_segment(formula: Array, one: Array, other: Array) -> tuple[Array, Array]:
    """Return the statuses where one choice alone is open, so that one weight of its two sides must give all entries.

    Return the other side too, or where no weight does, the gradient of the nearest weight in its place.
    """
    same, apart = np.full(len(one), SAME, object), other - one
    mine, sides = _rounded(formula - one), _rounded(apart)
    widest = int(np.abs(sides).argmax()) if len(sides) else 0
    if not len(sides) or not sides[widest]:
        return same, other
    left = (formula - one) - (formula[widest] - one[widest]) / apart[widest] * apart
    sizes = [
        f.abs_upper() + a.abs_upper() + b.abs_upper() for f, a, b in zip(formula, one, other, strict=True)
    ]
    off = [bool(x.abs_lower() > ROOM * float(size)) for x, size in zip(left, sizes, strict=True)]
    if not any(off):
        return same, other
    weight = float(np.clip((mine * sides).sum() / (sides * sides).sum(), 0, 1))
    return np.where(_rounded(formula - one) != weight * sides, APART, SAME), one + weight * apart


def _rooms(
    case: _Case, names: list[str], still: dict[str, tuple[Array, Array]], bits: int, draws: int
) -> dict[str, Array]:
    """Return by how much the rounding of constants moves the difference of formula and derivative, at each entry.

    Each constant is moved by units of its own rounding, the same where it stands on both sides.  still: the balls of
    both with the constants as they are.
    """
    rooms = {n: np.zeros(len(still[n][0])) for n in names}
    asked = [c[n].ravel() for n in names for c in (case.formulas, case.rights)]
    program = case.lowered.program
    needed = program.needed(asked)
    if not movable(program, needed):
        return rooms
    for seed in range(draws):
        moved = evaluated(program, asked, bits, Moved(OWN, seed), needed)
        for i, n in enumerate(names):
            formula, right = still[n]
            far = (moved[2 * i] - moved[2 * i + 1]) - (formula - right)
            rooms[n] = np.maximum(rooms[n], [float(d.abs_upper()) for d in far])
    return rooms


def _undecided(low: Lowered, bits: int) -> list[Operation]:
    """Return the operations that took a choice which the balls leave open, or take otherwise."""
    conditions: list[Condition] = low.conditions
    if not conditions:
        return []
    found = evaluated(low.program, [c for k in conditions for c in (k.more, k.less)], bits)
    pairs = zip(found[::2], found[1::2], conditions, strict=True)
    return [c.operation for more, less, c in pairs if not all(map(ge, more, less))]


def _largest(balls: Any) -> float:
    return max((float(b.abs_upper()) for b in balls if b.is_finite()), default=0.0)


def _rounded(balls: Array) -> Array:
    return np.array([float(b.mid()) for b in balls])
