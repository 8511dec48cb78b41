"""The interface of a body: parameters, a batch, and a forward pass that returns its backward pass."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..ways import Ways

Arrays = dict[str, Any]
Back = Callable[[Any], Arrays]
Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Sizes:
    """The sizes of a drawn function: samples, inputs, hidden units, outputs."""

    samples: int
    inputs: int
    hidden: int
    outputs: int


@dataclass(frozen=True)
class Settings:
    """The choices within a family."""

    activation: str = "tanh"
    layers: int = 2
    variant: int = 0


class Body(Protocol):
    """A model without its loss; `run` returns outputs, a row for each sample, and the backward pass."""

    most_samples: int

    def shapes(self, s: Sizes, settings: Settings) -> Shapes:
        """Return the shapes of the parameters."""
        ...

    def batch(self, s: Sizes, rng: np.random.Generator) -> Any:
        """Draw the inputs."""
        ...

    def run(self, w: Ways, settings: Settings, p: Arrays, x: Any) -> tuple[Any, Back]:
        """Return the outputs, and a function from their cotangent to the gradients."""
        ...
