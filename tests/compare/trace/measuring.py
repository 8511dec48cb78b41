"""Derivatives of functions of arrays: from a record, and by finite differences."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from compare.trace.derivatives.adjoint import adjoint
from compare.trace.derivatives.run import Run
from compare.trace.derivatives.slices import Origins
from compare.trace.exact.balls import evaluated
from compare.trace.exact.derivative import derivatives
from compare.trace.exact.lowering import lowered
from compare.trace.recording import arrays  # noqa: F401 (its classes must be known)
from compare.trace.recording.kinds import number, traced
from compare.trace.recording.memory import Value
from compare.trace.recording.tape import Tape, recording
from compare.user.returned import Outcome


def _results(found: Any) -> list[Any]:
    found = list(found) if isinstance(found, (tuple, list)) else [found]
    return [f for f in found if np.asarray(f).dtype.kind == "f"]


def weights(found: Any) -> list[np.ndarray]:
    """Return a weight for each entry of each floating result: the scalar that is differentiated is their sum."""
    rng = np.random.default_rng(7)
    return [rng.normal(size=np.shape(f)) for f in _results(found)]


def recorded(function: Callable[..., Any], inputs: list[np.ndarray]) -> tuple[list[np.ndarray], Any, Tape]:
    """Return the derivatives of the weighted results by each input from a record, the results, and the record."""
    slopes, found, tape, _ = followed(function, inputs)
    return slopes, found, tape


def followed(
    function: Callable[..., Any], inputs: list[np.ndarray]
) -> tuple[list[np.ndarray], Any, Tape, Run | None]:
    """Return what `recorded` does, and the run itself; None where its result does not depend on the inputs."""
    tape, values, handed = Tape(), [], []
    for each in inputs:
        value = tape.value(np.array(each))
        assert value.region is not None
        value.region.buffer.active = True
        values.append(value)
        made = value.region.buffer.owner
        handed.append(traced(made, value.region) if made.ndim else number(made[()], value.region))
    with recording(tape), np.errstate(all="ignore"):
        found = function(*handed)
        total: Any = np.float64(0.0)
        for seed, result in zip(weights(found), _results(found), strict=True):
            total = np.sum(np.multiply(seed, result)) + total
    if not hasattr(total, "region"):
        return [np.zeros(np.shape(i)) for i in inputs], found, tape, None
    back = adjoint(tape, total.region)
    loss = Value(total.region, np.asarray(float(total)))
    run = Run(tape, {str(i): v for i, v in enumerate(values)}, loss, Outcome(float(total), {}, {}, []), None)
    slopes = [back.at_start(v.region).reshape(np.shape(i)) for v, i in zip(values, inputs, strict=True)]
    return slopes, found, tape, run


def exact(function: Callable[..., Any], inputs: list[np.ndarray]) -> tuple[list[np.ndarray], float]:
    """Return the same derivatives in ball arithmetic, and how far the sum is from the recorded one, relatively.

    Raises NotCoveredError where an operation has no formula in cells.
    """
    slopes, _, tape, run = followed(function, inputs)
    if run is None:
        return slopes, 0.0
    low = lowered(run, Origins(tape), [])
    cells = derivatives(low.program, low.loss, low.parameters)
    names = list(cells)
    found = evaluated(low.program, [low.loss, *(cells[n].ravel() for n in names)], 256)
    balls = [
        np.array([float(b.mid()) for b in part]).reshape(cells[n].shape)
        for n, part in zip(names, found[1:], strict=True)
    ]
    assert run.outcome.loss is not None
    off = abs(float(found[0][0].mid()) - run.outcome.loss) / max(abs(run.outcome.loss), 1.0)
    return [b.reshape(np.shape(i)) for b, i in zip(balls, inputs, strict=True)], off


def differenced(
    function: Callable[..., Any], inputs: list[np.ndarray], step: float = 2e-3
) -> list[np.ndarray]:
    """Return the same derivatives by central differences with steps h, h/2, h/4, extrapolated.

    Their error is of the order of h^6 f^(7) and of 2^-52 |f| / (h/4): about 1e-11 for entries of order 1.
    """
    at = [np.array(i, np.float64) for i in inputs]
    seeds = weights(function(*at))

    def total() -> float:
        with np.errstate(all="ignore"):
            found = _results(function(*[a if a.ndim else a[()] for a in at]))
        return sum(float(np.sum(s * f)) for s, f in zip(seeds, found, strict=True))

    slopes = []
    for x in at:
        slope = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            here, estimates = x[index], []
            h = step * max(abs(here), 0.1)
            for k in (1, 2, 4):
                x[index] = here + h / k
                up = total()
                x[index] = here - h / k
                estimates.append((up - total()) / (2 * h / k))
            x[index] = here
            once = [(4 * b - a) / 3 for a, b in pairwise(estimates)]
            slope[index] = (16 * once[1] - once[0]) / 15
        slopes.append(slope)
    return slopes


def worst(found: list[np.ndarray], right: list[np.ndarray]) -> float:
    """Return the largest difference of two lists of arrays, relative to the largest entry, or to 1."""
    scale = max([1.0, *(float(np.abs(r).max(initial=0.0)) for r in right)])
    for f, r in zip(found, right, strict=True):
        assert f.shape == r.shape
    return max(float(np.max(np.abs(f - r), initial=0.0)) for f, r in zip(found, right, strict=True)) / scale
