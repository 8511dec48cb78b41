"""A wrong gradient of one operation beside the right one, and what a mistake may be made of."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ...common.arrays import Array, Arrays
from ...user.statistics import Statistic

Cut = tuple[tuple[Statistic, ...], Array]  # what was held constant, and the gradient then
Pull = Callable[[Arrays, Sequence[Array]], Arrays]
LONGEST = 64  # slices of an output that are pulled back one by one


@dataclass(frozen=True)
class Case:
    """One wrong gradient.

    mine, right, unit: of the input `name`, and the rounding unit of their difference.  mines, rights: of all inputs.
    inputs, outputs, cotangents: in float64.  numbers: Python numbers among the arguments, by name.
    pull: the right backward at other inputs and cotangents, or None.  cuts: what it gives with statistics (sums, means)
    held constant, or None where that is not known.
    """

    name: str
    mine: Array
    right: Array
    unit: Array
    inputs: Arrays
    outputs: Sequence[Array]
    cotangents: Sequence[Array]
    rights: Arrays
    mines: Arrays
    numbers: dict[str, float] = field(default_factory=dict)
    pull: Pull | None = None
    cuts: Sequence[Cut] | None = None

    @property
    def error(self) -> Array:
        return self.mine - self.right

    @property
    def input(self) -> Array:
        return self.inputs[self.name]

    def at(self, **changed: Array) -> Array | None:
        """Return the right gradient with other inputs; None where it cannot be pulled back there."""
        if self.pull is None:
            return None
        try:
            with np.errstate(all="ignore"):
                found = self.pull(self.inputs | changed, self.cotangents).get(self.name)
        except Exception:  # these inputs may have no value
            return None
        return found if found is not None and np.isfinite(found).all() else None

    @cached_property
    def slices(self) -> dict[int, Array]:
        """Return {axis of the one output: the right gradient by each slice of its cotangent, stacked}."""
        found: dict[int, Array] = {}
        if self.pull is None or len(self.cotangents) != 1:
            return found
        (c,) = self.cotangents
        for axis, length in enumerate(c.shape):
            if not 1 < length <= LONGEST:
                continue
            parts = [self.pull(self.inputs, [_only(c, axis, k)]).get(self.name) for k in range(length)]
            if all(p is not None for p in parts):
                found[axis] = np.stack(parts)  # type: ignore[arg-type]
        return found

    def same_shape(self) -> Iterator[tuple[str, Array]]:
        """Yield the other inputs and the outputs that have this input's shape."""
        for name, array in self.inputs.items():
            if name != self.name and array.shape == self.mine.shape:
                yield name, array
        for k, array in enumerate(self.outputs):
            if array.shape == self.mine.shape:
                yield f"output {k}" if len(self.outputs) > 1 else "the output", array


def _only(cotangent: Array, axis: int, k: int) -> Array:
    kept = np.zeros_like(cotangent)
    where = (slice(None),) * axis + (k,)
    kept[where] = cotangent[where]
    return kept
