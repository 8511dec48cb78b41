"""An operation of jax: a jax.custom_vjp function, or any function of jax arrays."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import jax
import numpy as np

from ..witnesses import Arrays
from .inputs import Inputs, is_floating, outputs_of


class JaxOp:
    """The operation, on NumPy arrays by name."""

    framework = "jax"

    def __init__(self, op: Callable[..., Any], inputs: Inputs) -> None:
        self.inputs, self.apply = inputs, op

    def outputs(self, arrays: Arrays) -> list[np.ndarray]:
        """Return the outputs at these inputs."""
        with _precision(arrays):
            return [np.array(o) for o in self.arrays(self.apply, _arrays(arrays))]

    def pull(self, arrays: Arrays, cotangents: Sequence[np.ndarray]) -> Arrays:
        """Return the gradients that the backward gives for these cotangents."""
        with _precision(arrays):
            _, pull = jax.vjp(lambda leaves: self._floating(self.apply, leaves), _arrays(arrays))
            found = pull([jax.numpy.asarray(c) for c in cotangents])[0]
            return {n: np.array(g) for n, g in found.items()}

    def arrays(self, function: Callable[..., Any], leaves: dict[str, Any]) -> list[Any]:
        """Return the arrays among the outputs of `function` at these inputs."""
        return [
            o for o in outputs_of(function(*self.inputs.filled(leaves, _constant))) if hasattr(o, "dtype")
        ]

    def _floating(self, function: Callable[..., Any], leaves: dict[str, Any]) -> list[Any]:
        return [o for o in self.arrays(function, leaves) if is_floating(o)]

    def scalar(self, function: Callable[..., Any] | None, cotangents: Sequence[np.ndarray]) -> Callable:
        """Return leaves -> sum of cotangents * outputs, of the operation or of another `function`."""

        def value(leaves: dict[str, Any]) -> Any:
            outputs = self._floating(function or self.apply, leaves)
            return sum((o * c).sum() for o, c in zip(outputs, cotangents, strict=True))

        return value


def _precision(arrays: Arrays) -> AbstractContextManager:
    return jax.enable_x64(any(a.dtype == np.float64 for a in arrays.values()))


def _arrays(arrays: Arrays) -> dict[str, Any]:
    return {n: jax.numpy.array(a) for n, a in arrays.items()}


def _constant(value: Any) -> Any:
    return jax.numpy.array(value) if isinstance(value, np.ndarray) else value
