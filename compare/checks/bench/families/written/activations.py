"""Activations with their slopes, derived by hand."""

from typing import Any

import numpy as np

ACTIVATIONS = ("tanh", "relu", "sigmoid", "softplus", "gelu")
GELU = np.sqrt(2 / np.pi)


def sigmoid(z: Any) -> Any:
    """Return the logistic function."""
    return 1 / (1 + np.exp(-z))


def activated(name: str, z: Any) -> tuple[Any, Any]:
    """Return the activation of z and its slope there."""
    if name == "tanh":
        a = np.tanh(z)
        return a, 1 - a * a
    if name == "relu":
        return np.maximum(z, 0), (z > 0).astype(z.dtype)
    if name == "sigmoid":
        a = sigmoid(z)
        return a, a * (1 - a)
    if name == "softplus":
        return np.logaddexp(0, z), sigmoid(z)
    t = np.tanh(GELU * (z + 0.044715 * z**3))
    slope = 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * GELU * (1 + 3 * 0.044715 * z**2)
    return 0.5 * z * (1 + t), slope
