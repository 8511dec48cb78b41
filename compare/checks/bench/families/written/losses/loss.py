"""The interface of a loss: targets, its parameters, and a run that returns the derivative by the outputs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..bodies.body import Arrays, Shapes, Sizes
from ..ways import Ways

Outcome = tuple[Any, Any, Arrays]  # the loss, its derivative by the outputs, by its own parameters


def no_shapes(s: Sizes) -> Shapes:
    """Return no parameters."""
    return {}


@dataclass(frozen=True)
class Loss:
    """A loss of outputs of a row for each sample.

    multiple, least: of samples that it takes.
    """

    run: Callable[[Ways, Arrays, Any, Any], Outcome]
    targets: Callable[[Sizes, np.random.Generator], Any]
    shapes: Callable[[Sizes], Shapes] = no_shapes
    multiple: int = 1
    least: int = 1


def numbers(s: Sizes, rng: np.random.Generator) -> Any:
    """Draw a number for each output."""
    return rng.normal(size=(s.samples, s.outputs))


def classes(s: Sizes, rng: np.random.Generator) -> Any:
    """Draw a class for each sample."""
    return rng.integers(0, s.outputs, s.samples)


def none(s: Sizes, rng: np.random.Generator) -> Any:
    """Return targets that nothing reads."""
    return np.zeros(s.samples)
