"""The values of a forward and a backward pass: intermediates, their error terms, gradients."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .arrays import Array, Cache, Params

Tap = Callable[[str, Array], Array]


def untouched(name: str, z: Array) -> Array:
    """Return z as it is: the tap of an ordinary forward pass."""
    return z


@dataclass
class Trace:
    """One forward pass and, once `backward_pass` has run, its error terms and gradients.

    a: the intermediates by name, a["conv1"].  delta: dL/da of each by the same name.  grads: by parameter.
    kept: what the forward pass of a layer keeps for its backward pass.
    """

    params: Params
    x: Array
    tap: Tap = untouched
    a: dict[str, Array] = field(default_factory=dict)
    kept: dict[str, Cache] = field(default_factory=dict)
    y: Any = None
    delta: dict[str, Array] = field(default_factory=dict)
    grads: Params = field(default_factory=dict)

    def record(self, name: str, z: Array) -> Array:
        """Pass the intermediate z through the tap, keep it under its name and return it."""
        self.a[name] = self.tap(f"delta_{name}", z)
        return self.a[name]
