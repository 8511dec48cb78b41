"""A forward and a backward as one function: a scalar of the outputs, and the gradients of it by the backward."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..common.arrays import Arrays
from ..user.inputs import values_of
from ..user.numpy_op import NumpyOp, pair_of
from ..user.operation import Operation
from ..user.returned import Outcome
from .recording.kinds import traced
from .recording.tape import active


class Pair:
    """The candidate of check_vjp as `record` and `locate` take one.

    flat: {name: input to differentiate}, at which the others stay as they are (`constant`).  x: the cotangents of the
    outputs.
    """

    owner, seeded = None, True

    def __init__(self, operation: Operation, flat: Arrays) -> None:
        self.op: NumpyOp = operation.op
        self.flat, self.constant = dict(flat), {n: a for n, a in operation.flat.items() if n not in flat}
        wide = [np.asarray(c, np.result_type(*flat.values())) for c in operation.cotangents]
        self.x: Any = tuple(wide) if len(wide) > 1 else wide[0]
        self.y = None

    @property
    def like(self) -> Arrays:
        """The inputs, in the form in which gradients are given."""
        return self.flat

    @property
    def code(self) -> Any:
        """The two functions that hold the lines that may be wrong."""
        return tuple(pair_of(self.op.op))

    @property
    def batch(self) -> list[np.ndarray]:
        """The cotangents as a list."""
        return list(self.x) if isinstance(self.x, tuple) else [self.x]

    def on_batch(self, x: Any, y: Any) -> "Pair":
        """Return the same pair with other cotangents."""
        other = copy.copy(self)
        other.x = x
        return other

    def function(self, inputs: dict[str, Any], *cotangents: Any) -> tuple:
        """Return (scalar, what the backward returns, the gradients that the object keeps)."""
        op, way = self.op, self.op.way
        assert way is not None
        arrays = {**self.constant, **inputs}
        forward, backward, layer = op.fresh(arrays)
        if layer is not None and active() is not None:
            vars(layer).update({k: _recorded(v) for k, v in vars(layer).items()})
        arguments = op.inputs.filled(arrays, _recorded)
        values = values_of(forward(*arguments))
        given = [cotangents] if way.together else list(cotangents)
        cache = values[way.rest :] if isinstance(way.rest, int) else []
        scalar: Any = 0.0
        for k, c in zip((k for k in way.outputs if _floats(values[k])), cotangents, strict=True):
            scalar = scalar + (values[k] * c).sum()
        answer = backward(*(_copied(g) for g in given), *(arguments if way.rest == "inputs" else cache))
        return scalar, answer, op.kept_by(layer)

    def understood(self, result: tuple) -> Outcome:
        """Return the scalar and the gradients by name."""
        scalar, answer, kept = result
        return Outcome(
            float(np.asarray(scalar)), self.op.gradients(answer, kept, {**self.constant, **self.flat})
        )

    def call(self, flat: Arrays | None = None) -> Outcome:
        """Call forward and backward once, on fresh copies."""
        at = self.flat if flat is None else flat
        given: Sequence[np.ndarray] = [np.array(c) for c in self.batch]
        return self.understood(self.function({n: np.array(a) for n, a in at.items()}, *given))


def _floats(value: Any) -> bool:
    return np.asarray(value).dtype.kind == "f"


def _copied(cotangent: Any) -> Any:
    """Return a copy for the backward, which may write into it."""
    if isinstance(cotangent, tuple):
        return tuple(_copied(c) for c in cotangent)
    return cotangent.copy() if isinstance(cotangent, np.ndarray) else cotangent


def _recorded(tree: Any) -> Any:
    """Return `tree` with its arrays recorded from now on."""
    if active() is None:
        return tree
    if type(tree) is np.ndarray and tree.dtype.kind in "fiub":
        return traced(tree)
    if type(tree) is dict:
        return {k: _recorded(v) for k, v in tree.items()}
    return type(tree)(_recorded(v) for v in tree) if type(tree) in (list, tuple) else tree
