"""Witnesses: each turns a loss into its gradient, and says how far that can be trusted."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.util import find_spec

import numpy as np

from ..common.arrays import Arrays
from .rounding.units import combined

INSTALL = {"torch": "pip install torch", "jax": "pip install jax jaxlib optax"}


def absent(who: str) -> str | None:
    """Return why the package `who` ("hand", "torch", "jax") cannot take part, or None where it can."""
    if who not in INSTALL:
        return None
    if find_spec(who) is None:
        return f"{who} is not installed: {INSTALL[who]}"
    if who == "jax" and find_spec("optax") is None:
        return "jax is here, optax is not: pip install optax"
    return None


@dataclass(frozen=True)
class Witness:
    """A second computation of the gradient, and how far it can be trusted.

    arrays: gradients, and deltas where the witness has them.  error: the absolute error of each entry where the
    witness estimates it (inf: entry not looked at); None: exact but for rounding.  how: the method.
    units: the rounding unit of the difference between the candidate and this witness, entry by entry.
    scale: the candidate's loss is this many times the witness's; loss, arrays, error and units include the factor.
    forward: {name: direction} -> the loss's derivative along it by forward mode, where the framework has that.
    """

    name: str
    loss: float
    arrays: Arrays
    error: Arrays | None = None
    how: str | None = None
    forward: Callable[[Arrays], float] | None = None
    units: Arrays = field(default_factory=dict)
    scale: float = 1.0

    @property
    def exact(self) -> bool:
        """Return whether only rounding separates the arrays from the gradient."""
        return self.error is None

    def unit(self, name: str) -> np.ndarray:
        """Return the rounding unit of an array; 0 where none was measured."""
        found = self.units.get(name)
        return np.zeros(self.arrays[name].shape) if found is None else found

    def room(self, name: str) -> np.ndarray:
        """Return the unit of an array, with the witness's own error in it."""
        return self.unit(name) if self.error is None else combined([self.unit(name), self.error[name]])

    def scaled(self, scale: float) -> "Witness":
        """Return the witness of `scale` times its loss."""
        if scale == 1:
            return self
        forward = self.forward
        return replace(
            self,
            loss=scale * self.loss,
            arrays={n: scale * a for n, a in self.arrays.items()},
            error=self.error and {n: scale * e for n, e in self.error.items()},
            units={n: abs(scale) * u for n, u in self.units.items()},
            forward=forward and (lambda u: scale * forward(u)),
            scale=scale,
        )
