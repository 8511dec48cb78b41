"""The same network, differentiated by jax.grad."""

from .arrays import from_numpy, to_numpy
from .mlp import MLP

__all__ = ["MLP", "from_numpy", "to_numpy"]
