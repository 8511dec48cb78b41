"""Evaluate cells in ball arithmetic (Arb, through python-flint): each number with a proved bound of its error."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ...common.arrays import Array
from .program import CONSTANT, MATMUL, SEGMENTS, SUM, Program, Step

Ball = Any  # flint.arb
# Its methods that have the names of cells' operations.
NAMED_ALIKE = (
    "exp expm1 log log1p sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh"
    " erf erfc lgamma digamma"
)
_one_at_a_time = threading.RLock()  # the precision of flint is a setting of the process


def available() -> bool:
    """Whether python-flint is installed."""
    try:
        import flint  # noqa: F401
    except ImportError:
        return False
    return True


@cache
def _functions() -> dict[str, Callable[..., Any]]:
    from flint import arb

    def elementwise(function: Callable[[Any], Any]) -> Callable[..., Any]:
        return np.frompyfunc(function, 1, 1)

    found: dict[str, Callable[..., Any]] = {n: elementwise(getattr(arb, n)) for n in NAMED_ALIKE.split()}
    return found | {
        "neg": np.negative,
        "add": np.add,
        "sub": np.subtract,
        "mul": np.multiply,
        "div": np.true_divide,
        "pow": np.power,
        "atan2": np.frompyfunc(arb.atan2, 2, 1),
        "pi": elementwise(lambda x: x * arb.pi()),
        "trigamma": elementwise(lambda x: arb(2).zeta(x)),
    }


@dataclass(frozen=True)
class Moved:
    """How constants are moved: by so many units of their own rounding, up or down as a seed draws it."""

    units: float
    seed: int

    def of(self, step: Step) -> Array:
        """Return by how much each number of a step moves.

        With an odd seed all alike, as a number does that is written once and fills an array; else each by itself, no
        two by the same, which might cancel in a sum.
        """
        numbers, rng = step.operands[0], np.random.default_rng([self.seed, step.start])
        shape = (1,) * numbers.ndim if self.seed % 2 else numbers.shape
        shares = rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 1.0, shape)
        return np.where(rounded(step), numbers * shares * self.units * step.unit, 0.0)


def rounded(step: Step) -> Array:
    """Return which constants of a step may be rounded; small whole numbers and halves are meant as they stand."""
    numbers = step.operands[0]
    if step.exact:
        return np.zeros(numbers.shape, bool)
    scaled = numbers * 1024.0
    return (scaled != np.round(scaled)) | ~(np.abs(numbers) < 2**40)


def movable(program: Program, needed: Sequence[bool]) -> bool:
    """Whether a constant that is needed may be rounded."""
    steps = zip(program.steps, needed, strict=True)
    return any(wanted and s.kind == CONSTANT and rounded(s).any() for s, wanted in steps)


def evaluated(
    program: Program,
    cells: Sequence[Array],
    bits: int,
    constants: Moved | None = None,
    needed: Sequence[bool] | None = None,
) -> list[Array]:
    """Return the balls of cells, as arrays of flint.arb.

    bits: of the arithmetic.  constants: move each number that the code computed or wrote down.  needed: the steps that
    the cells are made of, where they are known.
    """
    from flint import arb, ctx

    needed = program.needed(cells) if needed is None else needed
    with _one_at_a_time:
        before = ctx.prec
        ctx.prec = bits
        try:
            values = np.full(program.size, None, object)
            for step, wanted in zip(program.steps, needed, strict=True):
                if wanted:
                    values[step.start : step.start + step.size] = _step(step, values, arb, constants)
            return [values[c] for c in cells]
        finally:
            ctx.prec = before


def _step(step: Step, values: Array, arb: Any, constants: Moved | None) -> Any:
    kind, operands = step.kind, step.operands
    if kind == CONSTANT:
        found = np.frompyfunc(arb, 1, 1)(operands[0])
        return (
            found if step.exact or constants is None else found + np.frompyfunc(arb, 1, 1)(constants.of(step))
        )
    if kind == SUM:
        return np.add.reduce(values[operands[0]], axis=1)
    if kind == SEGMENTS:
        return np.add.reduceat(values[operands[0]], operands[1])
    if kind == MATMUL:
        return _products(values, *operands)
    return _functions()[kind](*(values[o] for o in operands))


def _products(values: Array, left: Array, right: Array) -> Any:
    from flint import arb_mat

    m, k, n = left.shape[1], left.shape[2], right.shape[2]
    if k == 1:
        return (values[left] * values[right]).ravel()
    if m * n * k <= 8:
        return np.add.reduce(
            values[left][:, :, None, :] * values[right].transpose(0, 2, 1)[:, None], -1
        ).ravel()
    found: list[Any] = []
    for a, b in zip(left, right, strict=True):
        product = arb_mat(m, k, values[a].ravel().tolist()) * arb_mat(k, n, values[b].ravel().tolist())
        found += product.entries()
    made = np.empty(len(found), object)
    made[:] = found
    return made
