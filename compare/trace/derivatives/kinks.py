"""The kinks that a run stands on: entries where the derivative depends on a convention."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...common.arrays import Array, distinct
from ..recording.memory import Value
from ..recording.tape import Operation, position
from ..rules.common import axes_of, bound, spread
from .adjoint import Adjoint
from .run import Run

# A cotangent below this many rounding units of the largest one is 0, as that of the row maximum in log-softmax.
NOTHING = 1e3

COMPARISONS = (np.less, np.less_equal, np.greater, np.greater_equal)
EXTREMA = (np.maximum, np.minimum, np.fmax, np.fmin)


@dataclass(frozen=True)
class Kink:
    """A line on whose kink some entries stand.

    name: the operation.  entries: how many entries, in all passes of the line.  samples: their indices along the first
    axis, where the operand has one.
    """

    file: str
    line: int
    name: str
    entries: int
    samples: tuple[int, ...]


def kinks(run: Run, back: Adjoint) -> list[Kink]:
    """Return the kinks of the loss at this point, in the order of the run.

    A maximum of equal operands, an abs at 0, a tie in a max, a comparison of equal numbers, a clip at its bound, a
    step or a rounding at its jump. Where nothing arrives from the loss it is none.
    """
    largest = max(
        (
            float(np.max(np.abs(g), initial=0.0))
            for gs in back.by_operation.values()
            for g in gs
            if g is not None
        ),
        default=0.0,
    )
    found: dict[tuple[str, int, str], tuple[int, set[int]]] = {}
    last = _last(run)
    for operation in run.tape.operations[: last + 1]:
        gs = back.by_operation.get(operation.index)
        at = _compared(operation) if gs is None or gs[0] is None else _kinked(operation, gs[0], largest)
        if at is None or not at.any() or not operation.places:
            continue
        code, span = position(operation.places[0])
        entries, samples = found.setdefault((code.co_filename, span[0] or 0, operation.name), (0, set()))
        samples.update(distinct(np.nonzero(at)[0]) if at.ndim else [])
        found[code.co_filename, span[0] or 0, operation.name] = entries + int(np.count_nonzero(at)), samples
    return [Kink(*key, entries, tuple(sorted(samples))) for key, (entries, samples) in found.items()]


def _last(run: Run) -> int:
    """Return the last operation that wrote the loss."""
    assert run.loss.region is not None
    serial = run.loss.region.buffer.serial
    for operation in reversed(run.tape.operations):
        if any(v.region is not None and v.region.buffer.serial == serial for v in operation.writes):
            return operation.index
    return -1


def _compared(operation: Operation) -> Array | None:
    """Return where an ordering of two numbers, one of which depends on a parameter, finds them equal."""
    if operation.function not in COMPARISONS or not operation.active or operation.method != "__call__":
        return None
    regions = [(r.region.buffer.serial, r.region.offset) for r in operation.reads if r.region is not None]
    if len(regions) > len(set(regions)):
        return None  # of a value with itself
    (x, y), _ = operation.arguments()
    return np.asarray(np.equal(x, y))


def _kinked(operation: Operation, g: Array, largest: float) -> Array | None:
    """Return the entries of an operation that stand on its kink and to which a derivative arrives."""
    if not operation.active:
        return None
    kind = np.asarray(operation.writes[0].array).dtype
    if kind.kind != "f":  # objects have left the record
        return None
    counts = np.abs(g) > NOTHING * np.finfo(kind).eps * largest
    if not counts.any():
        return None
    if operation.method == "reduce":
        return _tied(operation, counts) if operation.function in EXTREMA else None
    if operation.method != "__call__":
        return None
    for at in _places(operation):
        if not np.any(at):
            return None
        at = np.asarray(at)
        return np.broadcast_to(at, np.broadcast_shapes(at.shape, counts.shape)) & counts
    return None


def _tied(operation: Operation, counts: Array) -> Array:
    given = bound(operation, "array axis dtype out keepdims initial where")
    x = given["array"].array
    axes = axes_of(given.get("axis", 0), x.ndim)
    kept = bool(given.get("keepdims"))
    best = (x == spread(operation.writes[0].array, x.shape, axes, kept)) & spread(counts, x.shape, axes, kept)
    return best & (best.sum(axis=axes, keepdims=True) > 1)


def _places(operation: Operation) -> Iterator[Any]:
    """Yield where the operands of a call stand on its kink, if it has one."""
    function, name = operation.function, getattr(operation.function, "__name__", "")
    args, kwargs = operation.arguments()
    result = np.asarray(operation.writes[0].array)
    if function in EXTREMA:
        regions = [v.region for v in operation.args if isinstance(v, Value) and v.region is not None]
        if (
            len(regions) == 2
            and regions[0].buffer is regions[1].buffer
            and regions[0].offset == regions[1].offset
        ):
            return  # of a value with itself
        yield np.equal(args[0], args[1])
    elif name in ("absolute", "fabs", "sign", "heaviside"):
        yield np.equal(args[0], 0)
    elif name in ("floor", "ceil"):
        yield np.equal(args[0], result)
    elif name in ("trunc", "fix"):
        yield np.equal(args[0], result) & np.not_equal(args[0], 0)
    elif name in ("rint", "round", "around"):
        scale = 10.0 ** (args[1] if len(args) > 1 else kwargs.get("decimals", 0))
        yield np.equal(np.remainder(np.multiply(args[0], scale), 1.0), 0.5)
    elif name in ("floor_divide", "remainder", "fmod"):
        ratio = np.true_divide(args[0], args[1])
        yield np.equal(ratio, np.round(ratio)) & (np.not_equal(ratio, 0) | (name != "fmod"))
    elif name == "clip":
        given = bound(operation, "a a_min a_max")
        x = _entries(given["a"])
        bounds = [given.get("a_min", given.get("min")), given.get("a_max", given.get("max"))]
        yield np.any(
            [np.broadcast_to(np.equal(x, _entries(b)), result.shape) for b in bounds if b is not None], axis=0
        )
    elif name in ("hypot", "norm", "std"):
        yield np.equal(result, 0)


def _entries(argument: Any) -> Any:
    return argument.array if isinstance(argument, Value) else argument
